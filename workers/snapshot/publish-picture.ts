import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';
import { drawSnapshot } from './draw-snapshot.ts';
import { findApplication } from './handle-snapshot.ts';
import { publishFile } from './publish-file.ts';

/** Draws a selection, stores the PNG under `pictureKey`, and says it in the thread of the request. */
export async function publishPicture(
  context: WorkerContext,
  picture: {
    requestId: string;
    app: string;
    environment: string;
    pictureKey: string;
    profile: Profile;
    selection: Selection;
    suspects: readonly Suspect[];
  },
): Promise<void> {
  const { requestId, app, environment, pictureKey, ...drawing } = picture;
  const title = `${app} in ${environment}`;
  const application = findApplication(context.config, app);
  const { bytes: png, altText } = await drawSnapshot({ ...drawing, application, title });
  await publishFile(context, requestId, png, {
    report: 'flame-graph',
    title: `Flame graph of ${title}`,
    altText,
    pictureKey,
    fileName: `flame-graph-${app}-${environment}.png`,
  });
}
