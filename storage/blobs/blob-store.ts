import type { Readable } from 'node:stream';

/**
 * Files by key. A key is made by the program, segments of `[A-Za-z0-9._-]` joined by `/`; never a name from outside.
 * A reader sees a whole file or none: adapters write aside and publish at the end.
 */
export type BlobStore = {
  write(key: string, content: Uint8Array | Readable | AsyncIterable<Uint8Array>): Promise<{ bytes: number }>;
  /** @throws AvalancheError BLOB_MISSING */
  read(key: string): Promise<Uint8Array>;
  /** @throws AvalancheError BLOB_MISSING, before the stream is handed out */
  stream(key: string): Promise<Readable>;
  /** No error when it is not there. */
  remove(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<string>;
  /** For `status`. */
  describe(): string;
};
