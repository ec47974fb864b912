import type { RequestId, SnapshotId } from '../storage/database/store.ts';
import { AvalancheError } from '../storage/errors.ts';
import type { WorkerContext } from './worker-context.ts';

/** Somebody who cancels sees the work end within two seconds; a look is one row by its key. */
const lookEveryMs = 1_000;

/**
 * Does a piece of work for a request for as long as it is wanted: the signal is aborted soon after somebody
 * cancels it. What was written by then is removed.
 *
 * @throws AvalancheError REQUEST_CANCELLED, whatever the work itself came to
 */
export async function whileWanted<Result>(
  context: WorkerContext,
  requestId: RequestId,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const look = async () => {
    const request = await context.store.findRequest(requestId);
    if (request?.state === 'cancelled') stop.abort(cancelled(requestId));
  };
  // A look that fails is made up for by the next one, and by every message that is written.
  const timer = setInterval(() => void look().catch(() => {}), lookEveryMs);
  try {
    await look();
    stop.signal.throwIfAborted();
    const result = await work(stop.signal);
    await look();
    stop.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!stop.signal.aborted && !isCancelled(error)) throw error;
    await removeRemains(context, requestId);
    throw cancelled(requestId);
  } finally {
    clearInterval(timer);
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof AvalancheError && error.code === 'REQUEST_CANCELLED';
}

function cancelled(requestId: RequestId): AvalancheError {
  return new AvalancheError(
    'REQUEST_CANCELLED',
    `Cannot go on with the request "${requestId}": it was cancelled`,
  );
}

/** The row first, so that nobody finds one whose files are gone. The last job of a request leaves nothing. */
async function removeRemains({ store, blobs }: WorkerContext, requestId: RequestId): Promise<void> {
  const snapshotId = requestId as string as SnapshotId;
  // Whoever was quick enough to pin it pinned what is thrown away.
  await store.unpinSnapshot(snapshotId);
  await store.removeSnapshot(snapshotId);
  for await (const key of blobs.list(`snapshots/${requestId}/`)) await blobs.remove(key);
}
