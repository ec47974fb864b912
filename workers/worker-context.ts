import type { Logger } from 'pino';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { Config } from '../storage/config.ts';
import type { Store } from '../storage/database/store.ts';
import type { JobQueue } from '../storage/queue.ts';

/** What every job handler is given: the engines, the configuration, and a clock. */
export type WorkerContext = {
  config: Config;
  store: Store;
  queue: JobQueue;
  blobs: BlobStore;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
};

/** The same for one job: aborted when its request is cancelled. */
export type JobContext = WorkerContext & { signal: AbortSignal };
