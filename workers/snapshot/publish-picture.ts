import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { PictureReport, Suspect } from '../jobs.ts';
import { publish } from '../publish.ts';
import { isCancelled } from '../while-wanted.ts';
import type { WorkerContext } from '../worker-context.ts';
import { drawSnapshot } from './draw-snapshot.ts';
import { findApplication } from './handle-snapshot.ts';

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
  await publishPng(context, requestId, png, {
    report: 'flame-graph',
    title: `Flame graph of ${title}`,
    altText,
    pictureKey,
    fileName: `flame-graph-${app}-${environment}.png`,
  });
}

/** Stores a picture, and says it in the thread under the key that is the name of its kind. */
export async function publishPng(
  context: WorkerContext,
  requestId: string,
  png: Uint8Array,
  content: PictureReport,
): Promise<void> {
  await context.blobs.write(content.pictureKey, png);
  try {
    await publish(context, { requestId, key: content.report, kind: 'result', content });
  } catch (error) {
    // It may lie beside the snapshot of another request, which stays.
    if (isCancelled(error)) await context.blobs.remove(content.pictureKey);
    throw error;
  }
}
