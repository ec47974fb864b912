import { NO_STACK, type Profile, type SampleTable, type Selection } from './profile.ts';

/** Which of the two sample columns is added up. */
export type Measure = 'count' | 'weight';

/** What a selection asks of each row; made once, so that a row costs a few comparisons. */
export type Chosen = {
  /** Rows between these are in the time range. */
  from: number;
  to: number;
  event: number;
  /** 1 for each thread that is taken; null when all are. */
  threads: Uint8Array | null;
  /** 1 for each row that is taken; null when all are. */
  rows: Uint8Array | null;
};

/** Without `event` it is the profile's first event, since events are never mixed. */
export function chooseSamples(profile: Profile, selection: Selection = {}): Chosen {
  const { timeMs } = profile.samples;
  const { fromMs, toMs, event = 0, rows = null } = selection;
  return {
    from: fromMs === undefined ? 0 : lowerBound(timeMs, fromMs),
    to: toMs === undefined ? timeMs.length : lowerBound(timeMs, toMs),
    event,
    threads: threadFilter(profile, selection),
    rows,
  };
}

/** Whether a row between `from` and `to` is taken. */
export function isChosen({ event, threads, rows }: Chosen, samples: SampleTable, row: number): boolean {
  return (
    samples.event[row] === event &&
    (threads === null || threads[samples.thread[row]!] === 1) &&
    (rows === null || rows[row] === 1)
  );
}

/**
 * Rows of the samples a selection holds, in order of time. To add them up, go through `chooseSamples`: of millions
 * of rows the list alone takes longer than the sum.
 *
 * @returns empty when nothing fits
 */
export function selectSamples(profile: Profile, selection: Selection = {}): Uint32Array {
  const { samples } = profile;
  const chosen = chooseSamples(profile, selection);
  const rows = new Uint32Array(Math.max(0, chosen.to - chosen.from));
  let length = 0;
  for (let row = chosen.from; row < chosen.to; row++) {
    if (isChosen(chosen, samples, row)) rows[length++] = row;
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
  const { samples } = profile;
  const values = samples[by];
  const chosen = chooseSamples(profile, selection);
  let sum = 0;
  for (let row = chosen.from; row < chosen.to; row++) {
    if (isChosen(chosen, samples, row)) sum += values[row]!;
  }
  return sum;
}

/** The samples of a selection added up by the stack they have; callees do not count on their callers. */
export function sumByStack(
  profile: Profile,
  selection: Selection = {},
  by: Measure = 'count',
): { byStack: Float64Array; withoutStack: number } {
  const byStack = new Float64Array(profile.stacks.parent.length);
  const { samples } = profile;
  const { stack, [by]: values } = samples;
  const chosen = chooseSamples(profile, selection);
  let withoutStack = 0;
  for (let row = chosen.from; row < chosen.to; row++) {
    if (!isChosen(chosen, samples, row)) continue;
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
