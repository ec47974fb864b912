/** Longer words are not somebody's typing mistake, and would cost time. */
const longestWord = 100;

/**
 * The known names that somebody may have meant, best first: names one begins to type, and names within a few typing
 * mistakes (a letter too many, too few, another, or two swapped).
 *
 * @returns at most `maximum`; none when nothing is near
 */
export function nearestNames(wanted: string, known: readonly string[], maximum = 3): string[] {
  const word = wanted.slice(0, longestWord).toLowerCase();
  if (word === '') return [];
  const mistakes = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(known)]
    .map((name) => ({ name, distance: distanceTo(word, name.slice(0, longestWord).toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.min(mistakes, name.length - 1))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, maximum)
    .map(({ name }) => name);
}

/** A name of which one typed the beginning is as near as a single mistake. */
function distanceTo(word: string, name: string): number {
  const typed = word.length >= 2 && name.startsWith(word) && name !== word;
  return typed ? 1 : editDistance(word, name);
}

/**
 * The fewest insertions, removals, changes and swaps of neighbours that make one text the other, no place changed
 * twice ("optimal string alignment").
 *
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isSwap ? beforeLast[column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}

/** ` (did you mean "x" or "y"?)`, or nothing when nothing is near. */
export function didYouMean(wanted: string, known: readonly string[]): string {
  const names = nearestNames(wanted, known).map((name) => `"${name}"`);
  return names.length === 0 ? '' : ` (did you mean ${names.join(' or ')}?)`;
}
