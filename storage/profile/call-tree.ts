import { GrowingColumn } from './growing-column.ts';
import { NO_STACK, type Profile, type Selection } from './profile.ts';
import { type Measure, selectSamples } from './selection.ts';

/** `frame[row] === NO_FRAME`: the root of all, or a row that stands for a command name. */
export const NO_FRAME = -1;

/**
 * All call nodes of a selection. Row 0 is the root of all (its parent is -1); rows are written callers
 * first, so `parent[i] < i` holds.
 */
export type CallTree = {
  parent: Int32Array;
  /** Row in the profile's frames, or NO_FRAME. */
  frame: Int32Array;
  self: Float64Array;
  /** `self` and the totals of all callees. */
  total: Float64Array;
  /** The frame's name; for a command row its name; 'all' for the root. */
  name(row: number): string;
};

/**
 * Adds up a selection by call path.
 *
 *     root ─ comm (with `groupByComm`) ─ outermost frame ─ … ─ innermost frame
 *
 * A sample without frames counts on its comm row, or on the root. An empty selection gives the root alone.
 */
export function buildCallTree(
  profile: Profile,
  selection: Selection = {},
  { by = 'count', groupByComm = false }: { by?: Measure; groupByComm?: boolean } = {},
): CallTree {
  const parent = new GrowingColumn((length) => new Int32Array(length));
  const frame = new GrowingColumn((length) => new Int32Array(length));
  const comms = new Map<number, string>();
  parent.push(-1);
  frame.push(NO_FRAME);

  const self = new GrowingColumn((length) => new Float64Array(length));
  self.push(0);
  const nodeOfStack = new Int32Array(profile.stacks.parent.length);
  const sums = new Float64Array(profile.stacks.parent.length);
  const seenInGroup = new Uint32Array(profile.stacks.parent.length);
  let groupNumber = 0;
  for (const [comm, rows] of groupSamples(profile, selectSamples(profile, selection), groupByComm)) {
    groupNumber++;
    let base = 0;
    if (groupByComm) {
      base = parent.length;
      comms.set(base, comm);
      parent.push(0);
      frame.push(NO_FRAME);
      self.push(0);
    }
    for (const row of rows) {
      const stack = profile.samples.stack[row]!;
      if (stack === NO_STACK) self.values[base]! += profile.samples[by][row]!;
      else sums[stack]! += profile.samples[by][row]!;
    }
    for (const stack of collectStacks(profile, rows, seenInGroup, groupNumber)) {
      const caller = profile.stacks.parent[stack]!;
      nodeOfStack[stack] = parent.length;
      parent.push(caller === NO_STACK ? base : nodeOfStack[caller]!);
      frame.push(profile.stacks.frame[stack]!);
      self.push(sums[stack]!);
      sums[stack] = 0;
    }
  }

  const selves = self.toArray();
  const parents = parent.toArray();
  const frames = frame.toArray();
  return {
    parent: parents,
    frame: frames,
    self: selves,
    total: sumTotals(parents, selves),
    name: (row) => comms.get(row) ?? (row === 0 ? 'all' : profile.frames.name[frames[row]!]!),
  };
}

/** Totals of a tree whose callers stand before their callees: one pass from the end. */
export function sumTotals(parent: Int32Array, self: Float64Array): Float64Array {
  const total = self.slice();
  for (let row = total.length - 1; row > 0; row--) total[parent[row]!]! += total[row]!;
  return total;
}

function groupSamples(
  profile: Profile,
  rows: Uint32Array,
  groupByComm: boolean,
): Map<string, number[] | Uint32Array> {
  if (!groupByComm) return new Map([['', rows]]);
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const { comm } = profile.threads[profile.samples.thread[row]!]!;
    const group = groups.get(comm);
    if (group === undefined) groups.set(comm, [row]);
    else group.push(row);
  }
  return groups;
}

/** Every stack row that the samples pass through, callers first. */
function collectStacks(
  profile: Profile,
  rows: Iterable<number>,
  seenInGroup: Uint32Array,
  groupNumber: number,
): Uint32Array {
  const stacks: number[] = [];
  for (const row of rows) {
    let stack = profile.samples.stack[row]!;
    while (stack !== NO_STACK && seenInGroup[stack] !== groupNumber) {
      seenInGroup[stack] = groupNumber;
      stacks.push(stack);
      stack = profile.stacks.parent[stack]!;
    }
  }
  return Uint32Array.from(stacks).sort();
}
