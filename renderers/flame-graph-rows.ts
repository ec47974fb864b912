import type { FlameGraphInput } from './flame-graph-input.ts';

/** The part of a tree that is wide enough to draw. */
export type WideRows = {
  /** Callers first. */
  rows: Int32Array;
  /** For each row of the tree: how deep it lies; -1 when it is too narrow. */
  depth: Int32Array;
  /** For each depth: the sum of the totals there, that is, of all samples whose stacks reach it. */
  reaching: Float64Array;
};

/**
 * Spires: where there are many rows, the highest are left out as long as less than this reaches them.
 * A few hairs would else press all other rows too low to read.
 */
const spireRatio = 0.01;

/** A row has a place when it is at least so wide, as all its callers then are; none has in an empty tree. */
export function findWideRows({ parent, total }: FlameGraphInput, minimumRatio: number): WideRows {
  const depth = new Int32Array(parent.length).fill(-1);
  const rows = new Int32Array(parent.length);
  const reaching: number[] = [];
  const minimum = total[0]! * minimumRatio;
  let length = 0;
  for (let row = 0; row < parent.length; row++) {
    if (total[row]! < minimum || total[row]! <= 0) continue;
    const callerDepth = row === 0 ? -1 : depth[parent[row]!]!;
    if (row > 0 && callerDepth === -1) continue;
    const ownDepth = callerDepth + 1;
    depth[row] = ownDepth;
    reaching[ownDepth] = (reaching[ownDepth] ?? 0) + total[row]!;
    rows[length++] = row;
  }
  return { rows: rows.subarray(0, length), depth, reaching: Float64Array.from(reaching) };
}

/** How many rows of boxes are worth drawing, not fewer than `fewest` where there are that many. */
export function countRowsBelowSpires({ reaching }: WideRows, fewest: number): number {
  let count = reaching.length;
  while (count > fewest && reaching[count - 1]! < reaching[0]! * spireRatio) count--;
  return count;
}

/** Frames above the highest row drawn, and the share of the samples that reaches them. */
export function countDeeper(
  wide: WideRows,
  rowCount: number,
): { deeperFrameCount: number; deeperRatio: number } {
  let deeperFrameCount = 0;
  for (const row of wide.rows) if (wide.depth[row]! >= rowCount) deeperFrameCount++;
  return {
    deeperFrameCount,
    deeperRatio: deeperFrameCount === 0 ? 0 : wide.reaching[rowCount]! / wide.reaching[0]!,
  };
}

/** Frames too narrow for a box, and the share of the samples in them. */
export function countNarrow(
  { parent, total }: FlameGraphInput,
  { rows, depth, reaching }: WideRows,
): { narrowFrameCount: number; narrowRatio: number } {
  if (rows.length === 0) return { narrowFrameCount: 0, narrowRatio: 0 };
  let narrow = 0;
  for (let row = 1; row < parent.length; row++) {
    if (depth[row] === -1 && depth[parent[row]!] !== -1) narrow += total[row]!;
  }
  return { narrowFrameCount: parent.length - rows.length, narrowRatio: narrow / reaching[0]! };
}
