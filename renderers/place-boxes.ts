import type { FlameGraphInput } from './flame-graph-input.ts';
import type { WideRows } from './flame-graph-rows.ts';

/** `boxes.row[box] === REST`: siblings too narrow to draw, taken together. */
export const REST = -1;

/** Boxes callers first. Edges are whole px, so that they are sharp and neighbours meet without overlap. */
export type FlameGraphBoxes = {
  /** Row of the tree, or REST. */
  row: Int32Array;
  /** Box of the caller, -1 for the root. */
  parent: Int32Array;
  /** 0 for the root. */
  depth: Int32Array;
  leftPx: Int32Array;
  /** Exclusive. Equal to `leftPx` when the box falls between two px. */
  rightPx: Int32Array;
};

/**
 * Places callees on their caller, largest first, from its left edge.
 *
 * By size and not by name: who is called at night looks for the hottest path, and so finds it along the
 * left edge from the root up. Equal sizes are ordered by name, so that the same recording always gives the
 * same picture. What a caller has in callees too narrow to draw becomes one box, the last; what it has in
 * itself stays free.
 */
export function placeBoxes(
  tree: FlameGraphInput,
  wide: WideRows,
  { rowCount, leftPx, rightPx }: { rowCount: number; leftPx: number; rightPx: number },
): FlameGraphBoxes {
  const calleesOf = groupCallees(tree, wide);
  const pxPerUnit = (rightPx - leftPx) / tree.total[0]!;
  const row: number[] = [];
  const parent: number[] = [];
  const depth: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const place = (ofRow: number, onBox: number, atDepth: number, fromPx: number, widthPx: number) => {
    row.push(ofRow);
    parent.push(onBox);
    depth.push(atDepth);
    left.push(fromPx);
    right.push(fromPx + widthPx);
  };
  if (rowCount > 0) place(0, -1, 0, leftPx, rightPx - leftPx);
  for (let box = 0; box < row.length; box++) {
    const caller = row[box]!;
    if (caller === REST || depth[box]! + 1 >= rowCount) continue;
    let fromPx = left[box]!;
    let restPx = (tree.total[caller]! - tree.self[caller]!) * pxPerUnit;
    for (const callee of calleesOf(caller)) {
      const widthPx = tree.total[callee]! * pxPerUnit;
      place(callee, box, depth[box]! + 1, fromPx, widthPx);
      fromPx += widthPx;
      restPx -= widthPx;
    }
    // Sums of fractions are not exact: less than a px is no sign of a missing callee.
    if (restPx >= 1) place(REST, box, depth[box]! + 1, fromPx, restPx);
  }
  return {
    row: Int32Array.from(row),
    parent: Int32Array.from(parent),
    depth: Int32Array.from(depth),
    leftPx: Int32Array.from(left, Math.round),
    rightPx: Int32Array.from(right, Math.round),
  };
}

/** The wide callees of each row, largest first. */
function groupCallees(
  { parent, total, name }: FlameGraphInput,
  { rows }: WideRows,
): (row: number) => Int32Array {
  const first = new Int32Array(parent.length + 1);
  for (const row of rows) if (row > 0) first[parent[row]! + 1]!++;
  for (let row = 0; row < parent.length; row++) first[row + 1]! += first[row]!;
  const next = first.slice();
  const callees = new Int32Array(rows.length);
  for (const row of rows) if (row > 0) callees[next[parent[row]!]!++] = row;
  return (row) =>
    callees
      .subarray(first[row]!, first[row + 1]!)
      .sort((a, b) => total[b]! - total[a]! || compareNames(name(a), name(b)) || a - b);
}

/** By code unit: the same order on every machine, whatever its language. */
function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
