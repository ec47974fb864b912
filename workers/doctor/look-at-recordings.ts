import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AvalancheError } from '../../storage/errors.ts';
import type { Profile } from '../../storage/profile/profile.ts';
import { measureQuality } from '../../storage/profile/quality.ts';
import type { DoctorStep } from '../jobs.ts';
import type { ReadingThreads } from '../snapshot/ingest/reading-threads.ts';
import { showOutsideName } from '../snapshot/outside-name.ts';
import { formatAge } from '../snapshot/sources/search-pods.ts';
import type { FoundPod, RecordingSource } from '../snapshot/sources/source.ts';
import { unpackArchive } from '../snapshot/unpack.ts';
import type { Turns } from '../turns.ts';
import { withWorkFolder } from '../work-folder.ts';
import type { JobContext } from '../worker-context.ts';
import type { Examination } from './examination.ts';
import { broken, doubtful, type Finding, inOrder } from './finding.ts';

/** A snapshot gives them no more, or not much: what it would still take may not be called broken. */
const searchMs = 120_000;
const fetchMs = 180_000;
/** Of what was looked at; the whole trail is in the answer of a snapshot. */
const mostPlaces = 3;

/** @param turns of all that bring recordings home in this process */
export type ReadingContext = JobContext & { reading: ReadingThreads; turns: Turns };
/** The deployed revision as a step came to know it; null when nothing says it. */
export type Revision = { revision: string | null };

/**
 * Looks for recordings on a log server, and reads the newest one as a snapshot would.
 *
 * @param subject.suffix tells the steps of several log servers apart
 */
export function planLogServer(
  examination: Examination,
  context: ReadingContext,
  { source, app, suffix }: { source: RecordingSource; app: string; suffix: string },
): () => Promise<Revision> {
  const server = examination.plan(`log server${suffix}`);
  const newest = examination.plan(`newest recording${suffix}`);
  return async () => {
    const search = (signal: AbortSignal) => lookForRecordings(source, { app, signal, context });
    const pod = await examination.look(server, search, searchMs);
    if (pod !== undefined) return await lookAtRecording(examination, context, { step: newest, source, pod });
    examination.leave(newest, 'there is none to read');
    return { revision: null };
  };
}

async function lookForRecordings(
  source: RecordingSource,
  { app, signal, context }: { app: string; signal: AbortSignal; context: JobContext },
): Promise<Finding<FoundPod>> {
  const { pods, searched, isRefused = false } = await source.findPods(app, signal);
  const [newest] = pods;
  if (newest === undefined) {
    const places = searched.slice(0, mostPlaces).join('; ');
    const cure = isRefused
      ? 'Let the workers read there: by the permissions of the folder, or by the rules of the web server and a login (`authorization` of the log server in avalanche.yaml).'
      : 'Check that a recorder runs in the pods and publishes there, and `template` and `maximumAgeMs` of the log server in avalanche.yaml.';
    return broken(`no recording of "${app}" on the ${source.describe()} (${places})`, cure);
  }
  const count = `recordings of ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`;
  const age = formatAge(Math.max(0, context.now() - newest.updatedAt));
  const found = `${count}, the newest that of ${showOutsideName(newest.pod)}, ${age} old (${source.describe()})`;
  return inOrder(found, newest);
}

type Recording = {
  step: DoctorStep;
  source: RecordingSource;
  pod: FoundPod;
  /** What to do when it is not there; the usual advice otherwise. */
  cureOfMissing?: string;
};

/** Fetches, unpacks and reads one recording, and keeps nothing of it. */
export async function lookAtRecording(
  examination: Examination,
  { config, reading, turns, signal: wanted }: ReadingContext,
  { step, source, pod: { pod, locator }, cureOfMissing }: Recording,
): Promise<Revision> {
  const { limits, workDirectory } = config;
  const read = (signal: AbortSignal) =>
    withWorkFolder(workDirectory, async (folder): Promise<Finding<Revision>> => {
      const archive = join(folder, 'archive');
      const fetched = await source.fetch(locator, archive, limits, signal);
      const members = join(folder, 'members');
      await mkdir(members);
      const files = await unpackArchive(archive, members, limits, signal);
      const profile = await reading.ingestFiles(files, { limits, workDirectory: folder, pod, signal });
      return judgeProfile(profile, { pod, revision: profile.recording.revision ?? fetched.revision ?? null });
    });
  const look = (signal: AbortSignal) =>
    read(signal).catch((error: unknown) => {
      const isMissing = error instanceof AvalancheError && error.code === 'ARCHIVE_MISSING';
      if (isMissing && cureOfMissing !== undefined) return broken<Revision>(error.message, cureOfMissing);
      throw error;
    });
  // Waiting for its turn is no fault of the recording's.
  const found = await turns.run(() => examination.look(step, look, fetchMs), wanted);
  return found ?? { revision: null };
}

function judgeProfile(
  profile: Profile,
  { pod, revision }: { pod: string; revision: string | null },
): Finding<Revision> {
  const { sampleCount, unknownRatio, remarks } = measureQuality(profile);
  const shown = revision === null ? 'no revision' : `revision ${showOutsideName(revision)}`;
  const unnamed = `${Math.round(unknownRatio * 100)} % of them without a function name`;
  const found = `that of ${showOutsideName(pod)}: ${sampleCount} samples, ${unnamed}, ${shown}`;
  if (remarks.length === 0) return inOrder(found, { revision });
  const cure =
    'Look at how the app is started and recorded: symbol maps, frame pointers, process name (docs/kubernetes.md).';
  return doubtful(`${found}; ${remarks.join('; ')}`, cure, { revision });
}
