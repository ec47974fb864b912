import { cleanLine } from '../replies/escape.ts';

/** Writes lines for a person. What came from outside could steer the terminal: control characters are taken out. */
export function writeLines(stream: NodeJS.WritableStream, lines: readonly string[]): void {
  stream.write(`${lines.map(cleanLine).join('\n')}\n`);
}
