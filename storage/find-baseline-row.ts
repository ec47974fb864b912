import type { SnapshotRow, Store } from './database/store.ts';

/** How far back a snapshot of another revision is looked for. */
const snapshotsLookedAt = 50;

/** What a snapshot is compared with: the last one of the app before the revision that ran; null when there is none, or the revision is unknown. */
export async function findBaselineRow(
  store: Pick<Store, 'listSnapshots'>,
  {
    app,
    environment,
    revision,
    createdAt,
  }: Pick<SnapshotRow, 'app' | 'environment' | 'revision' | 'createdAt'>,
): Promise<{ row: SnapshotRow; name: string } | null> {
  if (revision === null) return null;
  const rows = await store.listSnapshots({ app, environment, limit: snapshotsLookedAt });
  const row = rows.find(
    (before) => before.createdAt < createdAt && before.revision !== null && before.revision !== revision,
  );
  if (row === undefined) return null;
  const taken = new Date(row.createdAt).toISOString().slice(0, 16).replace('T', ' ');
  return { row, name: `the snapshot of ${taken} UTC at revision ${row.revision?.slice(0, 10)}` };
}
