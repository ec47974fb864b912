import { randomUUIDv7 } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import type { UnpackedFile } from '../unpack.ts';
import { describeUnknown, detectFormat, isEmpty, isTar } from './detect-format.ts';
import type { OpenRecording, RecordingFormat } from './format.ts';
import { joinSegments } from './join-perf-data.ts';
import { type OpenedFile, openRecording } from './open-recording.ts';
import { perfData } from './perf-data.ts';
import { readPerfDataState } from './perf-data-header.ts';
import { type PerfMap, type PerfMaps, parseMapPid, readPerfMap } from './perf-map.ts';
import type { RecordingFacts } from './recording-facts.ts';

export type IngestOptions = {
  limits: Limits;
  /** For what must be on disk while it is read; made when missing, nothing stays in it. */
  workDirectory: string;
  pod?: string;
  signal?: AbortSignal;
  /** Packed bytes read so far; the total is null when it is not known. */
  onProgress?: (doneBytes: number, totalBytes: number | null) => void;
};

/** Recordings of one process group that belong together, and what was found beside them. */
export type RecordingSet = {
  /** For messages. */
  name: string;
  recordings: readonly { name: string; path: string; bytes: number }[];
  facts: RecordingFacts | null;
  /** Null for a lone file. */
  maps: PerfMaps | null;
  warnings: { text: string; count: number }[];
};

/** Opens one file, or the archive it is, for as long as `use` runs. */
export async function withRecordingSet<Result>(
  path: string,
  options: IngestOptions,
  use: (set: RecordingSet) => Promise<Result>,
): Promise<Result> {
  await mkdir(options.workDirectory, { recursive: true });
  const name = showOutsideName(basename(path));
  const file = await openRecording(path, name, options);
  let isArchive: boolean;
  try {
    isArchive = await isTar(file);
  } finally {
    await file.close();
  }
  if (!isArchive) {
    const { size } = await stat(path);
    const recordings = [{ name, path, bytes: size }];
    return await use({ name, recordings, facts: null, maps: null, warnings: [] });
  }
  const folder = join(options.workDirectory, `unpacked-${randomUUIDv7()}`);
  await mkdir(folder);
  try {
    const { unpackArchive } = await import('../unpack.ts');
    const files = await unpackArchive(path, folder, options.limits, options.signal);
    return await use({ ...(await readRecordingSet(files, options)), name });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sorts an archive's members by what they are. Their names are for recognising only. */
export async function readRecordingSet(
  files: readonly UnpackedFile[],
  { limits }: IngestOptions,
): Promise<RecordingSet> {
  const maps = new Map<number, PerfMap>();
  const recordings: { name: string; path: string; bytes: number }[] = [];
  const warnings: RecordingSet['warnings'] = [];
  let facts: RecordingFacts | null = null;
  for (const { name, path, bytes } of files) {
    const mapPid = parseMapPid(name);
    if (mapPid !== null) {
      maps.set(mapPid, await readPerfMap(path, showOutsideName(name), limits));
    } else if (basename(name) === 'recording.json') {
      const { readRecordingFacts } = await import('./recording-facts.ts');
      facts = await readRecordingFacts(path);
      if (facts === null) warnings.push({ text: 'recording.json cannot be understood', count: 1 });
    } else {
      recordings.push({ name: showOutsideName(name), path, bytes });
    }
  }
  // Segments are named by their time. Their order does not matter but where a clock was changed between two.
  recordings.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return { name: 'the archive', recordings, facts, maps, warnings };
}

/** Opens the recordings of a set one after the other. What is none is left out of an archive, and refused when alone. */
export async function withRecordings(
  set: RecordingSet,
  options: IngestOptions,
  use: (recording: OpenRecording, format: RecordingFormat) => Promise<void>,
): Promise<void> {
  if (set.maps === null) return await readRecordings(set, set.recordings, options, use);
  const folder = join(options.workDirectory, `joined-${randomUUIDv7()}`);
  await mkdir(folder);
  try {
    const recordings = await joinSegments(set.recordings, (index) => join(folder, String(index)));
    await readRecordings(set, recordings, options, use);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readRecordings(
  set: RecordingSet,
  recordings: RecordingSet['recordings'],
  { limits, signal, onProgress }: IngestOptions,
  use: (recording: OpenRecording, format: RecordingFormat) => Promise<void>,
): Promise<void> {
  const totalBytes = recordings.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  for (const { name, path, bytes } of recordings) {
    signal?.throwIfAborted();
    const onBytes = (readBytes: number) => onProgress?.(doneBytes + Math.min(readBytes, bytes), totalBytes);
    const file = await openRecording(path, name, { limits, signal, onBytes });
    try {
      const format = await detectFormat(file);
      if (format !== null && !(await isLeftOut(set, path, format))) await use(file, format);
      if (format === null) await refuseUnknown(set, file);
    } finally {
      await file.close();
    }
    doneBytes += bytes;
    onProgress?.(doneBytes, totalBytes);
  }
}

/** A rolling recorder's newest segment slips into archives while it is being written. */
async function isLeftOut(set: RecordingSet, path: string, format: RecordingFormat): Promise<boolean> {
  if (set.maps === null || format !== perfData) return false;
  if ((await readPerfDataState(path)).state !== 'unfinished') return false;
  set.warnings.push({ text: 'a perf.data that was still being written is left out', count: 1 });
  return true;
}

async function refuseUnknown(set: RecordingSet, file: OpenedFile): Promise<void> {
  if (set.maps === null && (await isEmpty(file))) {
    throw new AvalancheError('PROFILE_EMPTY', `Cannot make a profile of "${file.name}": the file is empty`);
  }
  if (set.maps === null) throw await describeUnknown(file);
  set.warnings.push({ text: 'a file of the archive that is no recording is left out', count: 1 });
}
