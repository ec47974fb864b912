import type { SnapshotId, SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { WorkerContext } from '../worker-context.ts';

/** @throws AvalancheError SNAPSHOT_UNKNOWN when it is not, or no longer, kept */
export async function getSnapshot({ store }: WorkerContext, id: string): Promise<SnapshotRow> {
  const snapshot = await store.findSnapshot(id as SnapshotId);
  if (snapshot !== undefined) return snapshot;
  throw new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot open the snapshot "${id}": it is not, or no longer, kept`,
  );
}
