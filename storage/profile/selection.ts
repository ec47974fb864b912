import { NO_STACK, type Profile, type Selection } from './profile.ts';

/** Which of the two sample columns is added up. */
export type Measure = 'count' | 'weight';

/**
 * Rows of the samples a selection holds, in order of time.
 *
 * @returns empty when nothing fits; without `event` the profile's first event, since events are never mixed
 */
export function selectSamples(profile: Profile, selection: Selection = {}): Uint32Array {
  const { samples } = profile;
  const from = selection.fromMs === undefined ? 0 : lowerBound(samples.timeMs, selection.fromMs);
  const to =
    selection.toMs === undefined ? samples.timeMs.length : lowerBound(samples.timeMs, selection.toMs);
  const event = selection.event ?? 0;
  const wantedThread = threadFilter(profile, selection);
  const rows = new Uint32Array(Math.max(0, to - from));
  let length = 0;
  for (let row = from; row < to; row++) {
    if (samples.event[row] !== event) continue;
    if (wantedThread !== null && wantedThread[samples.thread[row]!] === 0) continue;
    if (selection.rows !== undefined && selection.rows[row] === 0) continue;
    rows[length++] = row;
  }
  return rows.subarray(0, length);
}

/** The samples that have such a frame on their stack, as `rows` of a selection. */
export function findSamplesWith(profile: Profile, isWanted: (frame: number) => boolean): Uint8Array {
  const { stacks, samples } = profile;
  const wanted = Uint8Array.from(profile.frames.name, (_, frame) => Number(isWanted(frame)));
  const has = new Uint8Array(stacks.parent.length);
  for (let stack = 0; stack < has.length; stack++) {
    const caller = stacks.parent[stack]!;
    has[stack] = wanted[stacks.frame[stack]!]! | (caller === NO_STACK ? 0 : has[caller]!);
  }
  return Uint8Array.from(samples.stack, (stack) => (stack === NO_STACK ? 0 : has[stack]!));
}

/** The sum of a measure over a selection. */
export function sumSamples(profile: Profile, selection: Selection = {}, by: Measure = 'count'): number {
  const values = profile.samples[by];
  let sum = 0;
  for (const row of selectSamples(profile, selection)) sum += values[row]!;
  return sum;
}

/** The samples of a selection added up by the stack they have; callees do not count on their callers. */
export function sumByStack(
  profile: Profile,
  selection: Selection = {},
  by: Measure = 'count',
): { byStack: Float64Array; withoutStack: number } {
  const byStack = new Float64Array(profile.stacks.parent.length);
  const { stack, [by]: values } = profile.samples;
  let withoutStack = 0;
  for (const row of selectSamples(profile, selection)) {
    if (stack[row] === NO_STACK) withoutStack += values[row]!;
    else byStack[stack[row]!]! += values[row]!;
  }
  return { byStack, withoutStack };
}

/**
 * Which stacks a frame of a kind is on: 1 for each stack with one.
 *
 * @param isWanted by row of the profile's frames
 */
export function findStacksWith({ stacks }: Profile, isWanted: Uint8Array): Uint8Array {
  const has = new Uint8Array(stacks.parent.length);
  for (let stack = 0; stack < has.length; stack++) {
    const caller = stacks.parent[stack]!;
    has[stack] = isWanted[stacks.frame[stack]!]! | (caller === NO_STACK ? 0 : has[caller]!);
  }
  return has;
}

/** 1 for each thread that a selection takes; null when it takes all. */
function threadFilter(profile: Profile, { pods, comms, tids }: Selection): Uint8Array | null {
  if (pods === undefined && comms === undefined && tids === undefined) return null;
  return Uint8Array.from(profile.threads, (thread) =>
    Number(
      (pods?.includes(thread.pod) ?? true) &&
        (comms?.includes(thread.comm) ?? true) &&
        (tids?.includes(thread.tid) ?? true),
    ),
  );
}

/** The first row whose time is not before `timeMs`. */
function lowerBound(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
