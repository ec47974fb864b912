import type { ApplicationConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import { comparePods } from './compare-pods.ts';
import { describeSelection } from './draw-snapshot.ts';
import { drawPodStripPicture, type Picture, type PictureLook } from './picture.ts';

/**
 * The pods of a selection beside each other, the odd one out first.
 *
 * @throws AvalancheError NOT_COMPARABLE when there are fewer than two
 */
export async function drawPodsOf({
  profile,
  selection,
  application,
  suspects,
  title,
  look,
}: {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  application: Pick<ApplicationConfig, 'own' | 'repository'> | null;
  suspects: readonly Pick<Suspect, 'rank' | 'function'>[];
  title: string;
  look?: PictureLook | undefined;
}): Promise<Picture> {
  const pods = comparePods({ profile, selection, application, suspects });
  if (pods.length === 0) {
    throw new AvalancheError(
      'NOT_COMPARABLE',
      'Cannot put pods beside each other: there is but one (wanted: a recording of each of two or more)',
    );
  }
  return await drawPodStripPicture({ pods, title, subtitle: describeSelection(profile, selection), ...look });
}
