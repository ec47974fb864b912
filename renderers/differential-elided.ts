import type { DifferentialInput } from './differential-input.ts';
import type { FlameGraphInput } from './flame-graph-input.ts';
import { findWideRows } from './flame-graph-rows.ts';
import { foldChains } from './fold-chains.ts';
import { type FlameGraphBoxes, placeBoxes, REST } from './place-boxes.ts';

/** What is left of a vanished function is at most this part of what it was. */
const leftOverRatio = 0.1;
/** Enough to recognise what went by its callees. */
const mostRows = 3;

export type ElidedBoxes = {
  /** Boxes of what vanished, `depth` 0 at the bottom; `boxes.row` is a row of the input, or REST. */
  boxes: FlameGraphBoxes;
  rowCount: number;
  /** How many times wider the boxes would be at the scale of the flames; 1 but where more vanished than is left. */
  reduction: number;
};

/**
 * Places what only, or nearly only, the baseline has, as wide as it was there.
 *
 * By the width of the recording compared it is nothing, so the flames cannot show it. Each vanished subtree
 * stands once, by its outermost frame.
 *
 * @returns null when nothing vanished
 */
export function placeElided(
  input: DifferentialInput,
  { leftPx, rightPx, minimumWidthPx }: { leftPx: number; rightPx: number; minimumWidthPx: number },
): ElidedBoxes | null {
  const { tree, row } = pickElided(input);
  const vanished = tree.total[0]! - tree.self[0]!;
  if (vanished === 0) return null;
  const reduction = input.total[0]! > 0 ? Math.max(1, vanished / input.total[0]!) : 1;
  // The root is as wide as the flames, so that a box here and there has the same width for the same value.
  const total = tree.total.with(0, Math.max(vanished, input.total[0]!));
  const folded = foldChains({ ...tree, total, self: tree.self.with(0, total[0]! - vanished) });
  const wide = findWideRows(folded.tree, minimumWidthPx / (rightPx - leftPx));
  const rowCount = Math.min(wide.reaching.length, 1 + mostRows);
  const placed = placeBoxes(folded.tree, wide, { rowCount, leftPx, rightPx });
  const boxes = withoutRoot(placed);
  if (boxes.row.length === 0) return null;
  return {
    boxes: { ...boxes, row: boxes.row.map((of) => (of === REST ? REST : row[folded.row[of]!]!)) },
    rowCount: rowCount - 1,
    reduction,
  };
}

/** The rows of the vanished subtrees, widest first. */
export function listOutermost({ row, depth }: FlameGraphBoxes): number[] {
  return [...row].filter((of, box) => of !== REST && depth[box] === 0);
}

/** The vanished subtrees below one root, with the values of the baseline. */
function pickElided(input: DifferentialInput): { tree: FlameGraphInput; row: Int32Array } {
  const { parent, baseline } = input;
  const newRow = new Int32Array(parent.length);
  const row = [0];
  const newParent = [-1];
  for (let old = 1; old < parent.length; old++) {
    const caller = newRow[parent[old]!]!;
    if (baseline[old] === 0 || (caller === 0 && !isElided(input, old))) continue;
    newRow[old] = row.length;
    row.push(old);
    newParent.push(caller);
  }
  const total = Float64Array.from(row, (old) => (old === 0 ? 0 : baseline[old]!));
  const self = total.slice();
  for (let at = 1; at < row.length; at++) {
    if (newParent[at] === 0) total[0]! += total[at]!;
    else self[newParent[at]!]! -= total[at]!;
  }
  const rows = Int32Array.from(row);
  const tree = {
    parent: Int32Array.from(newParent),
    total,
    self,
    name: (at: number) => input.name(rows[at]!),
    category: (at: number) => input.category(rows[at]!),
    mark: () => 0,
  };
  return { tree, row: rows };
}

function isElided({ total, baseline, isAboveNoise }: DifferentialInput, row: number): boolean {
  return total[row]! <= baseline[row]! * leftOverRatio && isAboveNoise(row);
}

function withoutRoot({ row, parent, depth, leftPx, rightPx }: FlameGraphBoxes): FlameGraphBoxes {
  return {
    row: row.subarray(1),
    parent: parent.subarray(1).map((box) => box - 1),
    depth: depth.subarray(1).map((at) => at - 1),
    leftPx: leftPx.subarray(1),
    rightPx: rightPx.subarray(1),
  };
}
