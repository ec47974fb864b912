import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RepositoryConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { redactSecrets } from '../../../storage/secrets.ts';
import { parseBlame } from './blame.ts';
import type { BlamedCommit, CodeSearch, Definition, DefinitionQuery, FileChange } from './code-search.ts';
import { commitFormat, comparing, parseDifference, parseLineHistory, sourceFiles } from './git-changes.ts';
import { openMirror } from './mirror.ts';
import { lastWords, runGit } from './run-git.ts';

export type GitCodeSearchOptions = {
  repository: RepositoryConfig;
  /** Anything that names a commit; null for the repository's head. */
  revision: string | null;
  /** Where mirrors are kept; null to read `repository.url`, a checkout or bare repository, where it is. */
  mirrorDirectory: string | null;
  signal?: AbortSignal;
};

type Repository = { gitDirectory: string; update: (() => Promise<void>) | null };

/** Source files are smaller; what is larger is generated or data. */
const maximumFileBytes = 2 * 1024 ** 2;
const maximumDefinitions = 200;
const mostCommitsOrdered = 50;
/** Between two deploys a person can review; beyond that, that a function changed says nothing. */
const maximumDifferenceBytes = 8 * 1024 ** 2;
/** What git may write at once. */
const maximumReadAheadBytes = 16 * 1024 ** 2;

/**
 * Searches with git itself: any revision, blame, no server and no index. Read only, but for the mirror.
 *
 * @throws REPOSITORY_UNREADABLE, REVISION_UNKNOWN
 */
export async function openGitCodeSearch(options: GitCodeSearchOptions): Promise<CodeSearch> {
  const { repository, mirrorDirectory, signal } = options;
  const opened: Repository =
    mirrorDirectory === null
      ? { gitDirectory: await findGitDirectory(repository.url, signal), update: null }
      : await openMirror(repository.url, mirrorDirectory, signal);
  const revision = await resolveRevision(opened, options);
  return new GitCodeSearch(opened.gitDirectory, revision, redactSecrets(repository.url), signal);
}

class GitCodeSearch implements CodeSearch {
  readonly #gitDirectory: string;
  readonly #revision: { id: string; isHead: boolean };
  readonly #address: string;
  readonly #signal: AbortSignal | undefined;
  #paths: Promise<string[]> | undefined;
  #shallow: Promise<Set<string>> | undefined;
  readonly #files = new Map<string, Promise<string[]>>();

  constructor(
    gitDirectory: string,
    revision: { id: string; isHead: boolean },
    address: string,
    signal: AbortSignal | undefined,
  ) {
    this.#gitDirectory = gitDirectory;
    this.#revision = revision;
    this.#address = address;
    this.#signal = signal;
  }

  describe(): string {
    return `git in ${this.#address}`;
  }

  async resolveRevision(): Promise<{ id: string; isHead: boolean }> {
    return this.#revision;
  }

