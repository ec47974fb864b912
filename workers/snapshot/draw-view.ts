import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Picture, PictureLook } from './picture.ts';

/** What can be drawn of a recording alone. */
export type PictureView = 'flame-graph' | 'icicle' | 'heatmap' | 'timeline' | 'top' | 'pods';

type Drawing = { profile: Profile; selection: Selection; title: string; look: PictureLook };

/** Draws one view of a recording, with nothing known of the app it is of. Each loads what it needs. */
export async function drawView(view: PictureView, drawing: Drawing): Promise<Picture> {
  switch (view) {
    case 'flame-graph':
    case 'icicle': {
      const { drawSnapshot } = await import('./draw-snapshot.ts');
      return await drawSnapshot({ ...drawing, ...unknownApp, isIcicle: view === 'icicle' });
    }
    case 'heatmap': {
      const { drawHeatmapOf } = await import('./heatmap-picture.ts');
      return await drawHeatmapOf({ ...drawing, bursts: await findBursts(drawing.profile) });
    }
    case 'timeline': {
      const { drawTimelineOf } = await import('./timeline-picture.ts');
      return await drawTimelineOf({ ...drawing, ...unknownApp, bursts: await findBursts(drawing.profile) });
    }
    case 'top': {
      const { drawTopTableOf } = await import('./top-table-picture.ts');
      return await drawTopTableOf({ ...drawing, ...unknownApp });
    }
    case 'pods': {
      const { drawPodsOf } = await import('./pod-strip-picture.ts');
      return await drawPodsOf({ ...drawing, ...unknownApp, suspects: await findLikely(drawing) });
    }
    default:
      return view satisfies never;
  }
}

const unknownApp = { application: null, suspects: [] };

async function findLikely({ profile, selection }: Drawing) {
  const { findSuspects } = await import('../suspect/find-suspects.ts');
  const nothing = { baseline: null, revision: null, codeSearch: null };
  return (await findSuspects({ profile, selection, application: null, ...nothing })).suspects;
}

async function findBursts(profile: Profile) {
  const { findSnapshotBursts } = await import('./snapshot-bursts.ts');
  return findSnapshotBursts(profile, null);
}
