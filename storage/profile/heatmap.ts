import type { Milliseconds } from './profile.ts';

/** A day: 86,401 columns of 50 rows are 17 MB, and no picture could show more. */
export const longestHeatmapMs = 86_400_000;
const mostColumns = longestHeatmapMs / 1000 + 1;

/** Times that were computed lie a little off: 1.1 s may come as 1099.9999999999 ms. No clock tells less. */
const nanosecondMs = 1e-6;

/**
 * Counts samples per cell of a sub-second offset heatmap.
 *
 *     980 ms │ ·  ·  █       rows = 50, so a row is 20 ms
 *       0 ms │ █  █  ·       row 0 at the bottom
 *            └─0──1──2─▶ s
 *
 * @param timesMs ascending; may be empty. Column 0 is the whole second in which the first one lies
 * @param rows cells per second. They need not divide 1000: a row is the `rows`-th part of a second, so that 49
 * rows at 49 Hz hold about one sample each
 * @param takes which of them are counted: all by default. The others, as of an idle CPU, still make columns
 * @returns column after column: cell (s, r) is at `s * rows + r`; the sum is that of the samples taken
 * @throws RangeError if `rows` is not from 1 to 1000, or the times span more than a day
 * @see Brendan Gregg, "Subsecond Offset Heat Maps", and FlameScope, which has row 0 on top
 */
export function countOffsets(
  timesMs: ArrayLike<Milliseconds>,
  rows: number,
  takes: (sample: number) => boolean = () => true,
): Uint32Array {
  if (!Number.isInteger(rows) || rows < 1 || rows > 1000) {
    throw new RangeError(`Cannot count offsets in "${rows}" rows: 1 to 1000 are wanted`);
  }
  if (timesMs.length === 0) return new Uint32Array(0);
  const secondOf = (sample: number) => Math.floor((timesMs[sample]! + nanosecondMs) / 1000);
  const first = secondOf(0);
  const columns = secondOf(timesMs.length - 1) - first + 1;
  if (columns > mostColumns) {
    throw new RangeError(`Cannot count offsets of ${columns} seconds: ${mostColumns} are the most`);
  }
  const counts = new Uint32Array(columns * rows);
  for (let sample = 0; sample < timesMs.length; sample++) {
    if (!takes(sample)) continue;
    const sinceFirst = (timesMs[sample]! + nanosecondMs) / 1000 - first;
    // Column and row at once: a second is `rows` cells.
    counts[Math.floor(sinceFirst * rows)]!++;
  }
  return counts;
}
