import type { NewSnapshot, RequestId, SnapshotId, SnapshotPod } from '../../storage/database/store.ts';
import { AvalancheError, type ErrorCode } from '../../storage/errors.ts';
import { decodeProfile, encodeProfile } from '../../storage/profile/codec.ts';
import { mergeProfiles } from '../../storage/profile/merge.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import type { RunningJob } from '../../storage/queue.ts';
import { type CaptureOutcome, type JobPayload, jobs, type SummaryReport } from '../jobs.ts';
import { publish, readSummary } from '../publish.ts';
import { lookForSuspects } from '../suspect/look-for-suspects.ts';
import type { WorkerContext } from '../worker-context.ts';
import { findApplication } from './handle-snapshot.ts';
import { publishHeatmap } from './publish-heatmap.ts';
import { publishPicture } from './publish-picture.ts';
import { publishPods } from './publish-pods.ts';
import { findSnapshotBursts } from './snapshot-bursts.ts';
import { selectWindow } from './snapshot-selection.ts';

type Captured = Extract<CaptureOutcome, { state: 'captured' }>;

/**
 * Merges what the pods gave, finds the suspects, draws, stores, and says it all. Suspects come before the
 * picture, since it bears their numbers.
 */
export async function handleReport(
  context: WorkerContext,
  payload: JobPayload<'report'>,
  job: RunningJob,
): Promise<void> {
  const { requestId, app, environment, window } = payload;
  const outcomes = await collectOutcomes(context, payload, job);
  const profile = mergeProfiles(await readProfiles(context, outcomes));
  const selection = selectWindow(profile, window);
  const facts = { pods: outcomes.map(toSnapshotPod), recording: describeRecording(profile, selection) };
  const progress = async (stage: SummaryReport['stage']) => {
    const content = { ...(await readSummary(context, payload)), ...facts, stage };
    await publish(context, { requestId, key: 'summary', kind: 'progress', content });
  };

  await progress('suspecting');
  const application = findApplication(context.config, app);
  const takenAt = context.now();
  const looked = await lookForSuspects(context, {
    snapshotId: requestId,
    app,
    environment,
    application,
    profile,
    selection,
    takenAt,
  });
  const { suspects, verdict, quality } = looked.report;

  await progress('drawing');
  // Files first, the row last: a reader never finds a row whose files are not there.
  const profileKey = `snapshots/${requestId}/profile`;
  const pictureKey = `snapshots/${requestId}/flame-graph.png`;
  await context.blobs.write(profileKey, encodeProfile(profile));
  await publishPicture(context, { requestId, app, environment, pictureKey, profile, selection, suspects });
  const row = toRow(payload, { profile, selection, outcomes });
  await context.store.addSnapshot({ ...row, createdAt: takenAt, profileKey, pictureKey, verdict });

  await publish(context, { requestId, key: 'suspects', kind: 'result', content: looked.report });
  const bursts = findSnapshotBursts(profile, application);
  await publishHeatmap(context, { requestId, app, environment, profile, selection, bursts });
  await publishPods(context, { requestId, app, environment, profile, selection, suspects });
  await publish(context, {
    requestId,
    key: 'summary',
    kind: 'result',
    content: {
      ...(await readSummary(context, payload)),
      ...facts,
      stage: 'done',
      finishedAt: context.now(),
      hottest: looked.hottest,
      quality: { ...quality, remarks: [...remarksOf(outcomes), ...quality.remarks] },
      verdict,
      suspect: suspects[0] ?? null,
      burst: bursts[0] ?? null,
      snapshotId: requestId,
    },
  });
  await context.store.setRequestState(requestId as RequestId, 'done');
}

function remarksOf(outcomes: readonly CaptureOutcome[]): string[] {
  return outcomes.flatMap((outcome) => (outcome.state === 'captured' ? outcome.remarks : []));
}

/** Children that ended without an outcome (their worker died for good) are failed pods too. */
async function collectOutcomes(
  context: WorkerContext,
  payload: JobPayload<'report'>,
  job: RunningJob,
): Promise<CaptureOutcome[]> {
  const { completed, failed } = await job.childResults();
  const outcomes = completed.map(({ result }) => jobs.capture.result.parse(result));
  const summary = await readSummary(context, payload);
  const missing = summary.pods.filter(({ name }) => !outcomes.some(({ pod }) => pod === name));
  for (const [index, { reason }] of failed.entries()) {
    const pod = missing[index]?.name ?? 'a pod';
    outcomes.push({
      state: 'failed',
      pod,
      error: { code: 'INTERNAL', message: reason, advice: 'Run the command again.' },
    });
  }
  return outcomes.sort((a, b) => a.pod.localeCompare(b.pod));
}

async function readProfiles(
  { blobs }: WorkerContext,
  outcomes: readonly CaptureOutcome[],
): Promise<Profile[]> {
  const captured = outcomes.filter((outcome): outcome is Captured => outcome.state === 'captured');
  if (captured.length === 0) throw nothingCaptured(outcomes);
  return await Promise.all(
    captured.map(async ({ profileKey }) => decodeProfile(await blobs.read(profileKey))),
  );
}

function nothingCaptured(outcomes: readonly CaptureOutcome[]): AvalancheError {
  const failures = outcomes.flatMap((outcome) => (outcome.state === 'failed' ? [outcome] : []));
  const [first] = failures;
  if (first === undefined) throw new RangeError('Cannot report on a snapshot without pods');
  const code = first.error.code as ErrorCode;
  if (failures.length === 1) return new AvalancheError(code, first.error.message);
  const reasons = failures.map(({ pod, error }) => `${pod}: ${error.message}`).join('; ');
  return new AvalancheError(code, `Cannot capture any of ${failures.length} pods: ${reasons}`);
}

function toRow(
  { requestId, app, environment }: JobPayload<'report'>,
  { profile, selection, outcomes }: { profile: Profile; selection: Selection; outcomes: CaptureOutcome[] },
): Omit<NewSnapshot, 'createdAt' | 'profileKey' | 'pictureKey' | 'verdict'> {
  const { startedAtMs, durationMs, revision } = profile.recording;
  return {
    id: requestId as SnapshotId,
    requestId: requestId as RequestId,
    app,
    environment,
    windowStartMs: startedAtMs === null ? null : Math.round(startedAtMs + (selection.fromMs ?? 0)),
    windowEndMs: startedAtMs === null ? null : Math.round(startedAtMs + (selection.toMs ?? durationMs)),
    sampleCount: sumSamples(profile, selection),
    event: profile.events[0]?.name ?? '',
    revision,
    pods: outcomes.map(toSnapshotPod),
  };
}

function toSnapshotPod(outcome: CaptureOutcome): SnapshotPod {
  if (outcome.state === 'captured') {
    return {
      name: outcome.pod,
      state: 'captured',
      sampleCount: outcome.sampleCount,
      error: null,
      how: outcome.how,
    };
  }
  const { code, message, advice } = outcome.error;
  return {
    name: outcome.pod,
    state: 'failed',
    sampleCount: 0,
    error: { code: code as ErrorCode, message, advice },
  };
}

function describeRecording(profile: Profile, { fromMs = 0, toMs }: Selection): SummaryReport['recording'] {
  const { rateHz, durationMs, startedAtMs, revision } = profile.recording;
  return {
    event: profile.events[0]?.name ?? 'no event',
    rateHz,
    durationMs: (toMs ?? durationMs) - fromMs,
    startedAtMs: startedAtMs === null ? null : startedAtMs + fromMs,
    revision,
  };
}
