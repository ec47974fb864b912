import type { Readable } from 'node:stream';

export type BlobContent = Uint8Array | Readable | AsyncIterable<Uint8Array>;

/**
 * Files by key. A key is made by the program, segments of `[A-Za-z0-9._-]` joined by `/`; never a name from outside.
 * A reader sees a whole file or none: adapters write aside and publish at the end.
 */
export type BlobStore = {
  /**
   * @param options.signal ends it: what was written is taken back, and its reason is thrown
   * @throws AvalancheError BLOB_UNWRITABLE, ENGINE_UNREACHABLE or BLOB_REFUSED; what `content` throws, as it is
   */
  write(key: string, content: BlobContent, options?: { signal?: AbortSignal }): Promise<{ bytes: number }>;
  /** @throws AvalancheError BLOB_MISSING */
  read(key: string): Promise<Uint8Array>;
  /** @throws AvalancheError BLOB_MISSING, before the stream is handed out */
  stream(key: string): Promise<Readable>;
  /** No error when it is not there. */
  remove(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<string>;
  /**
   * Asks the place where the files are, for readiness.
   *
   * @throws AvalancheError BLOB_UNWRITABLE, ENGINE_UNREACHABLE or BLOB_REFUSED
   */
  check(): Promise<void>;
  /** For `status`. */
  describe(): string;
  close(): Promise<void>;
};
