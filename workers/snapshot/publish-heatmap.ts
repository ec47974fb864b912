import { longestHeatmapMs } from '../../storage/profile/heatmap.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { ReportedBurst } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';
import { drawHeatmapOf } from './heatmap-picture.ts';
import { publishFile } from './publish-file.ts';

/** Of fewer columns nobody can tell a pattern. */
const shortestHeatmapMs = 4_000;

/** Draws the heatmap of a recording and says it in the thread, where the recording has times and lasts. */
export async function publishHeatmap(
  context: WorkerContext,
  snapshot: {
    requestId: string;
    app: string;
    environment: string;
    profile: Profile;
    selection: Selection;
    bursts: ReportedBurst[];
  },
): Promise<void> {
  const { requestId, app, environment, profile, selection, bursts } = snapshot;
  const { hasTimes, durationMs } = profile.recording;
  if (!hasTimes || durationMs < shortestHeatmapMs || durationMs > longestHeatmapMs) return;
  const title = `${app} in ${environment}`;
  const { bytes: png, altText } = await drawHeatmapOf({ profile, selection, bursts, title });
  await publishFile(context, requestId, png, {
    report: 'heatmap',
    title: `Heatmap of ${title}`,
    altText,
    pictureKey: `snapshots/${requestId}/heatmap.png`,
    fileName: `heatmap-${app}-${environment}.png`,
    bursts,
    snapshotId: requestId,
  });
}
