import type { BlamedCommit } from './code-search.ts';

/**
 * Reads `git blame --porcelain`: a header line for each blamed line, the commit's facts at its first one.
 *
 *     3c0f… 12 14 3              id, line there, line here, lines of the group
 *     author Mira Lang
 *     author-time 1764021600
 *     …
 *     ⇥text of the line
 *
 * @param isUnknown ids whose history was cut off: their commit is only the oldest that is there
 * @returns newest first
 */
export function parseBlame(porcelain: string, isUnknown: (id: string) => boolean): BlamedCommit[] {
  const facts = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of porcelain.split('\n')) {
    if (line.startsWith('\t')) {
      current = undefined;
      continue;
    }
    if (current === undefined) {
      const id = /^([0-9a-f]{40,64}) \d+ \d+/.exec(line)?.[1];
      if (id === undefined) continue;
      current = facts.get(id) ?? new Map();
      facts.set(id, current);
      continue;
    }
    const space = line.indexOf(' ');
    if (space > 0) current.set(line.slice(0, space), line.slice(space + 1));
  }
  return [...facts]
    .filter(([id, known]) => known.has('author-time') && !isUnknown(id) && !/^0+$/.test(id))
    .map(([id, known]) => toCommit(id, known))
    .sort((a, b) => b.committedAtMs - a.committedAtMs || (a.id < b.id ? -1 : 1));
}

function toCommit(id: string, facts: Map<string, string>): BlamedCommit {
  const authoredAtMs = Number(facts.get('author-time')) * 1000;
  return {
    id,
    subject: facts.get('summary') ?? '',
    author: facts.get('author') ?? '',
    date: new Date(authoredAtMs).toISOString(),
    committedAtMs: Number(facts.get('committer-time') ?? facts.get('author-time')) * 1000,
  };
}