  async findFiles(pathTail: string): Promise<string[]> {
    this.#paths ??= this.#listPaths();
    return (await this.#paths).filter((path) => path === pathTail || path.endsWith(`/${pathTail}`));
  }

  async findDefinitions({ pattern, paths }: DefinitionQuery): Promise<Definition[]> {
    for (const path of paths) {
      const args = [
        'grep',
        '-n',
        '-z',
        '--column',
        '-I',
        '-E',
        '--no-color',
        '-e',
        pattern,
        this.#revision.id,
      ];
      const run = await this.#git([...args, '--', toPathspec(path)]);
      if (run.exitCode > 1) throw this.#failed('search', run.stderr);
      const found = parseGrep(run.stdout, this.#revision.id);
      if (found.length > 0) return found;
    }
    return [];
  }

  async readLines(path: string, first: number, last: number): Promise<string[]> {
    let lines = this.#files.get(path);
    if (lines === undefined) {
      lines = this.#readFile(path);
      this.#files.set(path, lines);
    }
    return (await lines).slice(Math.max(0, first - 1), last);
  }

  async blame(path: string, first: number, last: number) {
    this.#shallow ??= readShallow(this.#gitDirectory);
    const shallow = await this.#shallow;
    // --root: the first commit of all is a commit like others; the edge of a shallow history is not.
    const args = ['blame', '--porcelain', '--root', '-w', '-M', '--no-textconv', '-L', `${first},${last}`];
    const run = await this.#git([...args, this.#revision.id, '--', path]);
    if (run.exitCode !== 0) throw this.#failed('blame', run.stderr);
    return await this.#putTipsFirst(parseBlame(run.stdout.toString(), (id) => shallow.has(id)));
  }

  async compareWith(revision: string): Promise<FileChange[] | null> {
    const since = await this.#findRevision(revision);
    if (since === null) return null;
    const args = ['diff', ...comparing, '--find-renames', since, this.#revision.id];
    const run = await this.#git([...args, '--', ...sourceFiles]);
    if (run.exitCode !== 0) throw this.#failed('compare revisions of', run.stderr);
    if (run.stdout.length > maximumDifferenceBytes) return null;
    const changes = parseDifference(run.stdout.toString());
    await this.#readAhead(changes.map(({ path }) => path));
    return changes;
  }

  /** Files that will be looked at, with one git for all instead of two for each. */
  async #readAhead(paths: readonly string[]): Promise<void> {
    const objects = paths
      .filter((path) => !/[\n\0]/.test(path))
      .map((path) => `${this.#revision.id}:${path}`);
    const check = await this.#gitWith(['cat-file', '--batch-check=%(objecttype) %(objectsize)'], objects);
    const sizes = check.stdout.toString().split('\n');
    let left = maximumReadAheadBytes;
    const wanted = objects.filter((_, row) => {
      const size = Number(/^blob (\d+)$/.exec(sizes[row] ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
      if (size > Math.min(left, maximumFileBytes)) return false;
      left -= size;
      return true;
    });
    const { stdout } = await this.#gitWith(['cat-file', '--batch'], wanted);
    let position = 0;
    for (const object of wanted) {
      // `id blob size`, a line end, the content, a line end
      const end = stdout.indexOf(0x0a, position);
      const size = Number(stdout.toString('latin1', position, end).split(' ')[2]);
      if (end < 0 || !Number.isInteger(size)) return;
      const content = stdout.subarray(end + 1, end + 1 + size);
      this.#files.set(object.slice(this.#revision.id.length + 1), Promise.resolve(toLines(content)));
      position = end + size + 2;
    }
  }

  async #gitWith(args: string[], lines: readonly string[]) {
    const input = lines.map((line) => `${line}\n`).join('');
    return await runGit(args, { gitDirectory: this.#gitDirectory, signal: this.#signal, input });
  }

  async listChanges(path: string, { first, last }: { first: number; last: number }, since: string) {
    const from = await this.#findRevision(since);
    if (from === null) return [];
    const args = ['log', ...comparing, commitFormat, `-L${first},${last}:${path}`];
    const run = await this.#git([...args, `${from}..${this.#revision.id}`]);
    if (run.exitCode !== 0) throw this.#failed('read the history of', run.stderr);
    return parseLineHistory(run.stdout.toString());
  }

  async #findRevision(revision: string): Promise<string | null> {
    refuseUnsafe(revision);
    const found = await lookUp(this.#gitDirectory, revision, this.#signal);
    return found === 'missing' || found === 'ambiguous' ? null : found;
  }

  /** A rebase commits a whole series in one second: then that is the newest on which none of the others builds. */
  async #putTipsFirst(commits: BlamedCommit[]): Promise<BlamedCommit[]> {
    const tied = commits.filter(({ committedAtMs }) => committedAtMs === commits[0]?.committedAtMs);
    if (tied.length < 2) return commits;
    const ids = tied.slice(0, mostCommitsOrdered).map(({ id }) => id);
    const run = await this.#git(['merge-base', '--independent', ...ids]);
    if (run.exitCode !== 0) throw this.#failed('order the history of', run.stderr);
    const tips = new Set(run.stdout.toString().split('\n'));
    return commits.toSorted((a, b) => Number(tips.has(b.id)) - Number(tips.has(a.id)));
  }

  /** Only regular files: mode 120000 is a link, 160000 a submodule. */
  async #listPaths(): Promise<string[]> {
    const run = await this.#git(['ls-tree', '-r', '-z', '--full-tree', this.#revision.id]);
    if (run.exitCode !== 0) throw this.#failed('list', run.stderr);
    return run.stdout
      .toString()
      .split('\0')
      .filter((entry) => entry.startsWith('100') && !entry.includes('\ufffd'))
      .map((entry) => entry.slice(entry.indexOf('\t') + 1))
      .sort();
  }

  async #readFile(path: string): Promise<string[]> {
    const object = `${this.#revision.id}:${path}`;
    if (/[\n\0]/.test(path) || !(await this.findFiles(path)).includes(path)) return [];
    const size = Number((await this.#git(['cat-file', '-s', object])).stdout.toString());
    if (!(size <= maximumFileBytes)) return [];
    const run = await this.#git(['cat-file', 'blob', object]);
    if (run.exitCode !== 0) throw this.#failed('read', run.stderr);
    return toLines(run.stdout);
  }

  async #git(args: string[]) {
    return await runGit(args, { gitDirectory: this.#gitDirectory, signal: this.#signal });
  }

  #failed(action: string, stderr: string): AvalancheError {
    return new AvalancheError(
      'REPOSITORY_UNREADABLE',
      `Cannot ${action} "${this.#address}": ${lastWords(stderr)}`,
    );
  }
}

/** `*.py` for any such file, else the end of a path; what git would read as a pattern is taken literally. */
function toPathspec(path: string): string {
  const literal = (text: string) => text.replace(/[\\*?[\]]/g, '\\$&');
  return path.startsWith('*.') ? `:(glob)**/*.${literal(path.slice(2))}` : `:(glob)**/${literal(path)}`;
}

/** With `-z`: `REVISION:PATH` NUL line NUL column NUL text, and a line end. */
function parseGrep(stdout: Buffer, revision: string): Definition[] {
  const found: Definition[] = [];
  const text = stdout.toString();
  let position = 0;
  while (position < text.length && found.length < maximumDefinitions) {
    const end = text.indexOf('\n', position + 1);
    const fields = text.slice(position, end < 0 ? undefined : end).split('\0');
    // A path may hold a line end itself; the text of a match cannot.
    const [path, line, , ...rest] = fields;
    if (path === undefined || line === undefined || rest.length === 0) break;
    if (!path.includes('\ufffd')) {
      found.push({
        path: path.slice(revision.length + 1),
        line: Number(line),
        text: rest.join('\0').replace(/\r$/, ''),
      });
    }
    if (end < 0) break;
    position = end + 1;
  }
  return found.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** None of what is no text. */
function toLines(content: Buffer): string[] {
  if (content.includes(0)) return [];
  const text = content.toString();
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function findGitDirectory(path: string, signal: AbortSignal | undefined): Promise<string> {
  const folder = resolve(path);
  const args = ['-C', folder, '-c', `safe.directory=${folder}`, 'rev-parse', '--absolute-git-dir'];
  const run = await runGit(args, { signal });
  if (run.exitCode === 0) return run.stdout.toString().replace(/\n$/, '');
  throw new AvalancheError(
    'REPOSITORY_UNREADABLE',
    `Cannot open the repository "${path}": ${lastWords(run.stderr)}`,
  );
}

async function resolveRevision(
  { gitDirectory, update }: Repository,
  { revision, repository, signal }: GitCodeSearchOptions,
): Promise<{ id: string; isHead: boolean }> {
  const wanted = revision ?? 'HEAD';
  refuseUnsafe(wanted);
  // A commit's id means the same for ever; a name may have moved since the mirror was last brought up to date.
  const isId = /^[0-9a-f]{7,64}$/.test(wanted);
  if (update !== null && !isId) await update();
  let found = await lookUp(gitDirectory, wanted, signal);
  if (found === 'missing' && update !== null && isId) {
    await update();
    found = await lookUp(gitDirectory, wanted, signal);
  }
  if (found !== 'missing' && found !== 'ambiguous') return { id: found, isHead: revision === null };
  const state = found === 'missing' ? 'not there' : 'several commits begin like this';
  throw new AvalancheError(
    'REVISION_UNKNOWN',
    `Cannot find the revision "${wanted}" in "${redactSecrets(repository.url)}": ${state}`,
  );
}

async function lookUp(
  gitDirectory: string,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  // Given on stdin, where nothing can be an option.
  const run = await runGit(['cat-file', '--batch-check'], {
    gitDirectory,
    signal,
    input: `${revision}^{commit}\n`,
  });
  const answer = run.stdout.toString().trim();
  const id = /^([0-9a-f]{40,64}) commit \d+$/.exec(answer)?.[1];
  return id ?? (answer.endsWith(' ambiguous') ? 'ambiguous' : 'missing');
}

/** What git forbids in the names of branches and tags, and what it would read as an option or a search. */
function refuseUnsafe(revision: string): void {
  if (revision.length <= 250 && !/^-|[\0-\x20\x7f~^:?*[\\]|\.\.|@\{/.test(revision) && revision !== '')
    return;
  throw new AvalancheError(
    'REVISION_UNKNOWN',
    `Cannot use "${revision.slice(0, 250)}" as a revision: not the name of a commit`,
  );
}

async function readShallow(gitDirectory: string): Promise<Set<string>> {
  const text = await readFile(join(gitDirectory, 'shallow'), 'utf8').catch(() => '');
  return new Set(text.split('\n').filter((line) => line !== ''));
}
