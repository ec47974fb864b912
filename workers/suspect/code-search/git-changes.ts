import type { FileChange, Hunk, LineChange } from './code-search.ts';

/** No context, no white space, nothing that a configuration could colour or hand to a program. */
export const comparing = [
  ...['-U0', '-w', '--ignore-blank-lines', '--no-color', '--no-ext-diff', '--no-textconv'],
  ...['--src-prefix=a/', '--dst-prefix=b/'],
];

/** What frames can lie in: two letters or more would miss C, and a list of endings would miss someone's language. */
export const sourceFiles = [
  ':(exclude,glob)**/*.lock',
  ':(exclude,glob)**/package-lock.json',
  ':(exclude,glob)**/go.sum',
  ':(exclude,glob)**/*.md',
  ':(exclude,glob)**/*.svg',
  ':(exclude,glob)**/*.min.js',
];

/** Begins with a byte that no line of a patch begins with. */
export const commitFormat = '--format=%x00%H%x00%at%x00%ct%x00%an%x00%s';

/**
 * Reads a patch without context:
 *
 *     +++ b/src/cart.go
 *     @@ -12,2 +12,3 @@ func (c *Cart) Total()
 *     -old
 *     +new
 */
export function parseDifference(patch: string): FileChange[] {
  const changes: FileChange[] = [];
  let change: FileChange | undefined;
  let hunk: Hunk | undefined;
  let removedLeft = 0;
  let addedLeft = 0;
  for (const line of patch.split('\n')) {
    // Counted, since a removed line may look like a header: `-- a comment` becomes `--- a comment`.
    if (hunk !== undefined && removedLeft > 0 && line.startsWith('-')) {
      hunk.removed.push(line.slice(1));
      removedLeft--;
    } else if (hunk !== undefined && addedLeft > 0 && line.startsWith('+')) {
      hunk.added.push(line.slice(1));
      addedLeft--;
    } else if (line.startsWith('+++ ')) {
      const path = /^\+\+\+ b\/(.*?)\t?$/.exec(line)?.[1];
      change = path === undefined ? undefined : { path, hunks: [] };
      if (change !== undefined) changes.push(change);
      hunk = undefined;
    } else {
      const header = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
      if (header === null || change === undefined) continue;
      hunk = { line: Number(header[2]), removed: [], added: [] };
      removedLeft = Number(header[1] ?? 1);
      addedLeft = Number(header[3] ?? 1);
      change.hunks.push(hunk);
    }
  }
  return changes;
}

/** Reads the output of `git log -L` in `commitFormat`. */
export function parseLineHistory(log: string): LineChange[] {
  const commits: LineChange[] = [];
  for (const part of log.split(/^\0/m).slice(1)) {
    const end = part.indexOf('\n');
    const [id, authored, committed, author, subject] = part
      .slice(0, end < 0 ? undefined : end)
      .split('\0') as [string, string, string, string, string];
    commits.push({
      id,
      subject,
      author,
      date: new Date(Number(authored) * 1000).toISOString(),
      committedAtMs: Number(committed) * 1000,
      hunks: end < 0 ? [] : parseDifference(part.slice(end)).flatMap(({ hunks }) => hunks),
    });
  }
  return commits;
}
