import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import type { Limits } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { showOutsideName } from './outside-name.ts';

export type UnpackedFile = {
  /** As written in the archive: for recognising and for messages, never a path. */
  name: string;
  /** Where we put it, named by us. */
  path: string;
  bytes: number;
};

const mebibyte = 1024 ** 2;
const blockBytes = 512;
/** tar ends in two blocks of zeros. Without them its end is missing, even where it was cut between two members. */
const endBytes = 2 * blockBytes;
const longestName = 1024;
/** Between two members stand a header, a long name, perhaps extended attributes: far below this. */
const largestHeaderBytes = 128 * 1024;

type TarEntry = AsyncIterable<unknown> & { header: Header; offset: number; resume(): unknown };
type Compression = 'plain' | 'gzip' | 'zstd';

const magics: { begins: number[]; kind: Compression | 'xz' | 'bzip2' }[] = [
  { begins: [0x1f, 0x8b], kind: 'gzip' },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], kind: 'zstd' },
  { begins: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], kind: 'xz' },
  { begins: [0x42, 0x5a, 0x68], kind: 'bzip2' },
];

/**
 * Unpacks a tar archive (plain, gzip or zstd, told by content) as a stream. No name of the archive
 * becomes a path: its files lie in `folder` as member-0001, member-0002 … in the archive's order,
 * readable by us alone. Folders of the archive are left out; anything that is neither file nor folder
 * makes the whole archive hostile. Nothing of what was written stays behind on any failure.
 *
 * @param folder exists and holds no members of another archive
 * @returns the files in the archive's order; empty for an archive without files
 * @throws AvalancheError ARCHIVE_HOSTILE, ARCHIVE_TOO_LARGE, ARCHIVE_BROKEN, FORMAT_UNKNOWN (another
 *   compression) or FILE_UNREADABLE; the signal's own reason when it was aborted
 */
export async function unpackArchive(
  archivePath: string,
  folder: string,
  limits: Limits,
  signal?: AbortSignal,
): Promise<UnpackedFile[]> {
  const unpacking = new Unpacking(basename(archivePath), folder, limits);
  try {
    const compression = await readCompression(archivePath, limits);
    await unpacking.run(archivePath, compression, signal);
    return unpacking.files;
  } catch (error) {
    await unpacking.removeFiles();
    signal?.throwIfAborted();
    throw unpacking.explain(error);
  }
}

async function readCompression(archivePath: string, limits: Limits): Promise<Compression> {
  const name = showOutsideName(basename(archivePath));
  const { size } = await stat(archivePath);
  if (size === 0) {
    throw new AvalancheError('ARCHIVE_BROKEN', `Cannot unpack "${name}": 0 bytes (a tar archive expected)`);
  }
  if (size > limits.archiveBytes) {
    throw tooLarge(name, `${size} bytes packed`, `limits.archiveBytes ${limits.archiveBytes}`);
  }
  const kind = magicKind(await readBeginning(archivePath));
  if (kind === 'xz' || kind === 'bzip2') {
    const wanted = 'gzip, zstd or no compression wanted';
    throw new AvalancheError(
      'FORMAT_UNKNOWN',
      `Cannot unpack "${name}": compressed with ${kind} (${wanted})`,
    );
  }
  return kind;
}

function magicKind(beginning: Uint8Array) {
  const magic = magics.find(({ begins }) => begins.every((byte, index) => beginning[index] === byte));
  return magic?.kind ?? 'plain';
}

async function readBeginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** One archive being unpacked: what was written so far, and how far the tar stream got. */
class Unpacking {
  readonly files: UnpackedFile[] = [];
  readonly #name: string;
  readonly #folder: string;
  readonly #limits: Limits;
  readonly #paths: string[] = [];
  readonly #names = new Set<string>();
  #entryCount = 0;
  #packedBytes = 0;
  #tarBytes = 0;
  /** Where the last byte that is not zero ends. */
  #contentEnd = 0;
  /** Where the entry being read, or the last one, ends, padding included. */
  #entryEnd = 0;

  constructor(name: string, folder: string, limits: Limits) {
    this.#name = showOutsideName(name);
    this.#folder = folder;
    this.#limits = limits;
  }

