/** Writes lines for a person. What came from outside could steer the terminal: control characters are taken out. */
export function writeLines(stream: NodeJS.WritableStream, lines: readonly string[]): void {
  stream.write(`${lines.map(toPrintable).join('\n')}\n`);
}

export function toPrintable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ');
}
