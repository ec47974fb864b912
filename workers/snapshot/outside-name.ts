const longestName = 80;

/**
 * A name that others wrote (an archive's entry, a file on a log volume) as it may stand in a message:
 * control and direction characters and quotes escaped, cut in the middle when it is long.
 */
export function showOutsideName(name: string): string {
  return showOutsideWords(name, longestName);
}

/** The same for words that name their cause somewhere in the middle, with a length of their own. */
export function showOutsideWords(words: string, longest: number): string {
  const shown =
    words.length <= longest ? words : `${words.slice(0, longest / 2)}…${words.slice(-longest / 2 + 1)}`;
  return shown.replace(/["\\]|\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
