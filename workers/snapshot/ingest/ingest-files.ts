import { AvalancheError } from '../../../storage/errors.ts';
import type { Milliseconds, Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import type { UnpackedFile } from '../unpack.ts';
import { type IngestOptions, type RecordingSet, readRecordingSet, withRecordings } from './recording-set.ts';

/**
 * Reads what one pod's archive held (segments, symbol maps, the recorder's note) into one profile. Times of
 * all segments are on one clock and put in order, so the order of the files does not matter.
 *
 * @throws AvalancheError PROFILE_EMPTY, and all that reading a recording may throw; nothing is passed off as
 *   whole when a segment is damaged. A segment still being written is left out with a warning.
 */
export async function ingestFiles(files: readonly UnpackedFile[], options: IngestOptions): Promise<Profile> {
  return await buildProfile(await readRecordingSet(files, options), options);
}

/** Reads every recording of a set into one profile. */
export async function buildProfile(set: RecordingSet, options: IngestOptions): Promise<Profile> {
  const { limits, workDirectory, pod = '', signal } = options;
  const { facts, maps } = set;
  const builder = new ProfileBuilder({ format: 'unknown', ...describeFacts(set) });
  const context = { builder, limits, workDirectory, pod, signal, facts, maps };
  const found = new Map<string, number>();
  let firstMs = Number.NaN;
  await withRecordings(set, options, async (recording, format) => {
    if (found.size === 0) builder.setRecording({ format: format.profileFormat });
    found.set(format.name, (found.get(format.name) ?? 0) + 1);
    firstMs = earlier(firstMs, await format.read(recording, context));
  });
  for (const { text, count } of set.warnings) builder.warn(text, count);
  if (facts !== null && !Number.isNaN(firstMs)) {
    builder.setRecording({ startedAtMs: facts.clock.wallMs + (firstMs - facts.clock.monotonicMs) });
  }
  const profile = builder.finish();
  if (builder.sampleCount === 0) throw emptyProfile(set, found, profile);
  return profile;
}

function describeFacts({ facts }: RecordingSet): {
  revision?: string | null;
  rateHz?: number;
  command?: string;
} {
  if (facts === null) return {};
  const { revision, rateHz, command } = facts;
  return { revision, rateHz, command };
}

function earlier(a: Milliseconds, b: Milliseconds): Milliseconds {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.min(a, b);
}

function emptyProfile(set: RecordingSet, found: Map<string, number>, { recording }: Profile): AvalancheError {
  const parts = [...found].map(([name, count]) => `${count} ${name}`);
  if (set.maps !== null && set.maps.size > 0)
    parts.push(`${set.maps.size} symbol map${set.maps.size > 1 ? 's' : ''}`);
  if (recording.lostCount > 0) parts.push(`${recording.lostCount} samples lost by the kernel`);
  for (const { text, count } of recording.warnings.slice(0, 5)) parts.push(`${text} (${count})`);
  const shown = parts.length === 0 ? 'nothing' : parts.join(', ');
  return new AvalancheError(
    'PROFILE_EMPTY',
    `Cannot make a profile of "${set.name}": 0 samples (found: ${shown})`,
  );
}
