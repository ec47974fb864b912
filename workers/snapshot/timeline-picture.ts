import { type TimelineKind, timelineKinds } from '../../renderers/timeline-input.ts';
import type { ApplicationConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { countLanes } from '../../storage/profile/lanes.ts';
import { NO_STACK, type Profile, type Selection } from '../../storage/profile/profile.ts';
import type { ReportedBurst } from '../jobs.ts';
import type { FrameAnatomy } from '../suspect/frames/frame-anatomy.ts';
import { nameFrames } from '../suspect/frames/name-frames.ts';
import { describeSelection } from './draw-snapshot.ts';
import { drawTimelinePicture, type Picture, type PictureLook } from './picture.ts';
import { takeBusy } from './snapshot-bursts.ts';

/** Shorter bins of a busy thread hold a handful of samples at 99 Hz, and show nothing but chance. */
const shortestBinMs = 200;
/** At 1600 px they are 4 px wide. */
const mostBins = 288;

/** As many functions as bursts have a line: those that explain them best are marked. */
const mostMarked = 3;

/**
 * What each thread did over a whole recording, its bursts in frames and the selection marked.
 *
 * @throws AvalancheError TIMES_MISSING when the samples have no times
 */
export async function drawTimelineOf({
  profile: recorded,
  selection,
  application,
  bursts,
  title,
  look,
}: {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  application: Pick<ApplicationConfig, 'own' | 'repository'> | null;
  bursts: readonly ReportedBurst[];
  title: string;
  look?: PictureLook | undefined;
}): Promise<Picture> {
  const { hasTimes, durationMs, startedAtMs } = recorded.recording;
  if (!hasTimes) {
    throw new AvalancheError(
      'TIMES_MISSING',
      'Cannot draw a timeline: the samples of the recording have no times',
    );
  }
  const { profile, anatomy } = nameFrames(recorded, application);
  const marked = listMarked(bursts);
  const kinds = findKinds(profile, anatomy, marked);
  const { binMs, lanes } = countLanes(profile, {
    by: 'thread',
    binCount: Math.max(1, Math.min(mostBins, Math.floor(durationMs / shortestBinMs))),
    takes: takeBusy(profile),
    kindCount: timelineKinds.length,
    kindOf: (stack) => kinds[stack] ?? outside,
  });
  const { fromMs = 0, toMs = durationMs } = selection;
  const isPart = selection.fromMs !== undefined || selection.toMs !== undefined;
  return await drawTimelinePicture({
    input: {
      binMs,
      lanes: lanes.map((lane) => ({
        ...lane,
        name: [lane.comm, (lane.tid ?? -1) < 0 ? '' : lane.tid].filter((part) => part !== '').join(' '),
      })),
      marked,
    },
    title,
    subtitle: describeSelection(profile, {}),
    bursts,
    startedAtMs,
    selected: isPart ? { fromMs, toMs } : null,
    ...look,
  });
}

const outside = timelineKinds.indexOf('outside');

/** What the bursts are made of, by the function that explains each best. */
function listMarked(bursts: readonly ReportedBurst[]): string[] {
  const names = bursts.slice(0, mostMarked).flatMap(({ functions: [first] }) => first?.function ?? []);
  return [...new Set(names)];
}

/** By row of a stack: what it is in, at the most telling frame of it. */
function findKinds(
  { stacks }: Profile,
  anatomy: readonly FrameAnatomy[],
  marked: readonly string[],
): Uint8Array {
  const kindOf = ({ name, category }: FrameAnatomy): TimelineKind => {
    if (marked.includes(name)) return 'marked';
    return category === 'own' ? 'own' : 'outside';
  };
  const kindOfFrame = anatomy.map((frame) => timelineKinds.indexOf(kindOf(frame)));
  const kinds = new Uint8Array(stacks.parent.length);
  for (let stack = 0; stack < kinds.length; stack++) {
    const caller = stacks.parent[stack]!;
    const own = kindOfFrame[stacks.frame[stack]!] ?? outside;
    // Kinds are in the order in which they count.
    kinds[stack] = caller === NO_STACK ? own : Math.min(own, kinds[caller]!);
  }
  return kinds;
}
