import { createReadStream } from 'node:fs';
import { pack } from 'tar-stream';

export type Member = {
  /** Name in the archive: short, ASCII. */
  name: string;
  /** A file's first `bytes`, or content as it is. */
  content: { path: string; bytes: number } | Uint8Array;
};

const blockBytes = 512;
export const tarEnd = new Uint8Array(2 * blockBytes);

/**
 * The bytes of one member as they stand in a tar archive: header, content, padding. Members made apart
 * and put one after the other, with `tarEnd` behind them, are an archive.
 *
 * @throws Error when the file turns out shorter than said
 */
export async function* tarMember({ name, content }: Member): AsyncGenerator<Uint8Array> {
  const isContent = content instanceof Uint8Array;
  const bytes = isContent ? content.length : content.bytes;
  yield await tarHeader(name, bytes);
  if (isContent) yield content;
  else yield* readExactly(content.path, bytes);
  yield new Uint8Array((blockBytes - (bytes % blockBytes)) % blockBytes);
}

async function tarHeader(name: string, size: number): Promise<Uint8Array> {
  const archive = pack();
  archive.entry({ name, size, mode: 0o600, mtime: new Date() }).on('error', () => {});
  for await (const header of archive) return header as Uint8Array;
  throw new RangeError(`Cannot write the member "${name}": no header`);
}

async function* readExactly(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return;
  let rest = bytes;
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) {
    rest -= chunk.length;
    yield chunk;
  }
  if (rest > 0) throw new Error(`Cannot pack "${path}": ${rest} bytes of ${bytes} are gone`);
}
