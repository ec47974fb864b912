import { join } from 'node:path';
import type { ApplicationConfig } from '../../storage/config.ts';
import type { RequestId, SnapshotId, SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError, toAvalancheError } from '../../storage/errors.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import { measureQuality, type Quality } from '../../storage/profile/quality.ts';
import type { JobPayload, SuspectsReport } from '../jobs.ts';
import { publish, readSummary } from '../publish.ts';
import { findApplication } from '../snapshot/handle-snapshot.ts';
import { publishPicture } from '../snapshot/publish-picture.ts';
import { selectWindow } from '../snapshot/snapshot-selection.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { openGitCodeSearch } from './code-search/git.ts';
import { findBaseline } from './find-baseline.ts';
import { findSuspects } from './find-suspects.ts';

/** Names suspects in a stored snapshot with their code and history, and ends the request. */
export async function handleSuspects(context: WorkerContext, payload: JobPayload<'suspects'>): Promise<void> {
  const { requestId, window } = payload;
  const snapshot = await getSnapshot(context, payload.snapshotId);
  const { app, environment } = snapshot;
  const profile = decodeProfile(await context.blobs.read(snapshot.profileKey));
  const selection = selectWindow(profile, window);
  const application = findApplication(context.config, app);
  const revision = profile.recording.revision ?? application?.revision ?? null;
  const baseline = await findBaseline(context, snapshot);
  const quality = measureQuality(profile, selection);
  const codeSearch = await openCodeSearch(context, application, revision, quality);
  const found = await findSuspects({
    profile,
    selection,
    baseline: baseline?.profile ?? null,
    application,
    revision,
    codeSearch,
  });
  const report: SuspectsReport = {
    report: 'suspects',
    app,
    environment,
    verdict: found.verdict,
    suspects: found.suspects,
    baseline: baseline?.name ?? null,
    revision,
    quality,
  };
  const isOwnSnapshot = snapshot.requestId === requestId;
  if (!isOwnSnapshot && Object.keys(window).length > 0) {
    const pictureKey = `snapshots/${snapshot.id}/flame-graph-${requestId}.png`;
    const { suspects } = found;
    await publishPicture(context, { requestId, app, environment, pictureKey, profile, selection, suspects });
  }
  await publish(context, { requestId, key: 'suspects', kind: 'result', content: report });
  if (isOwnSnapshot) await finishSummary(context, payload, snapshot, report, found.hottest);
  await context.store.setRequestState(requestId as RequestId, 'done');
}

async function getSnapshot({ store }: WorkerContext, id: string): Promise<SnapshotRow> {
  const snapshot = await store.findSnapshot(id as SnapshotId);
  if (snapshot !== undefined) return snapshot;
  throw new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot open the snapshot "${id}": it is not, or no longer, kept`,
  );
}

/** The code of the app at the recorded revision. Without it suspects have a name and a share, and a remark says why. */
async function openCodeSearch(
  { config, log }: WorkerContext,
  application: ApplicationConfig | null,
  revision: string | null,
  quality: Quality,
): Promise<CodeSearch | null> {
  if (application?.repository === undefined) {
    quality.remarks.push('no code links: the application has no repository in avalanche.yaml');
    return null;
  }
  try {
    const mirrorDirectory = join(config.workDirectory, 'mirrors');
    return await openGitCodeSearch({ repository: application.repository, revision, mirrorDirectory });
  } catch (error) {
    log.warn({ err: error }, 'Code search could not be opened');
    quality.remarks.push(`no code links: ${toAvalancheError(error).message}`);
    return null;
  }
}

async function finishSummary(
  context: WorkerContext,
  { requestId }: JobPayload<'suspects'>,
  snapshot: SnapshotRow,
  { verdict, suspects, quality }: SuspectsReport,
  hottest: { function: string; share: number }[],
): Promise<void> {
  await context.store.setSnapshotVerdict(snapshot.id, verdict);
  const { app, environment } = snapshot;
  const summary = await readSummary(context, { requestId, app, environment });
  await publish(context, {
    requestId,
    key: 'summary',
    kind: 'result',
    content: {
      ...summary,
      stage: 'done',
      finishedAt: context.now(),
      verdict,
      suspect: suspects[0] ?? null,
      hottest,
      quality,
    },
  });
}
