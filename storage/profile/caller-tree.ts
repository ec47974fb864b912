import { type CallTree, NO_FRAME, sumTotals } from './call-tree.ts';
import { NO_STACK, type Profile, type Selection } from './profile.ts';
import { sumByStack } from './selection.ts';
import { StackInterner } from './stack-interner.ts';

/**
 * The call tree upside down: first what ran, then who called it.
 *
 *     main;handle;parse 3        all 4 ┬ parse 3 ─ handle 3 ─ main 3
 *     main;handle       1   ──▶        └ handle 1 ─ main 1
 *
 * A row's total is the samples of its innermost function that came through this chain of callers. Samples
 * without frames count on the root.
 */
export function buildCallerTree(profile: Profile, selection: Selection = {}): CallTree {
  const { stacks } = profile;
  const sums = sumByStack(profile, selection);
  const tree = new StackInterner();
  const value: number[] = [];
  for (let stack = 0; stack < sums.byStack.length; stack++) {
    const sum = sums.byStack[stack]!;
    if (sum === 0) continue;
    let row = NO_STACK;
    for (let at = stack; at !== NO_STACK; at = stacks.parent[at]!) row = tree.intern(row, stacks.frame[at]!);
    // All of it is on the outermost caller: totals then add up on the way back to what ran.
    value[row] = (value[row] ?? 0) + sum;
  }
  const table = tree.toTable();
  const length = table.parent.length + 1;
  const parent = new Int32Array(length).fill(-1);
  const frame = new Int32Array(length).fill(NO_FRAME);
  const self = new Float64Array(length);
  for (let row = 1; row < length; row++) {
    // Row 0 is the root of all, so that rows of the table move up by one.
    parent[row] = table.parent[row - 1]! + 1;
    frame[row] = table.frame[row - 1]!;
    self[row] = value[row - 1] ?? 0;
  }
  self[0] = sums.withoutStack;
  return {
    parent,
    frame,
    self,
    total: sumTotals(parent, self),
    name: (row) => (row === 0 ? 'all' : profile.frames.name[frame[row]!]!),
  };
}
