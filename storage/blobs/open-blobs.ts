import type { BlobStore } from './blob-store.ts';
import { openDiskBlobs } from './disk.ts';
import { openS3Blobs } from './s3.ts';
import { readS3Url } from './s3-url.ts';

/**
 * Opens the blob store that a URL names: `file:FOLDER` or `s3://BUCKET/PREFIX`.
 *
 * @throws AvalancheError BLOB_UNWRITABLE, ENGINE_UNREACHABLE or BLOB_REFUSED
 */
export async function openBlobs(url: string): Promise<BlobStore> {
  if (url.startsWith('file:')) return openDiskBlobs(url.slice('file:'.length));
  return openS3Blobs(readS3Url(url));
}
