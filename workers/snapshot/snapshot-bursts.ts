import { type Burst, findBursts } from '../../storage/profile/bursts.ts';
import type { Profile } from '../../storage/profile/profile.ts';
import { NO_FUNCTION } from '../../storage/profile/time-bins.ts';
import type { ReportedBurst } from '../jobs.ts';
import type { FrameAnatomy } from '../suspect/frames/frame-anatomy.ts';
import { nameFrames, type OwnCode } from '../suspect/frames/name-frames.ts';
import { findIdleSamples } from '../suspect/idle.ts';

/** The bursts of a whole recording, told by the app's own functions; where it has none, by all that have a name. */
export function findSnapshotBursts(recorded: Profile, application: OwnCode | null): ReportedBurst[] {
  const { profile, anatomy } = nameFrames(recorded, application);
  const functions = findFunctions(anatomy);
  const functionOf = (frame: number) => functions[frame] ?? NO_FUNCTION;
  const bursts = findBursts(profile, { functionOf, takes: takeBusy(profile) });
  return bursts.map((burst) => nameFunctions(burst, anatomy));
}

/** Samples of the first event, none of an idle CPU. */
export function takeBusy(profile: Profile): (sample: number) => boolean {
  const isIdle = findIdleSamples(profile);
  return (sample) => profile.samples.event[sample] === 0 && !isIdle(sample);
}

/** For each frame the one that stands for its function: a closure without a name is the function around it. */
function findFunctions(anatomy: readonly FrameAnatomy[]): number[] {
  const hasOwn = anatomy.some(({ category }) => category === 'own');
  const isWanted = ({ category }: FrameAnatomy) => (hasOwn ? category === 'own' : category !== 'unknown');
  const plainest = new Map<string, number>();
  const keyOf = (frame: FrameAnatomy) =>
    [frame.language, frame.package, frame.class, frame.function || frame.name, frame.file].join('\0');
  for (const [row, frame] of anatomy.entries()) {
    const known = plainest.get(keyOf(frame));
    if (known === undefined || frame.name.length < anatomy[known]!.name.length)
      plainest.set(keyOf(frame), row);
  }
  return anatomy.map((frame) => (isWanted(frame) ? plainest.get(keyOf(frame))! : NO_FUNCTION));
}

function nameFunctions({ functions, ...burst }: Burst, anatomy: readonly FrameAnatomy[]): ReportedBurst {
  return {
    ...burst,
    // Whole milliseconds are what people and commands write.
    fromMs: Math.floor(burst.fromMs),
    toMs: Math.ceil(burst.toMs),
    functions: functions.map(({ frame, ...shares }) => ({ function: anatomy[frame]!.name, ...shares })),
  };
}
