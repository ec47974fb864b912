import type { Profile } from '../../../storage/profile/profile.ts';
import { buildProfile } from './ingest-files.ts';
import { type IngestOptions, withRecordingSet } from './recording-set.ts';

/**
 * Reads one file of any format, told by its content: plain, gzip or zstd; or an archive of them, which is
 * unpacked in the work folder and removed from there.
 *
 * @throws AvalancheError FILE_UNREADABLE, FORMAT_UNKNOWN, PROFILE_EMPTY, RECORDING_DAMAGED,
 *   RECORDING_TOO_LARGE, PERF_MISSING, PERF_FAILED, ARCHIVE_BROKEN, ARCHIVE_HOSTILE, ARCHIVE_TOO_LARGE;
 *   the signal's own reason when it was aborted
 */
export async function ingestFile(path: string, options: IngestOptions): Promise<Profile> {
  return await withRecordingSet(path, options, (set) => buildProfile(set, options));
}
