import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestRepository } from '../workers/suspect/git-repository.ts';
import type { CaseCommit, Edit, RegressionCase } from './read-case.ts';

const programs = fileURLToPath(new URL('programs', import.meta.url));
const hour = 3_600_000;
/** The first commit of every program. */
const began = Date.UTC(2026, 0, 5, 8);

export type CaseRepository = {
  repository: TestRepository;
  /** Full ids. */
  before: string;
  after: string;
  guilty: string | null;
};

/** The little history of a case, made by real git; the same ids every time. */
export function makeCaseRepository(wanted: RegressionCase): CaseRepository {
  const repository = new TestRepository();
  cpSync(join(programs, wanted.program), repository.folder, { recursive: true });
  const first = repository.commit({ subject: 'Begin', date: new Date(began).toISOString() });
  const ids = [first];
  for (const [row, commit] of wanted.commits.entries()) {
    applyEdits(repository.folder, commit, wanted.name);
    const { subject, author } = commit;
    const date = new Date(began + (row + 1) * 19 * hour).toISOString();
    ids.push(repository.commit({ subject, author, date }));
  }
  return {
    repository,
    before: ids[wanted.deployed.before]!,
    after: ids[wanted.deployed.after]!,
    guilty: wanted.guilty === null ? null : ids[wanted.guilty.commit + 1]!,
  };
}

function applyEdits(folder: string, { subject, edits }: CaseCommit, name: string): void {
  for (const edit of edits) {
    const path = join(folder, edit.path);
    mkdirSync(dirname(path), { recursive: true });
    const text = edit.before === '' ? '' : readFileSync(path, 'utf8');
    const changed = replaceOnce(text, edit);
    if (changed === null) throw new Error(`Cannot apply "${subject}" of ${name} to ${edit.path}`);
    if (changed === '') rmSync(path);
    else writeFileSync(path, changed);
  }
}

/** The old text must stand there exactly once; it may end inside a line. */
function replaceOnce(text: string, { before, after }: Edit): string | null {
  if (before === '') return after;
  const [old, replacement] = text.includes(before)
    ? [before, after]
    : [before.replace(/\n$/, ''), after.replace(/\n$/, '')];
  const at = text.indexOf(old);
  if (at < 0 || text.includes(old, at + 1)) return null;
  return text.slice(0, at) + replacement + text.slice(at + old.length);
}
