import type { RequestId, SnapshotRow } from '../../storage/database/store.ts';
import type { WorkerContext } from '../worker-context.ts';

const dayMs = 24 * 3_600_000;
/** One run ends in minutes, whatever has heaped up; the next one goes on. */
const mostSnapshots = 1_000;
const mostRequests = 5_000;
const mostAudited = 50_000;
const atOnce = 500;

export type Removed = { snapshots: number; requests: number; audit: number; leftovers: number };

/**
 * Removes snapshots, pictures, archives, requests and audit rows that are too old, or too many of one app. Always the row
 * first and then its files, so that nobody finds a row without them; what a crash left in between is found by its
 * files. Doing it twice, or on two machines at once, does no harm.
 */
export async function removeOld(context: WorkerContext): Promise<Removed> {
  const { store, config, now } = context;
  const { auditDays, days, snapshotsPerApp } = config.retention;
  const createdBefore = now() - days * dayMs;
  const expired = await store.listExpiredSnapshots({
    createdBefore,
    keptPerApp: snapshotsPerApp,
    limit: mostSnapshots,
  });
  let snapshots = 0;
  for (const snapshot of expired) if (await removeSnapshot(context, snapshot)) snapshots += 1;
  const requests = await removeByBatches(mostRequests, (limit) =>
    store.removeRequests({ createdBefore, limit }),
  );
  const auditedBefore = now() - auditDays * dayMs;
  const audit = await removeByBatches(mostAudited, (limit) =>
    store.removeAudit({ createdBefore: auditedBefore, limit }),
  );
  const leftovers = await removeLeftovers(context);
  return { snapshots, requests, audit, leftovers };
}

async function removeByBatches(most: number, remove: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  while (total < most) {
    const removed = await remove(atOnce);
    total += removed;
    if (removed < atOnce) break;
  }
  return total;
}

async function removeSnapshot(
  { store, blobs }: WorkerContext,
  { id, profileKey }: SnapshotRow,
): Promise<boolean> {
  // Pinned since it was listed, or removed by another worker, who removes its files too.
  if (!(await store.removeSnapshot(id))) return false;
  // All files of a snapshot lie together, those that later requests drew of it too.
  const folder = profileKey.slice(0, profileKey.lastIndexOf('/') + 1);
  for await (const key of blobs.list(folder)) await blobs.remove(key);
  return true;
}

/** Files are stored below the id of their request. Without it, and past the longest job by far, nobody wants them. */
async function removeLeftovers({ store, blobs, now }: WorkerContext): Promise<number> {
  const owners = new Set<RequestId>();
  for await (const key of blobs.list('snapshots/')) {
    const owner = /^snapshots\/([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\//.exec(
      key,
    )?.[1];
    if (owner !== undefined && readTime(owner) < now() - dayMs) owners.add(owner as RequestId);
  }
  let removed = 0;
  for (const ids of chunk([...owners], atOnce)) {
    const kept = new Set(await store.listKnownRequests(ids));
    for (const id of ids.filter((candidate) => !kept.has(candidate))) {
      for await (const key of blobs.list(`snapshots/${id}/`)) {
        await blobs.remove(key);
        removed += 1;
      }
    }
  }
  return removed;
}

/** A UUIDv7 begins with the milliseconds at which it was made. */
function readTime(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

function chunk<Entry>(entries: readonly Entry[], size: number): Entry[][] {
  const count = Math.ceil(entries.length / size);
  return Array.from({ length: count }, (_, index) => entries.slice(index * size, (index + 1) * size));
}
