import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';

export type TarEntry = Partial<Header> & { name: string; content?: string | Buffer };

/** A tar archive in memory; nothing about the entries is checked. */
export async function packTar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) {
    const isPlain = header.type === undefined || header.type === 'file';
    if (isPlain) archive.entry(header, content);
    else archive.entry({ ...header, size: 0 });
  }
  archive.finalize();
  return await buffer(archive);
}

/** The archive with bytes of one header replaced, and the header's checksum made right again. */
export function patchHeader(
  tar: Buffer,
  headerOffset: number,
  field: number,
  bytes: string | Uint8Array,
): Buffer {
  const patched = Buffer.from(tar);
  Buffer.from(bytes).copy(patched, headerOffset + field);
  patched.fill(' ', headerOffset + 148, headerOffset + 156);
  const sum = patched.subarray(headerOffset, headerOffset + 512).reduce((total, byte) => total + byte, 0);
  patched.write(`${sum.toString(8).padStart(6, '0')}\0 `, headerOffset + 148);
  return patched;
}
