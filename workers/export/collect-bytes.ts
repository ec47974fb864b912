import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

type Limits = { mostBytes: number; signal: AbortSignal };

/** The file in one piece; null when it is longer than it may be. */
export async function collectBytes(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { mostBytes, signal }: Limits,
): Promise<Uint8Array | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    const part = Buffer.from(piece);
    length += part.length;
    if (length > mostBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The same, compressed on the way, so that the whole text is never held. */
export async function collectGzip(
  pieces: Iterable<string | Uint8Array>,
  limits: Limits,
): Promise<Uint8Array | null> {
  let isTooLong = false;
  const collect = async (packed: AsyncIterable<Uint8Array>) => {
    const bytes = await collectBytes(packed, limits);
    isTooLong = bytes === null;
    return bytes;
  };
  try {
    return await pipeline(Readable.from(pieces), createGzip(), collect, { signal: limits.signal });
  } catch (error) {
    // Whoever reads no further aborts what writes.
    if (isTooLong) return null;
    throw error;
  }
}
