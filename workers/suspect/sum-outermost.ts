/** In `row`, and in what is made of it: the frame of the stack is nobody's. */
const NONE = -1;

/** A prefix tree of stacks, callers before their callees; -1 has no caller. `row`: whose the innermost frame is, or -1. */
export type OwnedStacks = { parent: Int32Array; row: Int32Array };

/**
 * What each owner has on the stack, recursion counted once, and from whom it was called, frames of nobody between
 * them left out.
 *
 * @param counts samples by stack, those of callees not counted in
 * @returns totals by row; calls by row of the callee, then of the caller, of which none is the callee itself
 */
export function sumOutermost(
  { parent, row }: OwnedStacks,
  counts: Float64Array,
  rowCount: number,
): { totals: Float64Array; calls: Map<number, Map<number, number>> } {
  const withCallees = Float64Array.from(counts);
  for (let stack = parent.length - 1; stack >= 0; stack--) {
    if (parent[stack]! >= 0) withCallees[parent[stack]!]! += withCallees[stack]!;
  }
  const totals = new Float64Array(rowCount);
  const callers = findCallers({ parent, row });
  const pairs = new Map<number, number>();
  visitOutermost({ parent, row }, rowCount, (stack) => {
    totals[row[stack]!]! += withCallees[stack]!;
  });
  for (let stack = 0; stack < parent.length; stack++) {
    const callee = row[stack]!;
    const caller = callers[stack]!;
    if (callee === NONE || caller === NONE || caller === callee || withCallees[stack] === 0) continue;
    const pair = callee * rowCount + caller;
    pairs.set(pair, (pairs.get(pair) ?? 0) + withCallees[stack]!);
  }
  return { totals, calls: groupByCallee(pairs, rowCount) };
}

/** The next owner further out, for each stack. */
function findCallers({ parent, row }: OwnedStacks): Int32Array {
  const callers = new Int32Array(parent.length).fill(NONE);
  for (let stack = 0; stack < parent.length; stack++) {
    const caller = parent[stack]!;
    if (caller >= 0) callers[stack] = row[caller] === NONE ? callers[caller]! : row[caller]!;
  }
  return callers;
}

/** Calls back for each stack whose owner is on it for the first time, seen from the root. */
function visitOutermost(
  { parent, row }: OwnedStacks,
  rowCount: number,
  visit: (stack: number) => void,
): void {
  const { first, next, roots } = linkCallees(parent);
  const depth = new Int32Array(rowCount);
  for (let root = roots; root >= 0; root = next[root]!) {
    let stack = root;
    for (;;) {
      const owner = row[stack]!;
      if (owner !== NONE && depth[owner]!++ === 0) visit(stack);
      if (first[stack]! >= 0) {
        stack = first[stack]!;
        continue;
      }
      // Up until there is a sibling, each owner leaving the stack again.
      for (;;) {
        if (row[stack] !== NONE) depth[row[stack]!]!--;
        if (stack === root || next[stack]! >= 0) break;
        stack = parent[stack]!;
      }
      if (stack === root) break;
      stack = next[stack]!;
    }
  }
}

/** The tree from the other side: the first callee of each stack, and the next one beside it. */
function linkCallees(parent: Int32Array): { first: Int32Array; next: Int32Array; roots: number } {
  const first = new Int32Array(parent.length).fill(-1);
  const next = new Int32Array(parent.length).fill(-1);
  let roots = -1;
  for (let stack = parent.length - 1; stack >= 0; stack--) {
    const caller = parent[stack]!;
    next[stack] = caller < 0 ? roots : first[caller]!;
    if (caller < 0) roots = stack;
    else first[caller] = stack;
  }
  return { first, next, roots };
}

function groupByCallee(
  pairs: ReadonlyMap<number, number>,
  rowCount: number,
): Map<number, Map<number, number>> {
  const calls = new Map<number, Map<number, number>>();
  for (const [pair, count] of pairs) {
    const callee = Math.floor(pair / rowCount);
    const callers = calls.get(callee) ?? new Map<number, number>();
    calls.set(callee, callers.set(pair % rowCount, count));
  }
  return calls;
}
