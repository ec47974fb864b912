import { IntList } from './int-list.ts';
import { NO_STACK, type Profile, type SampleTable, type Selection, type StackTable } from './profile.ts';
import { type Chosen, chooseSamples, isChosen, type Measure } from './selection.ts';

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
  const tree = new TreeRows();
  const comms = new Map<number, string>();
  tree.add(-1, NO_FRAME, 0);
  const sums = new StackSums(profile, by);
  const rowOfStack = new Int32Array(profile.stacks.parent.length);
  const chosen = chooseSamples(profile, selection);
  const addGroup = (rows: Uint32Array | null, comm: string | null) => {
    const stacks = sums.addGroup(chosen, rows);
    const base = comm === null ? 0 : tree.add(0, NO_FRAME, 0);
    if (comm !== null) comms.set(base, comm);
    tree.addSelf(base, sums.withoutStack);
    tree.addStacks(base, stacks, { sums, table: profile.stacks, rowOfStack });
  };
  if (groupByComm) for (const { comm, rows } of groupSamples(profile, chosen)) addGroup(rows, comm);
  else addGroup(null, null);
  const { parent, frame, self } = tree.toColumns();
  return {
    parent,
    frame,
    self,
    total: sumTotals(parent, self),
    name: (row) => comms.get(row) ?? (row === 0 ? 'all' : profile.frames.name[frame[row]!]!),
  };
}

/** Totals of a tree whose callers stand before their callees: one pass from the end. */
export function sumTotals(parent: Int32Array, self: Float64Array): Float64Array {
  const total = self.slice();
  for (let row = total.length - 1; row > 0; row--) total[parent[row]!]! += total[row]!;
  return total;
}

/** By command, in the order in which their first samples come. */
function groupSamples(profile: Profile, chosen: Chosen): { comm: string; rows: Uint32Array }[] {
  const { threads, samples } = profile;
  const groupOfComm = new Map<string, number>();
  const groupOfThread = new Int32Array(threads.length).fill(-1);
  const lengths: number[] = [];
  let sum = 0;
  for (let row = chosen.from; row < chosen.to; row++) {
    if (!isChosen(chosen, samples, row)) continue;
    const thread = samples.thread[row]!;
    let group = groupOfThread[thread]!;
    if (group === -1) {
      const { comm } = threads[thread]!;
      group = groupOfComm.get(comm) ?? lengths.push(0) - 1;
      groupOfComm.set(comm, group);
      groupOfThread[thread] = group;
    }
    lengths[group]! += 1;
    sum += 1;
  }
  const sorted = new Uint32Array(sum);
  let end = 0;
  const ends = Uint32Array.from(lengths, (length) => {
    end += length;
    return end - length;
  });
  for (let row = chosen.from; row < chosen.to; row++) {
    if (isChosen(chosen, samples, row)) sorted[ends[groupOfThread[samples.thread[row]!]!]!++] = row;
  }
  return Array.from(groupOfComm, ([comm, group]) => ({
    comm,
    rows: sorted.subarray(ends[group]! - lengths[group]!, ends[group]),
  }));
}

/** `values[stack] === UNSEEN`: no sample of the group passes through the stack. */
const UNSEEN = -1;

/** Where a group passes through fewer of the stacks, sorting those is faster than looking at all. */
const sparsest = 1 / 16;

/**
 * Adds up the samples of one group after the other by stack. Of millions of samples each is a place in memory far
 * from the last one: it is looked at once.
 */
class StackSums {
  withoutStack = 0;
  /** By row of the stacks; no sum is below 0. */
  readonly #values: Float64Array;
  readonly #parent: Int32Array;
  readonly #samples: SampleTable;
  readonly #measured: Float64Array;

  constructor({ stacks, samples }: Profile, by: Measure) {
    this.#values = new Float64Array(stacks.parent.length).fill(UNSEEN);
    this.#parent = stacks.parent;
    this.#samples = samples;
    this.#measured = samples[by];
  }

  /**
   * @param rows null for all that are chosen
   * @returns every stack that the samples pass through, callers first
   */
  addGroup(chosen: Chosen, rows: Uint32Array | null): Int32Array {
    const count = rows === null ? chosen.to - chosen.from : rows.length;
    const stackCount = this.#values.length;
    const met = count < stackCount ? new IntList() : null;
    this.#addSamples(chosen, rows, met);
    return met === null || met.length > stackCount * sparsest ? this.#listAll() : this.#listMet(met);
  }

