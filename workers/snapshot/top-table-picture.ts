import type { ApplicationConfig } from '../../storage/config.ts';
import { estimateShare } from '../../storage/profile/estimate.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { nameFrames } from '../suspect/frames/name-frames.ts';
import { dropIdleSamples } from '../suspect/idle.ts';
import { describeSelection } from './draw-snapshot.ts';
import { drawTopTablePicture, type Picture, type PictureLook } from './picture.ts';

/** The functions in which the samples of a selection end, as people write them; none of an idle CPU. */
export async function drawTopTableOf({
  profile: recorded,
  selection,
  application,
  title,
  look,
}: {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  application: Pick<ApplicationConfig, 'own' | 'repository'> | null;
  title: string;
  look?: PictureLook | undefined;
}): Promise<Picture> {
  const { profile, anatomy } = nameFrames(dropIdleSamples(recorded), application);
  const sampleCount = sumSamples(profile, selection);
  const rows = buildTopTable(profile, selection).map(({ frame, self, total }) => {
    const { name, category, file, line } = anatomy[frame]!;
    const { low, high } = estimateShare(self, sampleCount);
    const place =
      file === '' ? placeOf(profile.frames.module[frame]!) : `${file}${line > 0 ? `:${line}` : ''}`;
    return { name, category, place, self, total, low, high };
  });
  return await drawTopTablePicture({
    input: { rows, sampleCount },
    title,
    subtitle: describeSelection(profile, selection),
    ...look,
  });
}

/** The map of compiled code tells nothing of where it was written. */
function placeOf(module: string): string {
  return /\/perf-\d+\.map$/.test(module) ? '' : module;
}
