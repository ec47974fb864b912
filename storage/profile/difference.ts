import { AvalancheError } from '../errors.ts';
import { buildCallTree, NO_FRAME, sumTotals } from './call-tree.ts';
import { type Estimate, estimateDifference, estimateRate, estimateShare } from './estimate.ts';
import { NO_STACK, type Profile, type Selection } from './profile.ts';
import { type Measure, sumSamples } from './selection.ts';
import { StackInterner } from './stack-interner.ts';
import { walkOutermost } from './top-table.ts';

/**
 * What a value is measured against, so that two recordings of different length compare.
 *
 * 'samples': the side's own samples, a share of 0 to 1. Says how the mix changed; a load that doubles evenly
 * changes nothing.
 * 'time': the seconds recorded, in CPUs (1 is one CPU, all of the time). Says how the amount changed.
 */
export type Normalization = 'samples' | 'time';

export type ComparedSide = {
  profile: Profile;
  /** Taken together; they must not overlap. */
  selections: readonly Selection[];
  /**
   * Frames with equal keys are one function, on both sides. Null takes a frame out: its samples count on its
   * caller, at last on the command.
   */
  keyOf(frame: number): string | null;
};

/** One side's values by row of the difference. */
type DifferenceColumns = {
  self: Float64Array;
  total: Float64Array;
  /** A row in the side's frames; NO_FRAME for the root, a command, or what this side does not have. */
  frame: Int32Array;
  /** What one sample is worth in the normalised unit; 0 for a side without samples. */
  unit: number;
};

/** The call nodes of both sides, each once; callers first. Values are samples, `change` gives them normalised. */
export type Difference = {
  normalizedBy: Normalization;
  parent: Int32Array;
  /** Rows with equal numbers are one function. */
  key: Int32Array;
  before: DifferenceColumns;
  after: DifferenceColumns;
  /** The frame's name on the side compared, else in the baseline; a command's name; 'all' for the root. */
  name(row: number): string;
};

/** Normalised values of both sides. `delta` is after minus before. */
export type Change = { before: Estimate; after: Estimate; delta: Estimate; isAboveNoise: boolean };

/** A smaller change is of no interest, however certain. */
const leastChange = 0.01;

/**
 * How many times its 95 % interval's reach a change must be away from zero: to 99.9 %. A picture tests hundreds
 * of functions at once, of which 95 % would colour one in twenty by chance. Odd against even fifths of a second
 * of five recordings differ in 46 of 771 rows at 1, and in none at this.
 */
const certainty = 3.29 / 1.96;

/**
 * Compares two selections by call path.
 *
 *     before  app ─ main ┬ parse 10        after  app ─ main ┬ parse 10      one tree, two values a row
 *                        └ old    5                          └ new    9
 *
 * Commands that differ in digits only (`pool-1-thread-7`) are one: threads are numbered anew in every run.
 *
 * @throws AvalancheError NOT_COMPARABLE when time is asked for and a side does not know its own
 */
export function buildDifference(
  before: ComparedSide,
  after: ComparedSide,
  normalizedBy: Normalization = 'samples',
): Difference {
  const merge = new TreeMerge();
  const columns = [before, after].map((side) => merge.add(side));
  const { parent, frame: key } = merge.stacks.toTable();
  const [beforeColumns, afterColumns] = columns.map((rows, index) => {
    const unit = unitOf([before, after][index]!, normalizedBy);
    const self = sized(rows.self, parent.length, 0);
    const frame = Int32Array.from(sized(rows.frame, parent.length, NO_FRAME));
    return { self, total: sumTotals(parent, self), frame, unit };
  }) as [DifferenceColumns, DifferenceColumns];
  const nameOf = (side: ComparedSide, frame: number) => side.profile.frames.name[frame];
  return {
    normalizedBy,
    parent,
    key: Int32Array.from(key),
    before: beforeColumns,
    after: afterColumns,
    name: (row) =>
      nameOf(after, afterColumns.frame[row]!) ??
      nameOf(before, beforeColumns.frame[row]!) ??
      merge.commandName(key[row]!),
  };
}

/** What became of a value. */
export function changeOf(
  { before, after, normalizedBy }: Difference,
  count: { before: number; after: number },
): Change {
  const estimate = (side: DifferenceColumns, value: number) =>
    normalizedBy === 'time' ? estimateRate(value, side.unit) : estimateShare(value, side.total[0]!);
  const [was, is] = [estimate(before, count.before), estimate(after, count.after)];
  const delta = estimateDifference(is, was);
  return {
    before: was,
    after: is,
    delta,
    isAboveNoise: Math.abs(delta.value) >= leastChange && isCertain(delta),
  };
}

/** Whether a difference can hardly be chance where many are looked at. */
export function isCertain({ value, low, high }: Estimate): boolean {
  return Math.abs(value) > certainty * (value > 0 ? value - low : high - value);
}

export type FunctionChange = {
  /** Its first row. */
  row: number;
  self: Change;
  /** A function that calls itself counts once for each sample. */
  total: Change;
};

