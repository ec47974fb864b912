import type { RequestId } from '../../storage/database/store.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import type { JobPayload } from '../jobs.ts';
import { publish } from '../publish.ts';
import { getSnapshot } from '../snapshot/get-snapshot.ts';
import { findApplication } from '../snapshot/handle-snapshot.ts';
import { publishPicture } from '../snapshot/publish-picture.ts';
import { selectWindow } from '../snapshot/snapshot-selection.ts';
import type { WorkerContext } from '../worker-context.ts';
import { lookForSuspects } from './look-for-suspects.ts';

/** Names suspects in a stored snapshot once more, or in a part of it; a part gets its own picture. */
export async function handleSuspects(context: WorkerContext, payload: JobPayload<'suspects'>): Promise<void> {
  const { requestId, window } = payload;
  await context.store.setRequestState(requestId as RequestId, 'running');
  const snapshot = await getSnapshot(context, payload.snapshotId);
  const { app, environment } = snapshot;
  const profile = decodeProfile(await context.blobs.read(snapshot.profileKey));
  const selection = selectWindow(profile, window);
  const application = findApplication(context.config, app);
  const lookedAt = {
    snapshotId: snapshot.id,
    app,
    environment,
    application,
    profile,
    selection,
    takenAt: snapshot.createdAt,
  };
  const { report } = await lookForSuspects(context, lookedAt);
  if (Object.keys(window).length > 0) {
    const pictureKey = `snapshots/${snapshot.id}/flame-graph-${requestId}.png`;
    const { suspects } = report;
    await publishPicture(context, { requestId, app, environment, pictureKey, profile, selection, suspects });
  }
  await publish(context, { requestId, key: 'suspects', kind: 'result', content: report });
  await context.store.setRequestState(requestId as RequestId, 'done');
}
