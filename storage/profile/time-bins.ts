import { GrowingColumn } from './growing-column.ts';
import { NO_STACK, type Profile } from './profile.ts';

/** Samples by slice of time: all of them, and those of each function that has many. */
export type TimeBins = {
  binMs: number;
  /** Samples in each bin. */
  all: Float64Array;
  functions: {
    /** Row in the profile's frames. */
    frame: number;
    /** Samples with it on the stack, recursion counted once. */
    total: Float64Array;
    /** Samples in which it is the innermost of these functions. */
    self: Float64Array;
  }[];
};

/**
 * A bin is the 20 ms of a row of the heatmap, or in a long recording a 1024th of it: bounds are then known to
 * 0.1 % of its length.
 */
const shortestBinMs = 20;
const mostBins = 1024;

/** The largest by samples; one that is not among them is no noticeable part of anything. */
const mostFunctions = 512;

/** Of more samples each n-th is taken: of half a million a bin still has about 500, and time is bounded. */
const mostSamples = 500_000;

/** `functionOf(frame) === NO_FUNCTION`: a frame that is not counted. */
export const NO_FUNCTION = -1;

/**
 * Counts a recording by time and function.
 *
 * @param functionOf the frame that stands for the function a frame belongs to, or NO_FUNCTION
 * @param takes which samples count; idle ones and those of other events should not
 * @returns null without times, or when nothing lasts
 */
export function countByTime(
  profile: Profile,
  functionOf: (frame: number) => number,
  takes: (sample: number) => boolean,
): TimeBins | null {
  const { samples, recording, stacks } = profile;
  if (!recording.hasTimes || recording.durationMs <= 0) return null;
  const binCount = Math.min(mostBins, Math.ceil(recording.durationMs / shortestBinMs));
  const binMs = recording.durationMs / binCount;
  const rows = thinOut(samples.timeMs.length, takes);
  const slots = chooseFunctions(profile, rows, functionOf);
  const chains = chainFunctions(profile, slots.of);
  const all = new Float64Array(binCount);
  const functions = slots.frames.map((frame) => ({
    frame,
    total: new Float64Array(binCount),
    self: new Float64Array(binCount),
  }));
  for (const row of rows) {
    const bin = Math.min(binCount - 1, Math.floor(samples.timeMs[row]! / binMs));
    const count = samples.count[row]!;
    all[bin]! += count;
    const stack = samples.stack[row]!;
    if (stack === NO_STACK) continue;
    const innermost = chains.innermost[stack]!;
    if (innermost !== NO_STACK) functions[slots.of[stacks.frame[innermost]!]!]!.self[bin]! += count;
    for (let at = innermost; at !== NO_STACK; at = chains.next[at]!) {
      functions[slots.of[stacks.frame[at]!]!]!.total[bin]! += count;
    }
  }
  return { binMs, all, functions };
}

function thinOut(length: number, takes: (sample: number) => boolean): Uint32Array {
  const stride = Math.ceil(length / mostSamples);
  const rows = new GrowingColumn((size) => new Uint32Array(size), 1 << 16);
  for (let row = 0; row < length; row += stride) if (takes(row)) rows.push(row);
  return rows.toArray();
}

const NO_SLOT = -1;

/** The functions with the most samples, and for each frame its place among them or NO_SLOT. */
function chooseFunctions(
  profile: Profile,
  rows: Uint32Array,
  functionOf: (frame: number) => number,
): { frames: number[]; of: Int32Array } {
  const { samples, stacks, frames } = profile;
  const ofStack = new Float64Array(stacks.parent.length);
  for (const row of rows) {
    const stack = samples.stack[row]!;
    if (stack !== NO_STACK) ofStack[stack]! += samples.count[row]!;
  }
  for (let stack = ofStack.length - 1; stack >= 0; stack--) {
    const caller = stacks.parent[stack]!;
    if (caller !== NO_STACK) ofStack[caller]! += ofStack[stack]!;
  }
  // Recursion counts more than once here, which does no harm to a choice of the largest.
  const ofFunction = new Float64Array(frames.name.length);
  const functions = Int32Array.from(frames.name, (_, frame) => functionOf(frame));
  for (let stack = 0; stack < ofStack.length; stack++) {
    const its = functions[stacks.frame[stack]!]!;
    if (its !== NO_FUNCTION) ofFunction[its]! += ofStack[stack]!;
  }
  const chosen = Array.from(ofFunction.keys())
    .filter((frame) => ofFunction[frame]! > 0)
    .sort((a, b) => ofFunction[b]! - ofFunction[a]! || a - b)
    .slice(0, mostFunctions);
  const slotOfFunction = new Map(chosen.map((frame, slot) => [frame, slot]));
  return { frames: chosen, of: functions.map((its) => slotOfFunction.get(its) ?? NO_SLOT) };
}

/**
 * For each stack its innermost row of a chosen function, and from each such row the next one outwards. A
 * function is in a chain once, so what is counted along it is counted once.
 */
function chainFunctions(
  { stacks }: Profile,
  slotOf: Int32Array,
): { innermost: Int32Array; next: Int32Array } {
  const innermost = new Int32Array(stacks.parent.length).fill(NO_STACK);
  const next = new Int32Array(stacks.parent.length).fill(NO_STACK);
  for (let stack = 0; stack < innermost.length; stack++) {
    const caller = stacks.parent[stack]!;
    const outer = caller === NO_STACK ? NO_STACK : innermost[caller]!;
    const frame = stacks.frame[stack]!;
    const isNew = slotOf[frame] !== NO_SLOT && !holds(slotOf[frame]!, outer);
    innermost[stack] = isNew ? stack : outer;
    next[stack] = outer;
  }
  return { innermost, next };

  function holds(slot: number, from: number): boolean {
    for (let at = from; at !== NO_STACK; at = next[at]!) if (slotOf[stacks.frame[at]!] === slot) return true;
    return false;
  }
}
