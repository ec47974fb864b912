import type { SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { getSnapshot } from './choose-snapshot.ts';
import type { CommandContext } from './command.ts';
import { parseDuration } from './duration.ts';
import { uuid } from './uuid.ts';

const dayMs = 86_400_000;
const mostLookedAt = 500;
const ago: Record<string, number> = { yesterday: dayMs, 'last week': 7 * dayMs, 'last-week': 7 * dayMs };

/**
 * The snapshot that somebody wants to compare with: `yesterday`, `last week`, `2h` before, a revision's beginning, or
 * an id. "Yesterday" is the snapshot nearest to a day before, no further from it than half a day.
 *
 * @throws AvalancheError SNAPSHOT_UNKNOWN with what there is instead
 */
export async function chooseBaseline(
  context: CommandContext,
  snapshot: SnapshotRow,
  wanted: string,
): Promise<SnapshotRow> {
  const { app, environment, createdAt } = snapshot;
  if (uuid.test(wanted)) {
    const found = await getSnapshot(context, wanted);
    await context.aim(found);
    return found;
  }
  const kept = await context.store.listSnapshots({ app, environment, limit: mostLookedAt });
  const earlier = kept.filter((row) => row.createdAt < createdAt && row.id !== snapshot.id);
  const agoMs = ago[wanted.toLowerCase()] ?? parseDuration(wanted.replace(/\s+(?:ago|before|earlier)$/i, ''));
  if (agoMs === undefined) return getByRevision(earlier, snapshot, wanted);
  const aim = createdAt - agoMs;
  const [nearest] = earlier.toSorted((a, b) => Math.abs(a.createdAt - aim) - Math.abs(b.createdAt - aim));
  if (nearest !== undefined && Math.abs(nearest.createdAt - aim) <= agoMs / 2) return nearest;
  throw unknown(
    snapshot,
    wanted,
    `none of about ${formatMinute(aim)} is kept (${nearest === undefined ? 'there is no earlier one' : `the nearest is of ${formatMinute(nearest.createdAt)}`})`,
  );
}

function getByRevision(earlier: readonly SnapshotRow[], snapshot: SnapshotRow, wanted: string): SnapshotRow {
  const text = wanted.toLowerCase();
  const found = earlier.find(({ revision }) => revision?.toLowerCase().startsWith(text));
  if (found !== undefined) return found;
  throw unknown(
    snapshot,
    wanted,
    'no earlier one has such a revision (say "yesterday", "last week", "2h", a revision, or an id from `list`)',
  );
}

function unknown({ app, environment }: SnapshotRow, wanted: string, why: string): AvalancheError {
  return new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot compare with "${wanted}": of the snapshots of ${app}-${environment} ${why}`,
  );
}

function formatMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