/** Every function and command with what became of it, by how much its self value changed, then its total. */
export function compareFunctions(difference: Difference): FunctionChange[] {
  const { parent, key, before, after } = difference;
  const keyCount = key.reduce((highest, one) => Math.max(highest, one + 1), 0);
  const sums = Array.from({ length: 4 }, () => new Float64Array(keyCount)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [selfBefore, selfAfter, totalBefore, totalAfter] = sums;
  const firstRow = new Int32Array(keyCount).fill(-1);
  walkOutermost({ parent, frame: key }, keyCount, (row, isOutermost) => {
    const of = key[row]!;
    if (firstRow[of] === -1 || row < firstRow[of]!) firstRow[of] = row;
    selfBefore[of]! += before.self[row]!;
    selfAfter[of]! += after.self[row]!;
    if (!isOutermost) return;
    totalBefore[of]! += before.total[row]!;
    totalAfter[of]! += after.total[row]!;
  });
  const changes: FunctionChange[] = [];
  for (let of = 0; of < keyCount; of++) {
    if (firstRow[of]! <= 0) continue;
    changes.push({
      row: firstRow[of]!,
      self: changeOf(difference, { before: selfBefore[of]!, after: selfAfter[of]! }),
      total: changeOf(difference, { before: totalBefore[of]!, after: totalAfter[of]! }),
    });
  }
  const size = ({ delta }: Change) => Math.abs(delta.value);
  const compareNames = (a: number, b: number) => (difference.name(a) < difference.name(b) ? -1 : 1);
  return changes.sort(
    (a, b) => size(b.self) - size(a.self) || size(b.total) - size(a.total) || compareNames(a.row, b.row),
  );
}

type Rows = { self: number[]; frame: number[] };

/** Grows one tree out of several. Commands and functions share the numbers of their keys, and the root is 0. */
class TreeMerge {
  readonly stacks = new StackInterner();
  readonly #keys = new Map<string, number>();
  readonly #commands = new Map<number, { name: string; isOne: boolean }>();

  constructor() {
    this.stacks.intern(NO_STACK, this.#numberOf('root'));
  }

  add({ profile, selections, keyOf }: ComparedSide): Rows {
    const rows: Rows = { self: [], frame: [] };
    for (const selection of selections) {
      const tree = buildCallTree(profile, selection, { groupByComm: true });
      const merged = new Int32Array(tree.parent.length);
      for (let row = 1; row < tree.parent.length; row++) {
        const frame = tree.frame[row]!;
        const caller = merged[tree.parent[row]!]!;
        const key = frame === NO_FRAME ? this.#commandOf(tree.name(row)) : this.#functionOf(keyOf(frame));
        merged[row] = key === null ? caller : this.stacks.intern(caller, key);
        if (key !== null) rows.frame[merged[row]!] ??= frame;
      }
      for (const [row, value] of tree.self.entries()) {
        rows.self[merged[row]!] = (rows.self[merged[row]!] ?? 0) + value;
      }
    }
    return rows;
  }

  commandName(key: number): string {
    return this.#commands.get(key)?.name ?? 'all';
  }

  /** Formats without commands have one of no name: a row for it would say nothing. */
  #commandOf(name: string): number | null {
    if (name === '') return null;
    const pattern = name.replace(/\d+/g, '*');
    const key = this.#numberOf(`command ${pattern}`);
    const known = this.#commands.get(key);
    if (known === undefined) this.#commands.set(key, { name, isOne: true });
    else if (known.isOne && known.name !== name) this.#commands.set(key, { name: pattern, isOne: false });
    return key;
  }

  #functionOf(key: string | null): number | null {
    return key === null ? null : this.#numberOf(`function ${key}`);
  }

  #numberOf(key: string): number {
    const known = this.#keys.get(key) ?? this.#keys.size;
    this.#keys.set(key, known);
    return known;
  }
}

/** A list with holes as a column. */
function sized(values: readonly number[], length: number, empty: number): Float64Array {
  return Float64Array.from({ length }, (_, row) => values[row] ?? empty);
}

function unitOf({ profile, selections }: ComparedSide, normalizedBy: Normalization): number {
  const { count, weight } = sumColumns(profile, selections);
  if (count === 0) return 0;
  if (normalizedBy === 'samples') return 1 / count;
  const seconds = secondsOf(profile, selections);
  const { rateHz } = profile.recording;
  const isInTime = profile.events[selections[0]?.event ?? 0]?.unit === 'nanoseconds';
  const secondsPerSample = isInTime ? weight / count / 1e9 : rateHz === null ? null : 1 / rateHz;
  if (seconds > 0 && secondsPerSample !== null) return secondsPerSample / seconds;
  const missing = seconds > 0 ? 'its sampling rate' : 'how long it is';
  throw new AvalancheError('NOT_COMPARABLE', `Cannot compare by time: a recording does not say ${missing}`);
}

function sumColumns(profile: Profile, selections: readonly Selection[]): { count: number; weight: number } {
  const sum = (by: Measure) =>
    selections.reduce((all, selection) => all + sumSamples(profile, selection, by), 0);
  return { count: sum('count'), weight: sum('weight') };
}

function secondsOf({ recording }: Profile, selections: readonly Selection[]): number {
  const lengths = selections.map(
    ({ fromMs = 0, toMs = recording.durationMs }) =>
      Math.min(toMs, recording.durationMs) - Math.max(0, fromMs),
  );
  return lengths.reduce((sum, length) => sum + Math.max(0, length), 0) / 1000;
}
