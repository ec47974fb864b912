import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A file of a bundle. Its name is ours, never one from outside. */
export type BundleFile = { name: string; bytes: Uint8Array };

/** A zip file whose entries lie in one folder, so that unpacking it litters nothing. */
export async function packZip(
  folder: string,
  files: readonly BundleFile[],
  modifiedAtMs: number,
): Promise<Uint8Array> {
  const zip = new ZipFile();
  const mtime = new Date(modifiedAtMs);
  for (const { name, bytes } of files) {
    // What is packed already grows by being packed again.
    const compress = !/\.(?:png|gz)$/.test(name);
    zip.addBuffer(Buffer.from(bytes), `${folder}/${name}`, { mtime, compress, mode: 0o100644 });
  }
  zip.end();
  return await buffer(zip.outputStream);
}
