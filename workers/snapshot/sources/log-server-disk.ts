import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, lstat, open, opendir, realpath, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DiskLogServerConfig, Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import { archiveTooLarge, cannotFetch } from './cannot-fetch.ts';
import { type Entry, type Listing, PlaceError } from './listing.ts';
import { searchPods } from './search-pods.ts';
import type { RecordingSource } from './source.ts';
import { matchPath, parseTemplate } from './template.ts';

/**
 * A folder on disk (a mounted log volume) whose paths follow a template.
 *
 * @param environment value of `$env`
 * @throws AvalancheError CONFIG_INVALID when the template is none
 */
export function openLogServerDisk(
  config: DiskLogServerConfig,
  environment: string,
  now: () => number = Date.now,
): RecordingSource {
  const template = parseTemplate(config.template);
  return {
    kind: 'log-server-disk',
    describe: () => `log server ${config.root}, template ${config.template}`,
    async findPods(app) {
      const root = await openRoot(config.root);
      const { maximumAgeMs } = config;
      const known = { app, env: environment };
      return await searchPods(openDiskListing(root), template, known, { nowMs: now(), maximumAgeMs });
    },
    async fetch(locator, destination, limits, signal) {
      const { path = '' } = locator;
      if (matchPath(template, path) === undefined)
        throw cannotFetch('ARCHIVE_MISSING', path, 'not a path of this log server');
      return fetchFile(await openRoot(config.root), path, destination, limits, signal);
    },
  };
}

async function openRoot(root: string): Promise<string> {
  try {
    const path = await realpath(root);
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const state = code === 'ENOENT' ? 'no such folder' : message;
    throw new AvalancheError(
      'LOG_SERVER_UNREADABLE',
      `Cannot read log server "${root}": ${state}`,
      {},
      error,
    );
  }
  throw new AvalancheError('LOG_SERVER_UNREADABLE', `Cannot read log server "${root}": not a folder`);
}

/** The folders below a root. Links are followed as long as they stay below it. */
function openDiskListing(root: string): Listing {
  return {
    atOnce: 1,
    show: (path) => showOutsideName(join(root, path)),
    async list(folder, mostEntries) {
      const entries = new Map<string, null>();
      try {
        for await (const { name } of await opendir(join(root, folder))) {
          if (entries.size >= mostEntries) return { entries, isWhole: false };
          entries.set(name, null);
        }
      } catch (error) {
        throw toPlaceError(error);
      }
      return { entries, isWhole: true };
    },
    async look(path) {
      const isThere = await lstat(join(root, path)).catch(() => null);
      return isThere === null ? null : await lookBelow(root, path);
    },
  };
}

async function lookBelow(root: string, path: string): Promise<Entry> {
  try {
    const real = await realBelow(root, path);
    if (real === null) throw new PlaceError('a link that leaves the log server, not followed');
    const found = await stat(real);
    const kind = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
    return { kind, updatedAt: found.mtimeMs, looseMs: 0 };
  } catch (error) {
    throw error instanceof PlaceError ? error : toPlaceError(error);
  }
}

/** The real path of something below the root; null when links lead out of it. */
async function realBelow(root: string, path: string): Promise<string | null> {
  const real = await realpath(join(root, path));
  return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : null;
}

function toPlaceError(error: unknown): PlaceError {
  return new PlaceError(describeError(error), { isRefused: isRefusal(error), cause: error });
}

function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (isRefusal(error)) return `may not be read (${code})`;
  if (code === 'ENOENT') return 'gone, or a link to nothing';
  return message;
}

async function fetchFile(
  root: string,
  path: string,
  destination: string,
  limits: Limits,
  signal?: AbortSignal,
) {
  // A file that is rewritten while it is copied gets one more chance: the writer may be done by then.
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const file = await openBelow(root, path);
    try {
      const bytes = await copyFile(file, path, destination, limits, signal);
      if (bytes !== null) return { bytes };
    } finally {
      await file.close();
    }
  }
  const state =
    'rewritten in place while it was read, twice (a whole file wanted: recorders should rename into place)';
  throw cannotFetch('ARCHIVE_BROKEN', path, state);
}

async function openBelow(root: string, path: string): Promise<FileHandle> {
  try {
    const real = await realBelow(root, path);
    if (real === null) throw cannotFetch('ARCHIVE_MISSING', path, 'a link that leaves the log server');
    // Without O_NONBLOCK a FIFO put there would hold us for ever.
    return await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof AvalancheError) throw error;
    throw cannotFetch('ARCHIVE_MISSING', path, describeError(error), error);
  }
}

/**
 * @returns the bytes written; null when the file changed meanwhile. A file that was replaced by rename
 *   is whole: what is open here is still the old one.
 */
async function copyFile(
  file: FileHandle,
  path: string,
  destination: string,
  limits: Limits,
  signal?: AbortSignal,
): Promise<number | null> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) throw cannotFetch('ARCHIVE_MISSING', path, 'not a file');
  if (before.size > BigInt(limits.archiveBytes)) throw archiveTooLarge(path, `${before.size} bytes`, limits);
  let bytes = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limits.archiveBytes)
        throw archiveTooLarge(path, `more than ${limits.archiveBytes} bytes`, limits);
      yield chunk;
    }
  };
  const target = createWriteStream(destination, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(file.createReadStream({ autoClose: false }), count, target, { signal });
    const after = await file.stat({ bigint: true });
    if (after.mtimeNs === before.mtimeNs && after.size === before.size && BigInt(bytes) === after.size)
      return bytes;
  } catch (error) {
    // What was there before us is not ours to remove.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(destination, { force: true });
    signal?.throwIfAborted();
    throw error instanceof AvalancheError
      ? error
      : cannotFetch('LOG_SERVER_UNREADABLE', path, (error as Error).message, error);
  }
  await rm(destination, { force: true });
  return null;
}
