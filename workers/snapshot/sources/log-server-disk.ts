import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, lstat, open, opendir, realpath, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Limits, LogServerConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import type { FoundPod, RecordingSource } from './source.ts';
import {
  type Bindings,
  fixedName,
  matchPath,
  matchSegment,
  parseTemplate,
  type Segment,
} from './template.ts';

/** Names read in one search. A log volume of ten clusters has some thousands. */
const entriesInSearch = 100_000;
const linesOfSearched = 12;
const namesInLine = 5;

/**
 * A folder on disk (a mounted log volume) whose paths follow a template. The folders are read level by
 * level, and only those that fit. Links are followed as long as they stay below the root.
 *
 * @param environment value of `$env`
 * @throws AvalancheError CONFIG_INVALID when the template is none
 */
export function openLogServerDisk(
  config: LogServerConfig,
  environment: string,
  now: () => number = Date.now,
): RecordingSource {
  const template = parseTemplate(config.template);
  return {
    kind: 'log-server-disk',
    describe: () => `log server ${config.root}, template ${config.template}`,
    async findPods(app) {
      const root = await openRoot(config.root);
      const search = new Search(root, now() - config.maximumAgeMs, now());
      await search.visit('', template.segments, { app, env: environment });
      return { pods: search.newestFirst(), searched: search.searched() };
    },
    async fetch(locator, destination, limits, signal) {
      const { path = '' } = locator;
      if (matchPath(template, path) === undefined) throw missing(path, 'not a path of this log server');
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

/** One search: what was found, and a trail of what was there where nothing was found. */
class Search {
  readonly #root: string;
  readonly #oldestMs: number;
  readonly #nowMs: number;
  readonly #pods = new Map<string, FoundPod>();
  readonly #trail = new Set<string>();
  #entries = 0;

  constructor(root: string, oldestMs: number, nowMs: number) {
    this.#root = root;
    this.#oldestMs = oldestMs;
    this.#nowMs = nowMs;
  }

  newestFirst(): FoundPod[] {
    return [...this.#pods.values()].sort((one, other) => other.updatedAt - one.updatedAt);
  }

  searched(): string[] {
    const lines = [...this.#trail];
    if (lines.length <= linesOfSearched) return lines;
    return [...lines.slice(0, linesOfSearched), `and ${lines.length - linesOfSearched} more places`];
  }

  async visit(folder: string, segments: readonly Segment[], bindings: Bindings): Promise<void> {
    const [segment, ...below] = segments;
    if (segment === undefined) return;
    let matched = 0;
    const names = await this.#candidates(folder, segment, bindings);
    for (const name of names) {
      for (const bound of matchSegment(segment, name, bindings)) {
        matched += 1;
        await this.#enter(join(folder, name), below, bound);
      }
    }
    if (matched === 0) this.#note(folder, await this.#describeMiss(folder, segment, bindings));
  }

  /** A name that is known is looked up, not listed: a folder of ten thousand apps costs one look. */
  async #candidates(folder: string, segment: Segment, bindings: Bindings): Promise<string[]> {
    const name = fixedName(segment, bindings);
    if (name === null) return this.#list(folder);
    const found = await lstat(join(this.#root, folder, name)).catch(() => null);
    return found === null ? [] : [name];
  }

  async #enter(path: string, below: readonly Segment[], bindings: Bindings): Promise<void> {
    const target = await this.#resolve(path);
    if (target === null) return;
    const { isDirectory, isFile, mtimeMs } = target;
    if (below.length > 0) {
      if (isDirectory) await this.visit(path, below, bindings);
      else this.#note(path, 'not a folder');
    } else if (!isFile) {
      this.#note(path, 'not a file');
    } else if (mtimeMs < this.#oldestMs) {
      const wanted = `at most ${formatAge(this.#nowMs - this.#oldestMs)} wanted`;
      this.#note(path, `${formatAge(this.#nowMs - mtimeMs)} old (${wanted})`);
    } else {
      this.#add({ pod: bindings.pod ?? '', updatedAt: mtimeMs, locator: { path } });
    }
  }

  async #resolve(path: string) {
    try {
      const real = await realBelow(this.#root, path);
      if (real === null) {
        this.#note(path, 'a link that leaves the log server, not followed');
        return null;
      }
      const found = await stat(real);
      return { isDirectory: found.isDirectory(), isFile: found.isFile(), mtimeMs: found.mtimeMs };
    } catch (error) {
      this.#note(path, describeError(error));
      return null;
    }
  }

  #add(found: FoundPod): void {
    const known = this.#pods.get(found.pod);
    if (known === undefined || known.updatedAt < found.updatedAt) this.#pods.set(found.pod, found);
  }

  async #list(folder: string): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of await opendir(join(this.#root, folder))) {
        this.#entries += 1;
        if (this.#entries > entriesInSearch) {
          this.#note(folder, `not read to the end, more than ${entriesInSearch} entries on the way`);
          break;
        }
        names.push(name);
      }
    } catch (error) {
      this.#note(folder, describeError(error));
    }
    return names.sort();
  }

  /** What the folder holds instead: `3 apps (cart, pay, search), none called shop`. */
  async #describeMiss(folder: string, segment: Segment, bindings: Bindings): Promise<string> {
    const names = await this.#list(folder);
    if (names.length === 0) return 'nothing in it';
    const variable = (['app', 'pod', 'env'] as const).find((wanted) =>
      segment.some((part) => part.kind === 'variable' && part.name === wanted),
    );
    const wanted = fixedName(segment, bindings) ?? describeSegment(segment);
    if (variable === undefined) return `${countNames(names, 'entry', 'entries')}, none called ${wanted}`;
    const { [variable]: value, ...others } = bindings;
    const values = new Set<string>();
    for (const name of names) {
      const [first] = matchSegment(segment, name, others);
      if (first?.[variable] !== undefined) values.add(first[variable]);
    }
    if (values.size === 0)
      return `${countNames(names, 'entry', 'entries')}, none like ${describeSegment(segment)}`;
    return `${countNames([...values], plainNames[variable], `${plainNames[variable]}s`)}, none called ${value ?? wanted}`;
  }

  #note(path: string, state: string): void {
    this.#trail.add(`${showOutsideName(join(this.#root, path))}: ${state}`);
  }
}

