import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AvalancheError } from '../../../storage/errors.ts';
import { redactSecrets } from '../../../storage/secrets.ts';
import { lastWords, runGit } from './run-git.ts';

const cloneMs = 300_000;
const fetchMs = 60_000;
/** A lock that has not been touched for this long is of a process that died. */
const staleLockMs = 30_000;

/**
 * A full bare copy of a repository, kept and brought up to date on demand.
 *
 *     mirrors/shop-3f2a…/       the mirror; cloned beside it and renamed, so it is whole or not there
 *     mirrors/shop-3f2a….lock   held while cloning or fetching, by one process of all that share the folder
 */
export type Mirror = {
  gitDirectory: string;
  /** Brings new commits home; of several callers at once one fetches and the others wait for it. */
  update(): Promise<void>;
};

/** @throws REPOSITORY_UNREADABLE when it cannot be cloned */
export async function openMirror(url: string, directory: string, signal?: AbortSignal): Promise<Mirror> {
  refuseOptions(url);
  const key = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const base = (/([\w.-]+?)(?:\.git)?\/?$/.exec(url)?.[1] ?? 'repository').replace(/^[.-]+/, '');
  const gitDirectory = join(directory, `${base}-${key}`);
  // Its configuration holds the URL, and with it perhaps a password.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (!(await exists(gitDirectory))) {
    await withLock(gitDirectory, signal, async () => {
      if (!(await exists(gitDirectory))) await clone(url, gitDirectory, signal);
    });
  }
  return { gitDirectory, update: () => update(url, gitDirectory, signal) };
}

/** A URL that git would take for an option, or for a command to run. */
function refuseOptions(url: string): void {
  if (!url.startsWith('-') && !/^\w+::/.test(url) && !/[\0-\x1f]/.test(url)) return;
  throw new AvalancheError(
    'REPOSITORY_UNREADABLE',
    `Cannot use the repository "${redactSecrets(url)}": not a URL or path`,
  );
}

async function clone(url: string, gitDirectory: string, signal: AbortSignal | undefined): Promise<void> {
  const unfinished = `${gitDirectory}.${randomUUID()}`;
  try {
    const args = ['clone', '--mirror', '--quiet', '--template=', '--', url, unfinished];
    const run = await runGit(args, { timeoutMs: cloneMs, signal, isRemote: true });
    if (run.exitCode !== 0) throw unreadable('clone', url, run.stderr);
    await rename(unfinished, gitDirectory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function update(url: string, gitDirectory: string, signal: AbortSignal | undefined): Promise<void> {
  const askedAt = Date.now();
  await withLock(gitDirectory, signal, async () => {
    // Somebody else began to fetch while this caller waited for the lock.
    if ((await fetchBegunAt(gitDirectory)) > askedAt) return;
    const begunAt = new Date();
    const args = ['fetch', '--quiet', '--prune', '--no-auto-gc', '--no-write-fetch-head', 'origin'];
    const run = await runGit(args, { gitDirectory, timeoutMs: fetchMs, signal, isRemote: true });
    if (run.exitCode !== 0) throw unreadable('fetch', url, run.stderr);
    const mark = join(gitDirectory, fetchMark);
    await writeFile(mark, '');
    await utimes(mark, begunAt, begunAt);
  });
}

/** Its time of change is when the last fetch that ended well began. */
const fetchMark = 'avalanche-fetched';

async function fetchBegunAt(gitDirectory: string): Promise<number> {
  try {
    return (await stat(join(gitDirectory, fetchMark))).mtimeMs;
  } catch {
    return 0;
  }
}

/** Runs `work` while holding the lock file beside the mirror; a holder touches it every few seconds. */
async function withLock(
  gitDirectory: string,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const lock = `${gitDirectory}.lock`;
  const token = randomUUID();
  const giveUpAt = Date.now() + cloneMs;
  while (!(await takeLock(lock, token))) {
    signal?.throwIfAborted();
    if (Date.now() > giveUpAt) {
      throw new AvalancheError(
        'REPOSITORY_UNREADABLE',
        `Cannot wait any longer for the mirror "${lock}": locked`,
      );
    }
    await sleep(100, undefined, signal === undefined ? {} : { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, staleLockMs / 6);
  try {
    await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readToken(lock)) === token) await rm(lock, { force: true });
  }
}

async function takeLock(lock: string, token: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(token);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await dropStaleLock(lock);
    return false;
  }
}

/** Renamed before it is removed, so that of two who find it stale only one takes it away. */
async function dropStaleLock(lock: string): Promise<void> {
  try {
    if (Date.now() - (await stat(lock)).mtimeMs < staleLockMs) return;
    const aside = `${lock}.${randomUUID()}`;
    await rename(lock, aside);
    await rm(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function readToken(lock: string): Promise<string | null> {
  return await readFile(lock, 'utf8').catch(() => null);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function unreadable(action: string, url: string, stderr: string): AvalancheError {
  return new AvalancheError(
    'REPOSITORY_UNREADABLE',
    `Cannot ${action} "${redactSecrets(url)}": ${lastWords(stderr)}`,
  );
}
