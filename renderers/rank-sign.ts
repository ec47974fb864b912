/** ❶ to ❿: the number of a badge in a line of text. */
export function rankSign(rank: number): string {
  return rank <= 10 ? String.fromCodePoint(0x2775 + rank) : `(${rank})`;
}
