import type { BlobStore } from './blobs/blob-store.ts';
import { openBlobs } from './blobs/open-blobs.ts';
import type { Config } from './config.ts';
import { openStore } from './database/open-store.ts';
import type { Store } from './database/store.ts';
import { type Embedded, openEmbedded } from './embedded.ts';
import { openQueue } from './open-queue.ts';
import type { JobQueue } from './queue.ts';

export type Engines = {
  store: Store;
  queue: JobQueue;
  blobs: BlobStore;
  /** One line an engine, for `status`; no secrets. */
  describe(): Promise<string[]>;
  /** Running jobs are finished first, since they still write. */
  close(): Promise<void>;
};

/**
 * Opens what the configuration names. The embedded engine is opened once, for whichever of store and queue are in it.
 * When one cannot be opened, those that were are closed again.
 *
 * @param onError hears of troubles with connections that come later and mend themselves
 * @throws AvalancheError ENGINE_LOCKED, ENGINE_UNREACHABLE, BLOB_UNWRITABLE or BLOB_REFUSED
 */
export async function openEngines(
  config: Pick<Config, 'databaseUrl' | 'queueUrl' | 'blobUrl'>,
  onError: (error: Error) => void = () => {},
): Promise<Engines> {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Engine extends { close(): Promise<void> }>(engine: Engine): Engine => {
    opened.unshift(engine);
    return engine;
  };
  const close = () => closeAll(opened.splice(0));
  try {
    const blobs = keep(await openBlobs(config.blobUrl));
    const folder = embeddedFolder(config);
    const embedded: Embedded | undefined = folder === null ? undefined : keep(await openEmbedded(folder));
    const store = keep(await openStore(config.databaseUrl, embedded));
    const queue = keep(await openQueue(config.queueUrl, embedded, { onError }));
    return {
      store,
      queue,
      blobs,
      describe: async () => [
        `database: ${await store.describe()}`,
        `jobs: ${queue.describe()}`,
        `blobs: ${blobs.describe()}`,
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function embeddedFolder({ databaseUrl, queueUrl }: Pick<Config, 'databaseUrl' | 'queueUrl'>): string | null {
  const url = [databaseUrl, queueUrl].find((one) => one.startsWith('embedded:'));
  return url === undefined ? null : url.slice('embedded:'.length);
}

/** One after the other, the last opened first; all of them, even when one fails. */
async function closeAll(engines: { close(): Promise<void> }[]): Promise<void> {
  const errors: unknown[] = [];
  for (const engine of engines) await engine.close().catch((error) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, 'Cannot close every engine');
}
