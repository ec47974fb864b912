import { cleanLine, truncate } from './escape.ts';

const columns = 96;

/** Lines for a terminal: harmless, and broken between words where they are too wide; what follows is indented. */
export function wrapLine(text: string, indent = ''): string[] {
  const words = truncate(cleanLine(text), 4_000).trim().split(/ +/);
  const lines: string[] = [];
  let current = indent + (words[0] ?? '');
  for (const word of words.slice(1)) {
    if (current.length + 1 + word.length <= columns) {
      current += ` ${word}`;
    } else {
      lines.push(current);
      current = `${indent}${lines.length > 0 ? '  ' : ''}${word}`;
    }
  }
  return [...lines, current];
}
