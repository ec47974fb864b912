import type { SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { findBaselineRow } from '../../storage/find-baseline-row.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import type { Profile } from '../../storage/profile/profile.ts';
import type { WorkerContext } from '../worker-context.ts';

export type Baseline = { profile: Profile; name: string; row: SnapshotRow };

/** The last snapshot of the app before the revision that runs now; null when there is none, or the revision is unknown. */
export async function findBaseline(
  { store, blobs, log }: WorkerContext,
  looked: Pick<SnapshotRow, 'app' | 'environment' | 'revision' | 'createdAt'>,
): Promise<Baseline | null> {
  const before = await findBaselineRow(store, looked);
  if (before === null) return null;
  try {
    return { ...before, profile: decodeProfile(await blobs.read(before.row.profileKey)) };
  } catch (error) {
    // A baseline is a help, not a need: without it shares are told as they are, and that it is missing.
    if (!(error instanceof AvalancheError)) throw error;
    log.warn({ err: error, snapshotId: before.row.id }, 'Baseline could not be read');
    return null;
  }
}
