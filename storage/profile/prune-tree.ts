/** A call tree as far as pruning needs it: callers first, row 0 the root. */
type Tree = { parent: Int32Array; total: Float64Array };

/**
 * Rows worth sending: those below `zoom` with at least `minimumRatio` of its value, and the way to it from the
 * root. Where that are more than `mostRows` the bar is raised. Callers stay before their callees.
 *
 * @param size what makes a row worth it, when not its total
 * @throws RangeError when there is no row `zoom`
 */
export function pruneTree(
  { parent, total }: Tree,
  {
    zoom,
    minimumRatio,
    mostRows,
    size = total,
  }: { zoom: number; minimumRatio: number; mostRows: number; size?: Float64Array },
): Uint32Array {
  if (!(zoom >= 0 && zoom < parent.length))
    throw new RangeError(`Cannot zoom into row ${zoom} of ${parent.length}`);
  const isBelow = new Uint8Array(parent.length);
  isBelow[zoom] = 1;
  for (let row = zoom + 1; row < parent.length; row++) isBelow[row] = isBelow[parent[row]!]!;
  const least = raiseBar(size, isBelow, size[zoom]! * minimumRatio, mostRows);
  const kept: number[] = [];
  const isKept = new Uint8Array(parent.length);
  for (let row = parent[zoom]!; row >= 0; row = parent[row]!) kept.push(row);
  kept.reverse();
  kept.push(zoom);
  for (const row of kept) isKept[row] = 1;
  for (let row = zoom + 1; row < parent.length; row++) {
    if (isBelow[row] === 0 || isKept[parent[row]!] === 0 || size[row]! < least || size[row]! <= 0) continue;
    isKept[row] = 1;
    kept.push(row);
  }
  return Uint32Array.from(kept);
}

/** The size from which on at most `mostRows` rows are left. */
function raiseBar(size: Float64Array, isBelow: Uint8Array, least: number, mostRows: number): number {
  const sizes = size.filter((value, row) => isBelow[row] === 1 && value >= least);
  if (sizes.length <= mostRows) return least;
  sizes.sort();
  // Just above: of many equal ones all go, so that what is left does not hang on their order.
  return sizes[sizes.length - 1 - mostRows]! * (1 + Number.EPSILON * 4);
}
