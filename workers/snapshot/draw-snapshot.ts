import type { ApplicationConfig } from '../../storage/config.ts';
import { buildCallTree, NO_FRAME } from '../../storage/profile/call-tree.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import type { Suspect } from '../jobs.ts';
import { nameFrames } from '../suspect/frames/name-frames.ts';
import { dropIdleSamples } from '../suspect/idle.ts';
import { drawFlameGraphPicture, type Picture, type PictureLook } from './picture.ts';

export type SnapshotDrawing = {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  application: Pick<ApplicationConfig, 'own' | 'repository'> | null;
  title: string;
  suspects: readonly Pick<Suspect, 'rank' | 'function' | 'share' | 'baselineShare'>[];
  isIcicle?: boolean | undefined;
  look?: PictureLook | undefined;
};

/** The flame graph of a selection: command names first, then frames as people write them, suspects marked. */
export async function drawSnapshot(drawing: SnapshotDrawing): Promise<Picture> {
  const busy = dropIdleSamples(drawing.profile);
  // A machine that slept all the time is shown as it was.
  const isIdle = sumSamples(busy, drawing.selection) === 0;
  const { profile, anatomy } = nameFrames(isIdle ? drawing.profile : busy, drawing.application);
  const tree = buildCallTree(profile, drawing.selection, { groupByComm: true });
  const rankOfFrame = anatomy.map(
    ({ name }) => drawing.suspects.find((suspect) => suspect.function === name)?.rank ?? 0,
  );
  const frameOf = (row: number) => tree.frame[row] ?? NO_FRAME;
  return await drawFlameGraphPicture({
    input: {
      parent: tree.parent,
      total: tree.total,
      self: tree.self,
      name: (row) => anatomy[frameOf(row)]?.name ?? tree.name(row),
      category: (row) => anatomy[frameOf(row)]?.category ?? 'unknown',
      mark: (row) => rankOfFrame[frameOf(row)] ?? 0,
    },
    title: drawing.title,
    subtitle: describeSelection(profile, drawing.selection),
    suspects: drawing.suspects.map((suspect) => ({ ...suspect, name: suspect.function })),
    isIcicle: drawing.isIcicle,
    ...drawing.look,
  });
}

/** `2,970 samples · cpu-clock at 99 Hz · 12:04:10-12:04:40 UTC · 2 pods`, as far as the recording knows. */
export function describeSelection(profile: Profile, selection: Selection): string {
  const { recording, events, threads } = profile;
  const samples = `${Math.round(sumSamples(profile, selection)).toLocaleString('en')} samples`;
  const event = events[selection.event ?? 0]?.name ?? 'no event';
  const rate = recording.rateHz === null ? '' : ` at ${recording.rateHz} Hz`;
  const pods = new Set(
    threads.map(({ pod }) => pod).filter((pod) => pod !== '' && (selection.pods?.includes(pod) ?? true)),
  );
  const parts = [samples, `${event}${rate}`];
  if (recording.hasTimes) parts.push(describeWindow(profile, selection));
  if (pods.size > 0) parts.push(pods.size === 1 ? [...pods].join() : `${pods.size} pods`);
  return parts.join(' · ');
}

function describeWindow(
  { recording }: Profile,
  { fromMs = 0, toMs = recording.durationMs }: Selection,
): string {
  const seconds = `${((toMs - fromMs) / 1000).toFixed(1)} s`;
  if (recording.startedAtMs === null) return `${seconds} from second ${(fromMs / 1000).toFixed(1)}`;
  const time = (offsetMs: number) => new Date(recording.startedAtMs! + offsetMs).toISOString().slice(11, 19);
  return `${seconds}, ${time(fromMs)}-${time(toMs)} UTC`;
}
