/**
 * What became of some lines of code.
 *
 * 'same': white space, comments, line breaks and the commas they bring.
 * 'renamed': the same code with other names, each name always for the same other one.
 * 'literal': the same code with other texts or numbers in it.
 * 'real': something else runs.
 */
export type ChangeKind = 'same' | 'renamed' | 'literal' | 'real';

const hashComments = new Set(['python', 'ruby']);
const token = /[\p{L}\p{N}_$]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S/gu;
const name = /^[\p{L}_$]/u;
const literal = /^["'\d]/;

export function kindOfChange(
  removed: readonly string[],
  added: readonly string[],
  language: string,
): ChangeKind {
  const before = readTokens(removed, language);
  const after = readTokens(added, language);
  if (before.join(' ') === after.join(' ')) return 'same';
  if (isRenaming(before, after)) return 'renamed';
  const isLiteral =
    before.length === after.length && before.every((old, place) => isAlike(old, after[place]!));
  return isLiteral ? 'literal' : 'real';
}

function isAlike(old: string, changed: string): boolean {
  return old === changed || (literal.test(old) && literal.test(changed));
}

/** Two names for one, or one for two, make other code. */
function isRenaming(before: readonly string[], after: readonly string[]): boolean {
  if (before.length !== after.length) return false;
  const forwards = new Map<string, string>();
  const backwards = new Map<string, string>();
  return before.every((old, place) => {
    const renamed = after[place]!;
    if (!name.test(old) || !name.test(renamed)) return old === renamed;
    // What is called or read from something else is not a name of this function's own.
    const follows = before[place - 1];
    if (old !== renamed && (before[place + 1] === '(' || follows === '.')) return false;
    if (!forwards.has(old)) forwards.set(old, renamed);
    if (!backwards.has(renamed)) backwards.set(renamed, old);
    return forwards.get(old) === renamed && backwards.get(renamed) === old;
  });
}

function readTokens(lines: readonly string[], language: string): string[] {
  const withoutBlocks = lines.join('\n').replace(/\/\*[\s\S]*?\*\//g, '');
  const code = withoutBlocks.split('\n').map((line) => dropComment(line, language));
  const tokens = code.join('\n').match(token) ?? [];
  return tokens.filter((text, place) => !(text === ',' && /^[)\]}]$/.test(tokens[place + 1] ?? '')));
}

/** A mark of a comment inside a text ends the line here too: then the rest of it is not compared. */
function dropComment(line: string, language: string): string {
  if (hashComments.has(language)) return line.replace(/(^|\s)#.*$/, '').replace(/^\s*("""|''').*\1\s*$/, '');
  return line.replace(/(^|\s)\/\/.*$/, '').replace(/^\s*\*(?:\s.*|\/)?$/, '');
}
