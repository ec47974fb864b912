import type { Limits } from '../../../../storage/config.ts';
import { AvalancheError } from '../../../../storage/errors.ts';
import type { Milliseconds } from '../../../../storage/profile/profile.ts';
import type { OpenRecording } from '../format.ts';
import { damaged as damagedRecording, tooLarge } from '../recording-errors.ts';
import { chunkMagic } from './chunk-magic.ts';

/** One self-contained piece of a recording: header, events, and the tables that explain them. */
export type Chunk = {
  header: ChunkHeader;
  /** All of it, header included: offsets in the file format count from here. */
  bytes: Buffer;
  place: ChunkPlace;
};

/** Where a chunk lies, for messages. */
export type ChunkPlace = {
  /** The recording's name. */
  name: string;
  /** Byte of the unpacked recording at which the chunk begins. */
  fileAt: number;
};

type ChunkHeader = {
  chunkBytes: number;
  /** Of the last constant pool event, from the beginning of the chunk. */
  poolsAt: number;
  metadataAt: number;
  /** Wall clock. */
  startMs: Milliseconds;
  durationMs: Milliseconds;
  /** The clock of the events, and what it showed at `startMs`. */
  startTicks: number;
  ticksPerSecond: number;
  /** Integers are LEB128, not of fixed size. */
  isCompressed: boolean;
};

export const chunkHeaderBytes = 68;
/** The JVM begins a new chunk after 12 MB, async-profiler after 100 MB; one lies in memory at a time. */
const largestChunkBytes = 256 * 1024 ** 2;
const compressedFlag = 1;

/**
 * The chunks of a recording, one after the other; each is all there.
 *
 * @throws AvalancheError RECORDING_DAMAGED, also for a chunk that was never finished; RECORDING_TOO_LARGE
 */
export async function* readChunks(
  { name, chunks }: OpenRecording,
  { unpackedBytes }: Limits,
): AsyncGenerator<Chunk> {
  const stream = new ExactReader(chunks);
  for (let fileAt = 0; ; ) {
    const place = { name, fileAt };
    const head = Buffer.alloc(chunkHeaderBytes);
    const headBytes = await stream.fill(head);
    if (headBytes === 0 && fileAt > 0) return;
    const header = parseChunkHeader(head.subarray(0, headBytes), place);
    if (fileAt + header.chunkBytes > unpackedBytes) {
      throw tooLarge(name, `more than ${unpackedBytes} bytes`, 'unpackedBytes');
    }
    // Not filled with zeros: pages nobody writes to cost nothing, whatever size the header claims.
    const bytes = Buffer.allocUnsafe(header.chunkBytes);
    head.copy(bytes);
    const filledBytes = headBytes + (await stream.fill(bytes.subarray(headBytes)));
    if (filledBytes < header.chunkBytes) {
      const state = `ends in the middle of a chunk, after ${filledBytes} bytes (${header.chunkBytes} wanted)`;
      throw damaged(place, filledBytes, state);
    }
    yield { header, bytes, place };
    fileAt += header.chunkBytes;
  }
}

/**
 * All numbers are big-endian:
 *
 *     0 "FLR\0"   4 major   6 minor   8 size   16 pools   24 metadata
 *     32 start ns   40 duration ns   48 start ticks   56 ticks a second   64 state   67 flags
 */
function parseChunkHeader(head: Buffer, place: ChunkPlace): ChunkHeader {
  if (head.length < chunkHeaderBytes) {
    throw damaged(place, head.length, `ends in the header of a chunk (${chunkHeaderBytes} bytes wanted)`);
  }
  if (head.toString('latin1', 0, 4) !== chunkMagic) {
    throw damaged(place, 0, 'has something else where a chunk should begin ("FLR" wanted)');
  }
  const major = head.readUInt16BE(4);
  if (major !== 2) throw damaged(place, 4, `is of version ${major}.${head.readUInt16BE(6)} (2.x wanted)`);
  const readNumber = (at: number) => Number(head.readBigInt64BE(at));
  const header = {
    chunkBytes: readNumber(8),
    poolsAt: readNumber(16),
    metadataAt: readNumber(24),
    startMs: readNumber(32) / 1e6,
    durationMs: readNumber(40) / 1e6,
    startTicks: readNumber(48),
    ticksPerSecond: readNumber(56),
    isCompressed: (head[67]! & compressedFlag) !== 0,
  };
  const isUnfinished =
    header.chunkBytes === 0 || header.poolsAt === 0 || header.metadataAt === 0 || head[64] !== 0;
  if (isUnfinished) throw unfinished(place);
  checkHeader(header, place);
  return header;
}

function unfinished(place: ChunkPlace): AvalancheError {
  const meaning =
    'the JVM is still writing it or was killed, so it is not whole (a file made by jcmd JFR.dump or JFR.stop wanted)';
  return damaged(place, 0, `has a chunk that was never finished: ${meaning}`);
}

function checkHeader(header: ChunkHeader, place: ChunkPlace): void {
  const { chunkBytes, poolsAt, metadataAt, ticksPerSecond, durationMs } = header;
  if (chunkBytes < chunkHeaderBytes) throw damaged(place, 8, `has a chunk of ${chunkBytes} bytes`);
  if (chunkBytes > largestChunkBytes) {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${place.name}": a JFR chunk has ${chunkBytes} bytes (at most ${largestChunkBytes}; record with a smaller chunk size)`,
    );
  }
  for (const [at, offset] of [
    [16, poolsAt],
    [24, metadataAt],
  ] as const) {
    if (offset >= chunkHeaderBytes && offset < chunkBytes) continue;
    throw damaged(place, at, `points to byte ${offset} of a chunk of ${chunkBytes} bytes`);
  }
  if (ticksPerSecond <= 0) throw damaged(place, 56, `has a clock of ${ticksPerSecond} ticks a second`);
  if (durationMs < 0) throw damaged(place, 40, `has a chunk that lasts ${durationMs} ms`);
}

/** @param at byte inside the chunk */
export function damaged({ name, fileAt }: ChunkPlace, at: number, state: string): AvalancheError {
  return damagedRecording(name, `the JFR recording ${state}, near byte ${fileAt + at}`);
}

/** Fills buffers from a stream whose pieces have any size. */
class ExactReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** @returns bytes filled: fewer than there is room for only at the end */
  async fill(target: Buffer): Promise<number> {
    let filledBytes = 0;
    while (filledBytes < target.length) {
      if (this.#rest.length === 0) {
        const next = await this.#pieces.next();
        if (next.done === true) break;
        this.#rest = next.value;
      }
      const copiedBytes = this.#rest.copy(target, filledBytes);
      this.#rest = this.#rest.subarray(copiedBytes);
      filledBytes += copiedBytes;
    }
    return filledBytes;
  }
}
