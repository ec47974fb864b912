import { AvalancheError } from '../../storage/errors.ts';
import { countOffsets, longestHeatmapMs } from '../../storage/profile/heatmap.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { ReportedBurst } from '../jobs.ts';
import { describeSelection } from './draw-snapshot.ts';
import { drawHeatmapPicture, type Picture, type PictureLook } from './picture.ts';
import { takeBusy } from './snapshot-bursts.ts';

/** A row is 20 ms: two samples of 99 Hz, and FlameScope's own. */
const defaultRows = 50;

/**
 * The sub-second offset heatmap of a whole recording, its bursts in frames and the selection marked.
 *
 * @throws AvalancheError TIMES_MISSING when the samples have no times; RECORDING_TOO_LARGE when they span more than a day
 */
export async function drawHeatmapOf({
  profile,
  selection,
  bursts,
  title,
  rows = defaultRows,
  look,
}: {
  profile: Profile;
  selection: Selection;
  bursts: readonly ReportedBurst[];
  title: string;
  rows?: number | undefined;
  look?: PictureLook | undefined;
}): Promise<Picture> {
  const { hasTimes, durationMs, startedAtMs } = profile.recording;
  if (!hasTimes) {
    throw new AvalancheError(
      'TIMES_MISSING',
      'Cannot draw a heatmap: the samples of the recording have no times',
    );
  }
  if (durationMs > longestHeatmapMs) {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot draw a heatmap of ${Math.round(durationMs / 1000)} seconds: a day is the most`,
    );
  }
  const { fromMs = 0, toMs = durationMs } = selection;
  const isPart = selection.fromMs !== undefined || selection.toMs !== undefined;
  return await drawHeatmapPicture({
    input: { counts: countOffsets(profile.samples.timeMs, rows, takeBusy(profile)), rows },
    title,
    subtitle: describeSelection(profile, {}),
    bursts,
    startedAtMs,
    selected: isPart ? { fromMs, toMs } : null,
    ...look,
  });
}
