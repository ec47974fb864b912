const lineFeed = 0x0a;
const fourLineFeeds = 0x0a0a0a0a;

/**
 * One step of a hash over words of four bytes. Multiply and rotate: stack lines differ in a few hex
 * digits, which weaker mixing leaves in a few bits.
 */
function mixWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return (mixed << 13) | (mixed >>> 19);
}

/** Spreads what the last words changed over all bits. */
function finishHash(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return folded ^ (folded >>> 13);
}

/** The hash of bytes from `start` up to `end`. */
export function hashBytes(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mixWord(hash, view.getInt32(at, true));
  for (; at < end; at++) hash = mixWord(hash, view.getUint8(at));
  return finishHash(hash);
}

/**
 * Tab, an address of 16 digits, a blank, and ten more: two lines of a recording rarely begin alike.
 */
export const hashedBeginningBytes = 28;

/** The hash of the first `hashedBeginningBytes`. */
export function hashBeginning(view: DataView, start: number): number {
  const end = start + hashedBeginningBytes;
  let hash = 0;
  for (let at = start; at < end; at += 4) hash = mixWord(hash, view.getInt32(at, true));
  return finishHash(hash);
}

/** Where the line at `at` ends: behind its line feed. There must be one before `limit`. */
export function findLineEnd(view: DataView, at: number, limit: number): number {
  let end = at;
  // A word holds a line feed when taking one from each of its bytes borrows where `^` left a zero.
  for (; end + 4 <= limit; end += 4) {
    const zeroes = view.getInt32(end, true) ^ fourLineFeeds;
    if (((zeroes - 0x01010101) & ~zeroes & 0x80808080) !== 0) break;
  }
  while (view.getUint8(end) !== lineFeed) end += 1;
  return end + 1;
}