  async run(archivePath: string, compression: Compression, signal?: AbortSignal): Promise<void> {
    // A high-water mark of one byte: the header check below is then at most one chunk ahead of the reader.
    const archive = extract({ highWaterMark: 1 });
    const reading = pipeline(
      createReadStream(archivePath),
      (chunks: AsyncIterable<Buffer>) => this.#countPacked(chunks),
      decompressor(compression),
      (chunks: AsyncIterable<Buffer>) => this.#checkTar(chunks),
      archive,
      { signal },
    );
    const readingError = reading.then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      for await (const entry of archive) await this.#takeEntry(entry);
    } catch (error) {
      archive.destroy();
      const cause = await readingError;
      // What we refuse ends the reading; anything else is the reading's own trouble, seen from behind.
      throw isOwn(error) ? error : (cause ?? error);
    }
    await reading;
    this.#checkEnd();
  }

  async removeFiles(): Promise<void> {
    for (const path of this.#paths) await rm(path, { force: true });
  }

  explain(error: unknown): unknown {
    if (error instanceof AvalancheError) return error;
    const cause = error as NodeJS.ErrnoException;
    if (cause.syscall !== undefined) {
      const reason = `Cannot unpack "${this.#name}": ${cause.message}`;
      return new AvalancheError('FILE_UNREADABLE', reason, { code: cause.code }, error);
    }
    if (cause.message === 'Unexpected end of data') {
      const wanted = Math.max(this.#entryEnd, this.#tarBytes + 1) + endBytes;
      return this.#broken(`ends after ${this.#tarBytes} bytes (at least ${wanted} expected)`, error);
    }
    return this.#broken(describeDamage(cause), error);
  }

  async *#countPacked(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      this.#packedBytes += chunk.length;
      yield chunk;
    }
  }

  /** Checks what tar-stream itself leaves open: how much comes out, and how long headers may grow in memory. */
  async *#checkTar(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      const zeros = countTrailingZeros(chunk);
      if (zeros < chunk.length) this.#contentEnd = this.#tarBytes + chunk.length - zeros;
      this.#tarBytes += chunk.length;
      this.#checkAmount();
      yield chunk;
    }
  }

  #checkAmount(): void {
    const { unpackedBytes, compressionRatio } = this.#limits;
    if (this.#tarBytes > unpackedBytes) {
      throw this.#tooLarge(
        `more than ${unpackedBytes} bytes unpacked`,
        `limits.unpackedBytes ${unpackedBytes}`,
      );
    }
    if (this.#tarBytes > mebibyte + this.#packedBytes * compressionRatio) {
      const state = `${this.#tarBytes} bytes out of ${this.#packedBytes} packed ones`;
      throw this.#tooLarge(state, `limits.compressionRatio ${compressionRatio}`);
    }
    if (this.#contentEnd > this.#entryEnd + largestHeaderBytes) {
      throw this.#hostile('a header', `longer than ${largestHeaderBytes} bytes`);
    }
  }

  async #takeEntry(entry: TarEntry): Promise<void> {
    const { header } = entry;
    this.#checkEntry(header, entry.offset + blockBytes);
    if (header.type === 'directory') {
      entry.resume();
      return;
    }
    const path = join(this.#folder, `member-${String(this.files.length + 1).padStart(4, '0')}`);
    const file = await open(path, 'wx', 0o600);
    this.#paths.push(path);
    try {
      for await (const chunk of entry) await file.writeFile(chunk as Uint8Array);
    } finally {
      await file.close();
    }
    this.files.push({ name: header.name, path, bytes: header.size });
  }

  /** @param start where in the tar stream its content begins */
  #checkEntry(header: Header, start: number): void {
    const { size } = header;
    const { archiveEntries, unpackedBytes } = this.#limits;
    this.#entryCount += 1;
    if (this.#entryCount > archiveEntries) {
      throw this.#tooLarge(`more than ${archiveEntries} entries`, `limits.archiveEntries ${archiveEntries}`);
    }
    const reason = hostileReason(header);
    if (reason !== null) throw this.#hostile(`"${showOutsideName(header.name)}"`, reason);
    if (header.name.length > longestName) {
      const state = `"${showOutsideName(header.name)}" has a name of ${header.name.length} characters`;
      throw this.#tooLarge(state, `${longestName}: shorten the name`);
    }
    if (start + size > unpackedBytes) {
      const state = `"${showOutsideName(header.name)}" has ${size} bytes`;
      throw this.#tooLarge(state, `limits.unpackedBytes ${unpackedBytes}`);
    }
    this.#entryEnd = start + Math.ceil(size / blockBytes) * blockBytes;
    this.#checkDuplicate(header.name);
  }

  #checkDuplicate(name: string): void {
    const plain = name
      .split('/')
      .filter((segment) => segment !== '' && segment !== '.')
      .join('/');
    if (this.#names.has(plain)) throw this.#hostile(`"${showOutsideName(name)}"`, 'there twice');
    this.#names.add(plain);
  }

  #checkEnd(): void {
    if (this.#contentEnd <= this.#entryEnd && this.#tarBytes >= this.#entryEnd + endBytes) return;
    const count = this.files.length;
    throw this.#broken(
      `ends after ${this.#tarBytes} bytes and ${count} files (two blocks of zeros expected)`,
    );
  }

  #broken(state: string, cause?: unknown): AvalancheError {
    return new AvalancheError('ARCHIVE_BROKEN', `Cannot unpack "${this.#name}": ${state}`, {}, cause);
  }

  #hostile(entry: string, reason: string): AvalancheError {
    const message = `Cannot unpack "${this.#name}": entry ${entry} is refused, ${reason}`;
    return new AvalancheError('ARCHIVE_HOSTILE', message);
  }

  #tooLarge(state: string, limit: string): AvalancheError {
    return tooLarge(this.#name, state, limit);
  }
}

