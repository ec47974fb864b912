import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AvalancheError } from './errors.ts';
import { isAlive } from './left-behind.ts';

export type FolderLock = { release(): void };

/**
 * Makes this process the only user of a folder, until `release` or its end, however it ends.
 *
 * The lock is the one that SQLite takes on a file: kept by the kernel, so a killed process leaves none behind and a
 * process that got the same pid later holds none. Node has no other lock of that kind. The file `holder` beside it is
 * only there to say who it is.
 *
 * @throws AvalancheError ENGINE_LOCKED while another process, or this one, holds it
 */
export function lockFolder(folder: string): FolderLock {
  const holderFile = join(folder, 'holder');
  const database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    const holder = readHolder(holderFile);
    throw new AvalancheError(
      'ENGINE_LOCKED',
      `Cannot open the embedded engine in "${folder}": ${holder === null ? 'another process' : `process ${holder}`} uses it`,
      { folder, holder },
      error,
    );
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  return { release: () => database.close() };
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}

/** Null in the moment between a new holder's lock and its note. */
function readHolder(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 && isAlive(pid) ? pid : null;
  } catch {
    return null;
  }
}
