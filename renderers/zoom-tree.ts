import type { FlameGraphInput } from './flame-graph-input.ts';

export type ZoomedTree = {
  /** As wide as the row zoomed into: its callers are as wide as it is. */
  tree: FlameGraphInput;
  /** For each row of `tree`: the row of the input it was. */
  row: Int32Array;
};

/**
 * One row and all below it as wide as the page, with its callers as the way back.
 *
 *     all 9 ┬ parse 6 ┬ read 2        all 2 ─ parse 2 ─ read 2
 *           └ …       └ …        ──▶
 */
export function zoomTree(input: FlameGraphInput, zoom: number): ZoomedTree {
  const { parent, total, self, baseline } = input;
  const path: number[] = [];
  for (let row = parent[zoom]!; row >= 0; row = parent[row]!) path.unshift(row);
  const rows = [...path, zoom];
  const newRow = new Int32Array(parent.length).fill(-1);
  for (const [at, row] of rows.entries()) newRow[row] = at;
  for (let row = zoom + 1; row < parent.length; row++) {
    if (newRow[parent[row]!]! < path.length) continue;
    newRow[row] = rows.length;
    rows.push(row);
  }
  const row = Int32Array.from(rows);
  const pick = (values: Float64Array, ofPath: number) =>
    Float64Array.from(row, (of, at) => (at < path.length ? ofPath : values[of]!));
  return {
    row,
    tree: {
      parent: row.map((of, at) => (at === 0 ? -1 : newRow[parent[of]!]!)),
      total: pick(total, total[zoom]!),
      self: pick(self, 0),
      ...(baseline === undefined ? {} : { baseline: pick(baseline, baseline[zoom]!) }),
      name: (at) => input.name(row[at]!),
      category: (at) => input.category(row[at]!),
      mark: (at) => input.mark(row[at]!),
    },
  };
}
