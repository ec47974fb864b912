import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { type PgPool, runMigrations } from 'bullmq';
import { EmbeddedPool } from './embedded-pool.ts';
import { AvalancheError } from './errors.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';

/** The engine of a first run: Postgres compiled to WebAssembly, in this process, its files in a folder. */
export type Embedded = {
  /** For Drizzle. Its unqualified tables are made and found in `public`. */
  pglite: PGlite;
  /** For BullMQ. The same session; its tables are in `bullmq`. */
  pool: PgPool;
  close(): Promise<void>;
};

/**
 * Opens the engine in a folder, which is made when it is not there. One process has it at a time.
 *
 * @throws AvalancheError ENGINE_LOCKED when another process, named by its pid, has it
 * @throws AvalancheError ENGINE_UNREACHABLE when the folder cannot be used or the files in it are damaged
 */
export async function openEmbedded(folder: string): Promise<Embedded> {
  const absolute = resolve(folder);
  const lock = await lockNewFolder(absolute);
  let pglite: PGlite | undefined;
  try {
    pglite = await PGlite.create(join(absolute, 'postgres'));
    const pool = new EmbeddedPool(pglite);
    const client = await pool.connect();
    await runMigrations(client);
    client.release();
    // `public` first: that is where new tables go. No table of ours may be named as one of BullMQ's.
    await pglite.exec('SET search_path TO public, bullmq');
    return { pglite, pool, close: closeOnce(pglite, lock) };
  } catch (error) {
    await pglite?.close().catch(() => {});
    lock.release();
    throw unusable(absolute, error);
  }
}

async function lockNewFolder(folder: string): Promise<FolderLock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return lockFolder(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
}

function closeOnce(pglite: PGlite, lock: FolderLock): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= pglite.close().finally(() => lock.release());
    return closing;
  };
}

function unusable(folder: string, error: unknown): AvalancheError {
  if (error instanceof AvalancheError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AvalancheError(
    'ENGINE_UNREACHABLE',
    `Cannot open the embedded engine in "${folder}": ${reason}`,
    { folder },
    error,
  );
}
