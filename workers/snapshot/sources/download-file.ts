import { open, rm, stat } from 'node:fs/promises';
import { AvalancheError } from '../../../storage/errors.ts';
import { cannotFetch } from './cannot-fetch.ts';
import { PlaceError } from './listing.ts';

/** Less than the time that a capture has as a whole. */
const downloadMs = 4 * 60_000;

/**
 * Brings something from elsewhere into a new file, within the time that a download has; after a failure there is none.
 *
 * @param path of the recording, for messages
 * @param bring fills the file, which is there and empty; a PlaceError of it is told as what the place is like
 * @throws AvalancheError as RecordingSource.fetch; the signal's reason when aborted
 */
export async function downloadFile(
  { path, destination }: { path: string; destination: string },
  bring: (signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<{ bytes: number }> {
  const deadline = AbortSignal.timeout(downloadMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  // What was there before us is not ours to remove.
  await (await open(destination, 'wx', 0o600)).close();
  try {
    await bring(either);
    return { bytes: await sizeOf(destination) };
  } catch (error) {
    const came = await sizeOf(destination);
    await rm(destination, { force: true });
    signal?.throwIfAborted();
    throw deadline.aborted ? tookTooLong(path, came, error) : explain(path, error);
  }
}

export async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

function explain(path: string, error: unknown): unknown {
  if (error instanceof AvalancheError) return error;
  const isPlace = error instanceof PlaceError && !error.isAway;
  const code = isPlace ? 'ARCHIVE_MISSING' : 'LOG_SERVER_UNREADABLE';
  return cannotFetch(code, path, (error as Error).message, error);
}

function tookTooLong(path: string, came: number, cause: unknown): AvalancheError {
  const state = `only ${came} bytes came within ${downloadMs / 60_000} minutes`;
  return cannotFetch('LOG_SERVER_UNREADABLE', path, state, cause);
}
