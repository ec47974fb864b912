import { isStatement } from './definition-patterns.ts';
import { countFunctionLines } from './function-extent.ts';

/** A line that defines a function with a name: `function a(`, `a(b) {`, `const a = (`, `a: async b =>`. */
const definitions = [
  /\bfunction\s*\*?\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*[(<]/u,
  /(?:^|[^\p{L}\p{N}_$.])([\p{L}_$][\p{L}\p{N}_$]*)\s*[:=]\s*(?:async\s*)?(?:function\b|\([^()]*\)\s*(?::[^=]*)?=>|[\p{L}_$][\p{L}\p{N}_$]*\s*=>)/u,
  /^\s*(?:(?:static|async|get|set|public|private|protected|readonly)\s+)*[*#]?([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:<[^>]*>)?\([^;]*\)[^;=]*\{\s*$/u,
];

/**
 * The JavaScript function around a line, by its source: of one without a name (`parts.map((part) => …)`) the function
 * that people look for. Recordings cannot tell where the optimiser put that into its caller.
 *
 * @param lines of the file, up to `line` and beyond
 * @param line 1-based
 * @returns null when the line is in none, or in one that has no name either
 */
export function findWrittenIn(lines: readonly string[], line: number): string | null {
  for (let first = Math.min(line, lines.length); first >= 1; first--) {
    const text = lines[first - 1]!;
    if (isStatement(text)) continue;
    const name = definitions.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
    if (name === undefined) continue;
    const lastLine = first + countFunctionLines(lines.slice(first - 1), 'javascript') - 1;
    if (lastLine >= line) return name;
  }
  return null;
}
