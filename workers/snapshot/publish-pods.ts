import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';
import { comparePods } from './compare-pods.ts';
import { describeSelection } from './draw-snapshot.ts';
import { findApplication } from './handle-snapshot.ts';
import { drawPodStripPicture } from './picture.ts';
import { publishFile } from './publish-file.ts';

/** Where a pod stands out: draws all of them beside each other and says it in the thread. */
export async function publishPods(
  context: WorkerContext,
  snapshot: {
    requestId: string;
    app: string;
    environment: string;
    profile: Profile;
    selection: Selection;
    suspects: readonly Suspect[];
  },
): Promise<void> {
  const { requestId, app, environment, profile, selection, suspects } = snapshot;
  const application = findApplication(context.config, app);
  const pods = comparePods({ profile, selection, application, suspects });
  if (!pods.some(({ apart }) => apart.busyRatio !== null || apart.function !== null)) return;
  const title = `Pods of ${app} in ${environment}`;
  const subtitle = describeSelection(profile, selection);
  const { bytes, altText } = await drawPodStripPicture({ pods, title, subtitle });
  await publishFile(context, requestId, bytes, {
    report: 'pods',
    title,
    altText,
    pictureKey: `snapshots/${requestId}/pods.png`,
    fileName: `pods-${app}-${environment}.png`,
  });
}