function tooLarge(name: string, state: string, limit: string): AvalancheError {
  return new AvalancheError('ARCHIVE_TOO_LARGE', `Cannot unpack "${name}": ${state} (at most ${limit})`);
}

/** Why an entry may not be unpacked; null when it may. */
function hostileReason(header: Header): string | null {
  const { name, type, size } = header;
  if (name === '') return 'it has no name';
  if (name.startsWith('/')) return 'its name is absolute';
  if (/\p{Cc}/u.test(name)) return 'its name holds control characters';
  if (name.includes('\\')) return 'its name holds a backslash';
  if (name.split('/').includes('..')) return 'its name leads out of the folder';
  if (/^[a-z]:/i.test(name)) return 'its name begins with a drive';
  if (type !== 'file' && type !== 'directory') return `it is a ${describeType(type)}`;
  if (type === 'directory' && size > 0) return 'it is a folder with content';
  if (Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse'))) return 'it is a sparse file';
  if (!Number.isSafeInteger(size)) return 'its size is no number';
  return null;
}

/** tar-stream gives null for the types it does not know, sparse files among them. */
function describeType(type: Header['type'] | null): string {
  return type === null ? 'thing of unknown type' : type.replace('-', ' ');
}

function decompressor(compression: Compression) {
  if (compression === 'gzip') return createGunzip();
  if (compression === 'zstd') return createZstdDecompress();
  return new PassThrough();
}

function countTrailingZeros(chunk: Uint8Array): number {
  let end = chunk.length;
  while (end > 0 && chunk[end - 1] === 0) end -= 1;
  return chunk.length - end;
}

/** Refused by us, or by the disk we write to. */
function isOwn(error: unknown): boolean {
  return error instanceof AvalancheError || (error as NodeJS.ErrnoException).syscall !== undefined;
}

/** What zlib and tar-stream say, in words for somebody who has never heard of them. */
function describeDamage(error: NodeJS.ErrnoException): string {
  if (error.code === 'Z_BUF_ERROR')
    return 'its compressed data ends in the middle (the rest of the stream expected)';
  if (error.code?.startsWith('Z_') || error.code?.startsWith('ZSTD_')) {
    return `its compressed data is damaged: ${error.message} (whole gzip or zstd data expected)`;
  }
  if (error.message.startsWith('Invalid tar header')) {
    return 'what stands where an entry should begin is no tar header (a tar archive expected)';
  }
  return `not a whole tar archive: ${error.message}`;
}
