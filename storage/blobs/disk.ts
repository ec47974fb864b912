import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AvalancheError } from '../errors.ts';
import { isLeftBehind } from '../left-behind.ts';
import { checkKey, checkPrefix, isKey } from './blob-key.ts';
import type { BlobContent, BlobStore } from './blob-store.ts';

/** Where files are written before they are published. `~` is in no key, so it can meet none. */
const writingFolder = '~writing';
/** A file being written for longer than this was left by a process that is gone, on whatever machine. */
const abandonedMs = 24 * 3600_000;
/** `MACHINE~PID~`: on its own machine it shows earlier whether the writer of a file is gone. */
const machine = hostname().replaceAll('~', '-');
const ownDrafts = `${machine}~${process.pid}~`;

/**
 * Blobs as files below a folder, which may be a volume that several machines share.
 *
 * @throws AvalancheError BLOB_UNWRITABLE when the folder cannot be made or written
 */
export async function openDiskBlobs(folder: string): Promise<BlobStore> {
  const root = resolve(folder);
  const writing = join(root, writingFolder);
  await unwritable(root, 'open', root, async () => {
    await mkdir(writing, { recursive: true, mode: 0o700 });
    await removeAbandoned(writing);
  });
  const pathOf = (key: string) => join(root, checkKey(key));

  return {
    async write(key, content, { signal } = {}) {
      const target = pathOf(key);
      const draft = join(writing, `${ownDrafts}${randomUUID()}`);
      try {
        signal?.throwIfAborted();
        return await unwritable(root, 'write', key, async () => {
          const bytes = await writeDraft(draft, content, signal);
          await makeFolder(dirname(target), root);
          await rename(draft, target);
          await syncFolder(dirname(target));
          return { bytes };
        });
      } catch (error) {
        // Node's own error would hide the reason.
        signal?.throwIfAborted();
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
    },

    async read(key) {
      const file = await openBlob(pathOf(key), key);
      try {
        return await file.readFile();
      } finally {
        await file.close();
      }
    },

    async stream(key) {
      return (await openBlob(pathOf(key), key)).createReadStream();
    },

    async remove(key) {
      await rm(pathOf(key), { force: true });
    },

    async *list(prefix) {
      checkPrefix(prefix);
      const from = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/') + 1) : '';
      for await (const key of walk(root, from)) if (key.startsWith(prefix)) yield key;
    },

    check: () =>
      unwritable(root, 'write', root, () =>
        access(writing, constants.R_OK | constants.W_OK | constants.X_OK),
      ),

    describe: () => `files in ${root}`,

    close: async () => {},
  };
}

async function writeDraft(
  path: string,
  content: BlobContent,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    // Takes one chunk after the other, and the next one only when the last is written.
    await file.writeFile(content, { signal });
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** A rename lasts once the folder that holds the name is on disk; a new folder, once its own parent is. */
async function makeFolder(folder: string, root: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length && made !== root; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and keeps names by its own journal.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    // Another process may have finished it in between.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    const isOld = mtimeMs < Date.now() - abandonedMs;
    if (isOld || (await isWriterGone(path, entry.name))) await rm(path, { force: true });
  }
}

async function isWriterGone(path: string, name: string): Promise<boolean> {
  const [writer, pid] = name.split('~');
  return writer === machine && (await isLeftBehind(path, Number(pid)));
}

async function openBlob(path: string, key: string): Promise<FileHandle> {
  const missing = (cause?: unknown) =>
    new AvalancheError('BLOB_MISSING', `Cannot read blob "${key}": there is no such file`, { path }, cause);
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw isGone(error) ? missing(error) : error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw missing();
}

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  let entries: Awaited<ReturnType<typeof opendir>>;
  try {
    entries = await opendir(join(root, folder));
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  for await (const entry of entries) {
    const key = folder + entry.name;
    if (!isKey(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(root, `${key}/`);
    else if (entry.isFile()) yield key;
  }
}

/** Errors of the source that is being written are not the disk's, and stay as they are. */
async function unwritable<Result>(
  root: string,
  action: string,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !(isFull(error) || ('path' in error && String(error.path).startsWith(root)))
    ) {
      throw error;
    }
    throw new AvalancheError(
      'BLOB_UNWRITABLE',
      `Cannot ${action} blobs "${what}": ${error.message}`,
      {},
      error,
    );
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);
}

function isGone(error: unknown): boolean {
  return hasCode(error, ['ENOENT', 'ENOTDIR']);
}

function hasCode(error: unknown, codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
