import type { Commit, Suspect } from '../jobs.ts';
import { kindOfChange } from './change-kind.ts';
import type { ChangedFunction } from './changed-functions.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { countFunctionLines, maximumFunctionLines } from './function-extent.ts';
import { weights, worthOfChange } from './weights.ts';

const snippetLines = 8;
const snippetLinesBefore = 1;
const snippetLetters = 160;

/** What changed a function last: the newest commit among those that wrote its lines; null when unknown. */
export async function readHistory(
  search: CodeSearch,
  path: string,
  line: number,
  language: string,
): Promise<Commit | null> {
  const lines = await search.readLines(path, line, line + maximumFunctionLines - 1);
  if (lines.length === 0) return null;
  const [newest] = await search.blame(path, line, line + countFunctionLines(lines, language) - 1);
  if (newest === undefined) return null;
  return toCommit(newest);
}

/**
 * The commit since the baseline that most likely did it: of those that really changed the function (or the
 * constant it reads), one whose lines name what the time now goes to, else the newest. Null when none is known.
 */
export async function findGuiltyCommit(
  search: CodeSearch,
  { path, firstLine, lastLine, via }: ChangedFunction,
  language: string,
  since: { revision: string | null; callees: readonly string[] },
): Promise<Commit | null> {
  if (search.listChanges === undefined || since.revision === null) return null;
  const lines =
    via === null ? { first: firstLine, last: lastLine } : { first: via.firstLine, last: via.lastLine };
  const changes = await search.listChanges(path, lines, since.revision);
  const names = since.callees.map((callee) => /[\p{L}\p{N}_$]+$/u.exec(plainName(callee))?.[0] ?? '');
  const scored = changes.map((change, age) => {
    const removed = change.hunks.flatMap((hunk) => hunk.removed);
    const added = change.hunks.flatMap((hunk) => hunk.added);
    const kind = kindOfChange(removed, added, language);
    const text = [...removed, ...added].join('\n');
    const namesCallee = names.some((name) => name.length > 2 && text.includes(name));
    const worth = worthOfChange(kind, weights);
    return { change, age, score: worth * (namesCallee ? weights.namesCallee : 1) };
  });
  const [best] = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.age - b.age);
  return best === undefined ? null : toCommit(best.change);
}

/** A key of an own function ends with its file: the name stands before. */
function plainName(callee: string): string {
  return callee.includes('\0') ? (callee.split('\0')[3] ?? '') : callee;
}

function toCommit({ id, subject, author, date }: Commit): Commit {
  return { id, subject: plain(subject), author: plain(author), date };
}

/** A few lines around the definition, fit to be shown: bounded, and without control characters. */
export async function readSnippet(
  search: CodeSearch,
  path: string,
  line: number,
): Promise<Suspect['snippet']> {
  const firstLine = Math.max(1, line - snippetLinesBefore);
  const lines = await search.readLines(path, firstLine, firstLine + snippetLines - 1);
  if (lines.length === 0) return null;
  return { firstLine, lines: lines.map(shorten), markedLine: line };
}

function shorten(line: string): string {
  const shown = plain(line.replaceAll('\t', '  '));
  return shown.length > snippetLetters ? `${shown.slice(0, snippetLetters - 1)}…` : shown;
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}