const plainNames = { app: 'app', pod: 'pod', env: 'environment' };

function describeSegment(segment: Segment): string {
  return segment.map((part) => (part.kind === 'text' ? part.text : `$${part.name}`)).join('');
}

function countNames(names: string[], one: string, many: string): string {
  const shown = names.slice(0, namesInLine).map(showOutsideName);
  if (names.length > namesInLine) shown.push(`${names.length - namesInLine} more`);
  return `${names.length} ${names.length === 1 ? one : many} (${shown.join(', ')})`;
}

function formatAge(ageMs: number): string {
  if (ageMs < 120_000) return `${Math.round(ageMs / 1000)} seconds`;
  if (ageMs < 7_200_000) return `${Math.round(ageMs / 60_000)} minutes`;
  return `${Math.round(ageMs / 3_600_000)} hours`;
}

/** The real path of something below the root; null when links lead out of it. */
async function realBelow(root: string, path: string): Promise<string | null> {
  const real = await realpath(join(root, path));
  return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : null;
}

function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return `may not be read (${code})`;
  if (code === 'ENOENT') return 'gone, or a link to nothing';
  return message;
}

function missing(path: string, state: string, cause?: unknown): AvalancheError {
  return new AvalancheError(
    'ARCHIVE_MISSING',
    `Cannot fetch "${showOutsideName(path)}": ${state}`,
    {},
    cause,
  );
}

async function fetchFile(
  root: string,
  path: string,
  destination: string,
  limits: Limits,
  signal?: AbortSignal,
) {
  const shown = showOutsideName(path);
  // A file that is rewritten while it is copied gets one more chance: the writer may be done by then.
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const file = await openBelow(root, path);
    try {
      const bytes = await copyFile(file, shown, destination, limits, signal);
      if (bytes !== null) return { bytes };
    } finally {
      await file.close();
    }
  }
  const state =
    'rewritten in place while it was read, twice (a whole file wanted: recorders should rename into place)';
  throw new AvalancheError('ARCHIVE_BROKEN', `Cannot fetch "${shown}": ${state}`);
}

async function openBelow(root: string, path: string): Promise<FileHandle> {
  try {
    const real = await realBelow(root, path);
    if (real === null) throw missing(path, 'a link that leaves the log server');
    // Without O_NONBLOCK a FIFO put there would hold us for ever.
    return await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof AvalancheError) throw error;
    throw missing(path, describeError(error), error);
  }
}

/**
 * @returns the bytes written; null when the file changed meanwhile. A file that was replaced by rename
 *   is whole: what is open here is still the old one.
 */
async function copyFile(
  file: FileHandle,
  shown: string,
  destination: string,
  limits: Limits,
  signal?: AbortSignal,
): Promise<number | null> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) throw missing(shown, 'not a file');
  if (before.size > BigInt(limits.archiveBytes)) throw tooLarge(shown, `${before.size} bytes`, limits);
  let bytes = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limits.archiveBytes)
        throw tooLarge(shown, `more than ${limits.archiveBytes} bytes`, limits);
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
    throw error instanceof AvalancheError ? error : unreadable(shown, error);
  }
  await rm(destination, { force: true });
  return null;
}

function unreadable(shown: string, error: unknown): AvalancheError {
  const state = error instanceof Error ? error.message : String(error);
  return new AvalancheError('LOG_SERVER_UNREADABLE', `Cannot fetch "${shown}": ${state}`, {}, error);
}

function tooLarge(shown: string, state: string, limits: Limits): AvalancheError {
  const limit = `at most limits.archiveBytes ${limits.archiveBytes}`;
  return new AvalancheError('ARCHIVE_TOO_LARGE', `Cannot fetch "${shown}": ${state} (${limit})`);
}
