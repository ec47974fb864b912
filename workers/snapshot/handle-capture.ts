import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AvalancheError } from '../../storage/errors.ts';
import { archiveBytesTotal } from '../../storage/metrics.ts';
import { encodeProfile } from '../../storage/profile/codec.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import type { RunningJob } from '../../storage/queue.ts';
import type { CaptureOutcome, JobPayload } from '../jobs.ts';
import { isGivenUp, publish, readSummary, toErrorReport } from '../publish.ts';
import { withWorkFolder } from '../work-folder.ts';
import type { JobContext, WorkerContext } from '../worker-context.ts';
import { findEnvironment } from './handle-snapshot.ts';
import type { ReadingThreads } from './ingest/reading-threads.ts';
import { openSources } from './sources/open-sources.ts';
import { unpackArchive } from './unpack.ts';
import { withRecordingTurn } from './with-recording-turn.ts';

/** No capture runs longer than this and the recording itself, whatever its parts allow themselves. */
const captureLimitMs = 5 * 60_000;

/** Brings one pod's recording home and stores it as a profile. A pod that fails for good is an outcome: the others go on. */
export async function handleCapture(
  context: JobContext & { reading: ReadingThreads },
  payload: JobPayload<'capture'>,
  job: RunningJob,
): Promise<CaptureOutcome> {
  const { pod, wish } = payload;
  const limitMs = captureLimitMs + (wish.recordMs ?? 0);
  const captureInTime = async () => {
    const limit = AbortSignal.timeout(limitMs);
    const signal = AbortSignal.any([context.signal, limit]);
    return await capture(context, payload, job.id, signal).catch((thrown: unknown) => {
      throw limit.aborted ? tookTooLong(pod, limitMs, thrown) : thrown;
    });
  };
  const place = findEnvironment(context.config, payload.environment);
  const turn = { id: job.id, pod, holdMs: limitMs };
  const captured =
    wish.recordMs === undefined ? captureInTime() : withRecordingTurn(context, place, turn, captureInTime);
  const outcome = await captured.catch((error: unknown): CaptureOutcome => {
    context.signal.throwIfAborted();
    if (!isGivenUp(error, job)) throw error;
    context.log.warn({ err: error }, 'Pod could not be captured');
    return { state: 'failed', pod, error: toErrorReport(error) };
  });
  await publishProgress(context, payload, outcome);
  return outcome;
}

async function capture(
  context: WorkerContext & { reading: ReadingThreads },
  { requestId, environment, pod, source, wish }: JobPayload<'capture'>,
  jobId: string,
  signal: AbortSignal,
): Promise<CaptureOutcome> {
  const { limits, workDirectory } = context.config;
  const recordings = openSources(findEnvironment(context.config, environment), wish);
  const recordingSource = recordings.find(({ kind }) => kind === source.kind);
  if (recordingSource === undefined)
    throw new RangeError(`Cannot fetch from a source of kind "${source.kind}"`);
  return await withWorkFolder(workDirectory, async (folder): Promise<CaptureOutcome> => {
    const archive = join(folder, 'archive');
    const fetched = await recordingSource.fetch(source.locator, archive, limits, signal);
    const { bytes, how = null, remarks = [] } = fetched;
    archiveBytesTotal.inc(bytes);
    const membersFolder = join(folder, 'members');
    await mkdir(membersFolder);
    const members = await unpackArchive(archive, membersFolder, limits, signal);
    const profile = await context.reading.ingestFiles(members, {
      limits,
      workDirectory: folder,
      pod,
      signal,
    });
    const revision = profile.recording.revision ?? fetched.revision ?? null;
    const whole = { ...profile, recording: { ...profile.recording, revision } };
    const profileKey = `snapshots/${requestId}/${jobId}.profile`;
    await context.blobs.write(
      `snapshots/${requestId}/${jobId}.archive`,
      createReadStream(archive, { signal }),
      { signal },
    );
    await context.blobs.write(profileKey, encodeProfile(whole), { signal });
    const sampleCount = sumSamples(profile);
    return { state: 'captured', pod, profileKey, sampleCount, archiveBytes: bytes, how, remarks };
  });
}

function tookTooLong(pod: string, limitMs: number, cause: unknown): AvalancheError {
  const state = `it was not done within ${Math.round(limitMs / 60_000)} minutes`;
  return new AvalancheError('CAPTURE_TIMED_OUT', `Cannot capture the pod "${pod}": ${state}`, {}, cause);
}

/** Two captures that end at once may overwrite each other's line: it is progress, and `report` counts again. */
async function publishProgress(
  context: WorkerContext,
  payload: JobPayload<'capture'>,
  outcome: CaptureOutcome,
): Promise<void> {
  const summary = await readSummary(context, payload);
  const pods = summary.pods.map((pod) =>
    pod.name !== outcome.pod
      ? pod
      : outcome.state === 'captured'
        ? { ...pod, state: outcome.state, sampleCount: outcome.sampleCount, how: outcome.how }
        : { ...pod, state: outcome.state, error: outcome.error },
  );
  const { requestId } = payload;
  await publish(context, { requestId, key: 'summary', kind: 'progress', content: { ...summary, pods } });
}