  /** Takes the sum of a stack, which the next group then begins anew. */
  take(stack: number): number {
    const sum = this.#values[stack]!;
    this.#values[stack] = UNSEEN;
    return sum;
  }

  #addSamples(chosen: Chosen, rows: Uint32Array | null, met: IntList | null): void {
    const samples = this.#samples;
    const values = this.#values;
    const measured = this.#measured;
    this.withoutStack = 0;
    const end = rows === null ? chosen.to : rows.length;
    for (let at = rows === null ? chosen.from : 0; at < end; at++) {
      if (rows === null && !isChosen(chosen, samples, at)) continue;
      const row = rows === null ? at : rows[at]!;
      const stack = samples.stack[row]!;
      if (stack === NO_STACK) {
        this.withoutStack += measured[row]!;
        continue;
      }
      const sum = values[stack]!;
      values[stack] = sum === UNSEEN ? measured[row]! : sum + measured[row]!;
      if (sum === UNSEEN && met !== null) met.push(stack);
    }
  }

  /** One pass from the end finds the callers, as each stands before its callees. */
  #listAll(): Int32Array {
    const values = this.#values;
    const parent = this.#parent;
    let length = 0;
    for (let stack = values.length - 1; stack >= 0; stack--) {
      if (values[stack] === UNSEEN) continue;
      length += 1;
      const caller = parent[stack]!;
      if (caller !== NO_STACK && values[caller] === UNSEEN) values[caller] = 0;
    }
    const stacks = new Int32Array(length);
    for (let stack = 0, at = 0; at < length; stack++) if (values[stack] !== UNSEEN) stacks[at++] = stack;
    return stacks;
  }

  #listMet(met: IntList): Int32Array {
    const innermostCount = met.length;
    for (let at = 0; at < innermostCount; at++) {
      let stack = this.#parent[met.values[at]!]!;
      for (; stack !== NO_STACK && this.#values[stack] === UNSEEN; stack = this.#parent[stack]!) {
        this.#values[stack] = 0;
        met.push(stack);
      }
    }
    return met.values.slice(0, met.length).sort();
  }
}

/** The columns of a tree that grows by many rows at once. */
class TreeRows {
  length = 0;
  #parent = new Int32Array(1024);
  #frame = new Int32Array(1024);
  #self = new Float64Array(1024);

  /** @returns the row */
  add(parent: number, frame: number, self: number): number {
    this.#reserve(1);
    this.#parent[this.length] = parent;
    this.#frame[this.length] = frame;
    this.#self[this.length] = self;
    return this.length++;
  }

  addSelf(row: number, more: number): void {
    this.#self[row]! += more;
  }

  /** The stacks of a group below a row of the tree. */
  addStacks(
    base: number,
    stacks: Int32Array,
    { sums, table, rowOfStack }: { sums: StackSums; table: StackTable; rowOfStack: Int32Array },
  ): void {
    this.#reserve(stacks.length);
    for (let at = 0; at < stacks.length; at++) {
      const stack = stacks[at]!;
      const caller = table.parent[stack]!;
      const row = this.length++;
      rowOfStack[stack] = row;
      this.#parent[row] = caller === NO_STACK ? base : rowOfStack[caller]!;
      this.#frame[row] = table.frame[stack]!;
      this.#self[row] = sums.take(stack);
    }
  }

  toColumns(): { parent: Int32Array; frame: Int32Array; self: Float64Array } {
    // Of one group there is no room left over, and nothing to copy.
    if (this.length === this.#parent.length)
      return { parent: this.#parent, frame: this.#frame, self: this.#self };
    return {
      parent: this.#parent.slice(0, this.length),
      frame: this.#frame.slice(0, this.length),
      self: this.#self.slice(0, this.length),
    };
  }

  #reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.#parent.length) return;
    const capacity = Math.max(wanted, this.#parent.length * 2);
    this.#parent = grow(this.#parent, new Int32Array(capacity));
    this.#frame = grow(this.#frame, new Int32Array(capacity));
    this.#self = grow(this.#self, new Float64Array(capacity));
  }
}

function grow<Column extends Int32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
