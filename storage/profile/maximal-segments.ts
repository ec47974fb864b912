/** A run of neighbouring scores, half-open, and their sum. */
export type Segment = { from: number; to: number; sum: number };

/** `lower` is the place of the last segment before it that begins at a lower sum; -1 for none. */
type Growing = { from: number; to: number; before: number; after: number; lower: number };

/**
 * All maximal segments of a list of scores, in order: the one with the largest sum, then in what is left
 * of it and right of it again, as far as sums are positive. No two overlap.
 *
 *     scores     1 −2  4  1 −1  3 −9  2
 *     segments   ─     ──────────     ─       sums 1, 7, 2
 *
 * @see Ruzzo and Tompa, "A linear time algorithm for finding all maximal scoring subsequences" (ISMB 1999)
 */
export function findMaximalSegments(scores: ArrayLike<number>): Segment[] {
  const found: Growing[] = [];
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at]!;
    sum += score;
    if (score > 0) add(found, { from: at, to: at + 1, before: sum - score, after: sum, lower: -1 });
  }
  return found.map(({ from, to, before, after }) => ({ from, to, sum: after - before }));
}

/** Joins a segment with earlier ones, as long as what lies between costs less than they give. */
function add(found: Growing[], segment: Growing): void {
  let lower = found.length - 1;
  while (true) {
    while (lower >= 0 && found[lower]!.before >= segment.before) lower = found[lower]!.lower;
    const earlier = found[lower];
    if (earlier === undefined || earlier.after >= segment.after) break;
    segment.from = earlier.from;
    segment.before = earlier.before;
    found.length = lower;
    lower = earlier.lower;
  }
  segment.lower = lower;
  found.push(segment);
}
