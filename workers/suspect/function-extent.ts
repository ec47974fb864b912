/** Longer functions are looked at up to here. */
export const maximumFunctionLines = 400;

/**
 * How many lines a function takes, counted from the line that begins its definition. A plain look at brackets
 * or indentation: right for code as people write it, and never beyond the lines given.
 *
 * @param lines from the definition on
 */
export function countFunctionLines(lines: readonly string[], language: string): number {
  if (lines.length === 0) return 0;
  const count =
    language === 'python'
      ? countIndented(lines)
      : language === 'ruby'
        ? countToEnd(lines)
        : countBracketed(lines);
  return Math.max(1, Math.min(count, lines.length, maximumFunctionLines));
}

/** Up to the last line that is indented deeper than the `def`; the parameters may stand on several lines. */
function countIndented(lines: readonly string[]): number {
  const indentation = /^\s*/.exec(lines[0]!)![0].length;
  let last = 1;
  let isInHeader = !/:\s*(#.*)?$/.test(lines[0]!);
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.trim() === '') continue;
    const isDeeper = /^\s*/.exec(line)![0].length > indentation;
    if (!isDeeper && !isInHeader) break;
    if (isInHeader && /:\s*(#.*)?$/.test(line)) isInHeader = false;
    last = index + 1;
  }
  return last;
}

/** Up to the `end` that stands as far in as the `def`; of one written on a line that line. */
function countToEnd(lines: readonly string[]): number {
  const indentation = /^\s*/.exec(lines[0]!)![0];
  if (/\bend\s*$|^\s*def\s+\S+(?:\s*\(.*\))?\s*=(?!=)/.test(lines[0]!)) return 1;
  const last = lines.findIndex((line, row) => row > 0 && new RegExp(`^${indentation}end\\b`).test(line));
  return last < 0 ? lines.length : last + 1;
}

/** Up to the line on which the first `{` is closed; strings and comments are not read as brackets. */
function countBracketed(lines: readonly string[]): number {
  let depth = 0;
  let parentheses = 0;
  let isOpened = false;
  const scanner = { isInComment: false };
  for (let index = 0; index < lines.length; index++) {
    for (const letter of readCode(lines[index]!, scanner)) {
      if (letter === '(') parentheses++;
      else if (letter === ')') parentheses--;
      // Braces among the parameters are defaults and patterns.
      else if (letter === '{' && (isOpened || parentheses <= 0)) {
        depth++;
        isOpened = true;
      } else if (letter === '}' && isOpened) depth--;
      else if (letter === ';' && !isOpened && parentheses <= 0) return index + 1;
      if (isOpened && depth === 0) return index + 1;
    }
  }
  return isOpened ? lines.length : 1;
}

/** The brackets and semicolons of a line that are code. */
function* readCode(line: string, scanner: { isInComment: boolean }): Generator<string> {
  let quote = '';
  for (let index = 0; index < line.length; index++) {
    const letter = line[index]!;
    const pair = letter + (line[index + 1] ?? '');
    if (scanner.isInComment) {
      if (pair === '*/') {
        scanner.isInComment = false;
        index++;
      }
    } else if (quote !== '') {
      if (letter === '\\') index++;
      else if (letter === quote) quote = '';
    } else if (pair === '//') return;
    else if (pair === '/*') {
      scanner.isInComment = true;
      index++;
    } else if (letter === '"' || letter === '`') quote = letter;
    // A single quote may be a Rust lifetime or a digit separator: only a closed one is a string.
    else if (letter === "'" && /^'(?:\\.[^']*|[^'\\]*)'/.test(line.slice(index))) quote = letter;
    else if ('(){};'.includes(letter)) yield letter;
  }
}
