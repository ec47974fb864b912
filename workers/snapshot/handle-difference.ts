import type { RequestId, SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import type { JobPayload } from '../jobs.ts';
import { publish } from '../publish.ts';
import { findBaseline } from '../suspect/find-baseline.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type ComparedRecording, compareRecordings, restOf } from './compare-recordings.ts';
import { formatVerdict, listChanges, nameWindow } from './describe-comparison.ts';
import { drawDifference } from './draw-difference.ts';
import { getSnapshot } from './get-snapshot.ts';
import { findApplication } from './handle-snapshot.ts';
import { selectWindow } from './snapshot-selection.ts';

/**
 * Compares a stored snapshot with another one, and says in the thread what changed, with the picture. Without a
 * baseline a part of it is compared with its rest.
 */
export async function handleDifference(context: WorkerContext, payload: JobPayload<'diff'>): Promise<void> {
  const { requestId, window } = payload;
  await context.store.setRequestState(requestId as RequestId, 'running');
  const snapshot = await getSnapshot(context, payload.snapshotId);
  const { app, environment } = snapshot;
  const profile = decodeProfile(await context.blobs.read(snapshot.profileKey));
  const range = nameWindow(window);
  const name = `${app}-${environment} ${formatMinute(snapshot)}${range === '' ? '' : `, ${range}`}`;
  const after = { profile, selections: [selectWindow(profile, window)], name };
  const before = await findBefore(context, payload, { snapshot, after });
  const application = findApplication(context.config, app);
  const comparison = compareRecordings(before, after, { application, normalizedBy: 'samples' });

  // Below the request, so that it goes with it.
  const pictureKey = `snapshots/${requestId}/difference.png`;
  const { bytes: png, altText } = await drawDifference(comparison);
  await context.blobs.write(pictureKey, png);
  const title = `${after.name} against ${before.name}`;
  await publish(context, {
    requestId,
    key: 'flame-graph',
    kind: 'result',
    content: {
      report: 'flame-graph',
      title: `Differential flame graph: ${title}`,
      altText,
      pictureKey,
      fileName: `difference-${app}-${environment}.png`,
    },
  });
  await publish(context, {
    requestId,
    key: 'answer',
    kind: 'result',
    content: {
      report: 'text',
      title: formatVerdict(comparison),
      lines: [title, ...listChanges(comparison)],
      error: null,
    },
  });
  await context.store.setRequestState(requestId as RequestId, 'done');
}

async function findBefore(
  context: WorkerContext,
  { baselineId, window }: JobPayload<'diff'>,
  { snapshot, after }: { snapshot: SnapshotRow; after: ComparedRecording },
): Promise<ComparedRecording> {
  if (baselineId !== null) {
    const row = await getSnapshot(context, baselineId);
    const profile = decodeProfile(await context.blobs.read(row.profileKey));
    return { profile, selections: [{}], name: nameBaseline(row, snapshot) };
  }
  const { app, createdAt } = snapshot;
  const revision = snapshot.revision ?? findApplication(context.config, app)?.revision ?? null;
  const baseline = await findBaseline(context, { ...snapshot, revision, createdAt });
  if (baseline !== null) {
    const { profile, row } = baseline;
    return { profile, selections: [{}], name: nameBaseline(row, snapshot) };
  }
  const [selection] = after.selections;
  if (Object.keys(window).length > 0 && selection !== undefined) {
    return { profile: after.profile, selections: restOf(selection), name: 'the rest of it' };
  }
  throw new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot compare the snapshot "${snapshot.id}": no earlier one of another revision is kept, and none is named`,
  );
}

/** What tells it from the snapshot compared: app where it is another, day where it is another, revision. */
function nameBaseline(row: SnapshotRow, compared: SnapshotRow): string {
  const [place, otherPlace] = [row, compared].map(({ app, environment }) => `${app}-${environment}`);
  const isSameDay = formatDay(row) === formatDay(compared);
  const parts = [
    ...(place === otherPlace ? [] : [place]),
    ...(isSameDay ? [] : [formatDay(row)]),
    formatMinute(row),
    ...(row.revision === null ? [] : [`(${row.revision.slice(0, 10)})`]),
  ];
  return parts.join(' ');
}

function formatDay({ createdAt }: SnapshotRow): string {
  return new Date(createdAt).toISOString().slice(0, 10);
}

function formatMinute({ createdAt }: SnapshotRow): string {
  return `${new Date(createdAt).toISOString().slice(11, 16)} UTC`;
}
