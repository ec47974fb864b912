import { type FileHandle, open, stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import type { OpenRecording } from './format.ts';
import { PeekableChunks } from './peekable-chunks.ts';

export type OpenOptions = {
  limits: Limits;
  signal?: AbortSignal;
  /** Called as the file is read, with its bytes so far. */
  onBytes?: (bytes: number) => void;
};

export type OpenedFile = OpenRecording & {
  chunks: PeekableChunks;
  /** Lets go of the file. */
  close(): Promise<void>;
};

type Compression = 'gzip' | 'zstd';

const magics: { begins: number[]; kind: Compression }[] = [
  { begins: [0x1f, 0x8b], kind: 'gzip' },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], kind: 'zstd' },
];
const magicBytes = 4;
/** Compressed again by somebody's upload: seen. Three times: not. */
const mostLayers = 3;
const chunkBytes = 256 * 1024;
const mebibyte = 1024 ** 2;

/**
 * Opens a file and takes off what is wrapped around the recording: gzip, zstd, and the encodings of text
 * that are not UTF-8 (PowerShell writes UTF-16). Nothing is told by the file's name.
 *
 * @param name for messages
 * @throws AvalancheError FILE_UNREADABLE; while reading also RECORDING_DAMAGED, RECORDING_TOO_LARGE
 */
export async function openRecording(path: string, name: string, options: OpenOptions): Promise<OpenedFile> {
  await checkReadable(path, name);
  const wrapped = new WrappedFile(path, name, options);
  try {
    await wrapped.unwrap();
  } catch (error) {
    await wrapped.close();
    throw error;
  }
  return {
    name,
    layers: wrapped.layers,
    path: wrapped.layers.length === 0 ? path : null,
    chunks: wrapped.chunks,
    readBytes: () => wrapped.chunks.givenBytes,
    reuseChunks: () => wrapped.reuseChunks(),
    close: () => wrapped.close(),
  };
}

async function checkReadable(path: string, name: string): Promise<void> {
  const unreadable = (state: string, cause?: unknown) =>
    new AvalancheError('FILE_UNREADABLE', `Cannot read "${name}": ${state}`, {}, cause);
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code === 'ENOENT' ? 'there is no such file' : error.message, error);
  });
  if (stats.isDirectory()) throw unreadable('it is a folder (a file wanted)');
}

class WrappedFile {
  readonly layers: string[] = [];
  chunks: PeekableChunks;
  readonly #name: string;
  readonly #options: OpenOptions;
  readonly #opened: PeekableChunks[] = [];
  #packedBytes = 0;
  #reusesChunks = false;

  constructor(path: string, name: string, options: OpenOptions) {
    this.#name = name;
    this.#options = options;
    this.chunks = this.#wrap(this.#readFile(path));
  }

  async unwrap(): Promise<void> {
    for (let kind = await this.#peekCompression(); kind !== null; kind = await this.#peekCompression()) {
      if (this.layers.length === mostLayers) {
        throw this.#damaged(`compressed more than ${mostLayers} times`);
      }
      this.layers.push(kind);
      this.chunks = this.#wrap(this.#decompress(this.chunks, kind));
    }
    await this.#unwrapEncoding();
  }

  /** Only what comes from the file as it is: decompressors hold on to chunks that wait for them. */
  reuseChunks(): void {
    this.#reusesChunks = this.#opened.length === 1;
  }

  async close(): Promise<void> {
    for (const chunks of this.#opened.reverse()) await chunks.close();
  }

  #wrap(chunks: AsyncGenerator<Buffer>): PeekableChunks {
    const peekable = new PeekableChunks(chunks);
    this.#opened.push(peekable);
    return peekable;
  }

  async #peekCompression(): Promise<Compression | null> {
    const { bytes } = await this.chunks.peek(magicBytes);
    return magics.find(({ begins }) => begins.every((byte, index) => bytes[index] === byte))?.kind ?? null;
  }

  async #unwrapEncoding(): Promise<void> {
    const { bytes } = await this.chunks.peek(3);
    const mark = bytes.subarray(0, 3).toString('hex');
    const encoding = mark.startsWith('fffe') ? 'utf-16le' : mark.startsWith('feff') ? 'utf-16be' : null;
    if (encoding !== null) {
      this.layers.push(encoding);
      this.chunks = this.#wrap(decodeChunks(this.chunks, encoding));
    } else if (mark === 'efbbbf') {
      this.layers.push('utf-8 mark');
      this.chunks.skip(3);
    }
  }

  async *#readFile(path: string): AsyncGenerator<Buffer> {
    const { signal, onBytes } = this.#options;
    let file: FileHandle | null = null;
    try {
      file = await open(path);
      for await (const chunk of this.#readChunks(file)) {
        signal?.throwIfAborted();
        this.#packedBytes += chunk.length;
        onBytes?.(this.#packedBytes);
        yield chunk;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const message = `Cannot read "${this.#name}": ${(error as Error).message}`;
      throw new AvalancheError('FILE_UNREADABLE', message, {}, error);
    } finally {
      await file?.close();
    }
  }

  async *#readChunks(file: FileHandle): AsyncGenerator<Buffer> {
    let memory = Buffer.allocUnsafeSlow(chunkBytes);
    while (true) {
      const { bytesRead } = await file.read(memory, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
      if (!this.#reusesChunks) memory = Buffer.allocUnsafeSlow(chunkBytes);
    }
  }

  async *#decompress(chunks: PeekableChunks, kind: Compression): AsyncGenerator<Buffer> {
    const transform =
      kind === 'gzip'
        ? createGunzip({ chunkSize: chunkBytes })
        : createZstdDecompress({ chunkSize: chunkBytes, params: { [constants.ZSTD_d_windowLogMax]: 27 } });
    // Its errors come out of the loop below.
    pipeline(Readable.from(chunks, { objectMode: false }), transform, () => {});
    let unpackedBytes = 0;
    try {
      for await (const chunk of transform) {
        unpackedBytes += chunk.length;
        this.#checkAmount(unpackedBytes);
        yield chunk;
      }
    } catch (error) {
      throw this.#explain(error, kind, unpackedBytes);
    }
  }

  #checkAmount(bytes: number): void {
    const { unpackedBytes, compressionRatio } = this.#options.limits;
    const tooLarge = (state: string, limit: string) =>
      new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${this.#name}": ${state} (set by limits.${limit})`,
      );
    if (bytes > unpackedBytes) throw tooLarge(`more than ${unpackedBytes} bytes unpacked`, 'unpackedBytes');
    if (bytes > mebibyte + this.#packedBytes * compressionRatio) {
      throw tooLarge(`${bytes} bytes out of ${this.#packedBytes} packed ones`, 'compressionRatio');
    }
  }

  #explain(error: unknown, kind: Compression, unpackedBytes: number): unknown {
    const { code, message } = error as NodeJS.ErrnoException;
    const isCut = code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong';
    if (!isCut && !code?.startsWith('Z_') && !code?.startsWith('ZSTD_')) return error;
    const state = isCut ? 'ends in the middle' : `is damaged (${message})`;
    const place = `near byte ${this.#packedBytes}, ${unpackedBytes} bytes unpacked`;
    return this.#damaged(`its ${kind} data ${state}, ${place}`, error);
  }

  #damaged(state: string, cause?: unknown): AvalancheError {
    return new AvalancheError('RECORDING_DAMAGED', `Cannot read "${this.#name}": ${state}`, {}, cause);
  }
}

async function* decodeChunks(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
