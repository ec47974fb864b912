import type { SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import type { Profile } from '../../storage/profile/profile.ts';
import type { WorkerContext } from '../worker-context.ts';

/** How far back a snapshot of another revision is looked for. */
const snapshotsLookedAt = 50;

export type Baseline = { profile: Profile; name: string; row: SnapshotRow };

/** The last snapshot of the app before the revision that runs now; null when there is none, or the revision is unknown. */
export async function findBaseline(
  { store, blobs, log }: WorkerContext,
  {
    app,
    environment,
    revision,
    createdAt,
  }: Pick<SnapshotRow, 'app' | 'environment' | 'revision' | 'createdAt'>,
): Promise<Baseline | null> {
  if (revision === null) return null;
  const rows = await store.listSnapshots({ app, environment, limit: snapshotsLookedAt });
  const before = rows.find(
    (row) => row.createdAt < createdAt && row.revision !== null && row.revision !== revision,
  );
  if (before === undefined) return null;
  try {
    const taken = new Date(before.createdAt).toISOString().slice(0, 16).replace('T', ' ');
    return {
      row: before,
      profile: decodeProfile(await blobs.read(before.profileKey)),
      name: `the snapshot of ${taken} UTC at revision ${before.revision?.slice(0, 10)}`,
    };
  } catch (error) {
    // A baseline is a help, not a need: without it shares are told as they are, and that it is missing.
    if (!(error instanceof AvalancheError)) throw error;
    log.warn({ err: error, snapshotId: before.id }, 'Baseline could not be read');
    return null;
  }
}
