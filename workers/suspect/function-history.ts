import type { Commit, Suspect } from '../jobs.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { countFunctionLines, maximumFunctionLines } from './function-extent.ts';

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
  const { id, subject, author, date } = newest;
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
