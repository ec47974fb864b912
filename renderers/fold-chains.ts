import type { FlameGraphInput } from './flame-graph-input.ts';

export type FoldedTree = {
  tree: FlameGraphInput;
  /** For each row of `tree`: the row of the input it was, the outermost of its chain. */
  row: Int32Array;
  /** For each row of `tree`: how many rows of the input were folded into it. */
  foldedCount: Int32Array;
};

/** A callee with at least this much of what the chain began with counts as passing everything on. */
const passingOnRatio = 0.98;

/**
 * Makes one row of each chain of frames that merely pass on to the next: interpreter loops, filter chains,
 * event loops, system call entries. In Python and Java they are more than half of all rows.
 *
 *     own    Batch.total  69        own    Batch.total  69
 *     runtime   eval      69   ──▶  runtime   eval      69  (2 folded)
 *     runtime     call    69        own         sum      60
 *     runtime       frame 68
 *     own             sum 60
 *
 * Only frames of the same kind fold, never the app's own nor a suspect. What branches stays: totals of all
 * rows that are left are as before, and a row's self value is that of its whole chain.
 */
export function foldChains(input: FlameGraphInput): FoldedTree {
  const { parent, total, self, baseline } = input;
  const newRow = new Int32Array(parent.length);
  const row = new Int32Array(parent.length);
  const foldedCount = new Int32Array(parent.length);
  const newParent = new Int32Array(parent.length).fill(-1);
  const newSelf = new Float64Array(parent.length);
  let length = 0;
  for (let old = 0; old < parent.length; old++) {
    const caller = old === 0 ? -1 : newRow[parent[old]!]!;
    if (caller > 0 && canFold(input, row[caller]!, old)) {
      newRow[old] = caller;
      foldedCount[caller]!++;
      newSelf[caller]! += self[old]!;
      continue;
    }
    newRow[old] = length;
    row[length] = old;
    newParent[length] = caller;
    newSelf[length] = self[old]!;
    length++;
  }
  const rows = row.subarray(0, length);
  return {
    tree: {
      parent: newParent.subarray(0, length),
      total: pick(total, rows),
      self: newSelf.subarray(0, length),
      ...(baseline === undefined ? {} : { baseline: pick(baseline, rows) }),
      name: (at) => input.name(rows[at]!),
      category: (at) => input.category(rows[at]!),
      mark: (at) => input.mark(rows[at]!),
    },
    row: rows,
    foldedCount: foldedCount.subarray(0, length),
  };
}

/** By hand: `Float64Array.from` takes ten times as long, 80 ms for a million rows. */
function pick(values: Float64Array, rows: Int32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = values[rows[at]!]!;
  return picked;
}

/** The tree as it is, for where there is room for all of it. */
export function foldNothing(tree: FlameGraphInput): FoldedTree {
  const row = new Int32Array(tree.parent.length);
  for (let at = 0; at < row.length; at++) row[at] = at;
  return {
    tree,
    row,
    foldedCount: new Int32Array(tree.parent.length),
  };
}

function canFold(
  { total, baseline, category, mark }: FlameGraphInput,
  head: number,
  callee: number,
): boolean {
  const passesOn = (values: Float64Array) => values[callee]! >= values[head]! * passingOnRatio;
  if (!passesOn(total) || (baseline !== undefined && !passesOn(baseline))) return false;
  const kind = category(head);
  return kind !== 'own' && category(callee) === kind && mark(head) === 0 && mark(callee) === 0;
}
