import { describeFrame } from './frame-interner.ts';
import { NO_STACK, type Profile, type Recording } from './profile.ts';
import { ProfileBuilder } from './profile-builder.ts';

/**
 * Several recordings as one profile with one frame table. Pods stay apart as threads. Times are aligned by
 * wall clock where every recording has it, else each recording begins at 0: clocks of two machines that
 * both count from their boot say nothing about each other.
 *
 * @throws RangeError for an empty list
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const [first, ...rest] = profiles;
  if (first === undefined) throw new RangeError('Cannot merge an empty list of profiles');
  if (rest.length === 0) return first;
  const starts = profiles.map((profile) => profile.recording.startedAtMs);
  const hasWallClock = starts.every((startedAtMs) => startedAtMs !== null);
  const earliestMs = hasWallClock ? Math.min(...(starts as number[])) : 0;
  const builder = new ProfileBuilder(mergeRecordings(profiles, hasWallClock ? earliestMs : null));
  for (const profile of profiles) {
    const offsetMs = hasWallClock ? profile.recording.startedAtMs! - earliestMs : 0;
    addProfile(builder, profile, profile.recording.hasTimes ? offsetMs : Number.NaN);
  }
  return builder.finish();
}

function mergeRecordings(profiles: readonly Profile[], startedAtMs: number | null): Recording {
  const recordings = profiles.map((profile) => profile.recording);
  const shared = <Key extends 'command' | 'host' | 'rateHz' | 'revision' | 'format'>(key: Key) =>
    recordings.every((recording) => recording[key] === recordings[0]![key]) ? recordings[0]![key] : null;
  return {
    format: shared('format') ?? 'mixed',
    command: shared('command'),
    host: shared('host'),
    rateHz: shared('rateHz'),
    revision: shared('revision'),
    hasTimes: true,
    startedAtMs,
    durationMs: 0,
    lostCount: recordings.reduce((sum, recording) => sum + recording.lostCount, 0),
    warnings: recordings.flatMap((recording) => recording.warnings),
  };
}

function addProfile(builder: ProfileBuilder, profile: Profile, offsetMs: number): void {
  const event = profile.events.map(({ name, unit }) => builder.event(name, unit));
  const thread = profile.threads.map((row) => builder.thread(row));
  const frame = profile.frames.name.map((_, row) => builder.frame(describeFrame(profile.frames, row)));
  const stack = new Int32Array(profile.stacks.parent.length);
  for (let row = 0; row < stack.length; row++) {
    const caller = profile.stacks.parent[row]!;
    const newCaller = caller === NO_STACK ? NO_STACK : stack[caller]!;
    stack[row] = builder.stack(newCaller, frame[profile.stacks.frame[row]!]!);
  }
  const { samples } = profile;
  for (let row = 0; row < samples.timeMs.length; row++) {
    const oldStack = samples.stack[row]!;
    builder.addSample({
      timeMs: samples.timeMs[row]! + offsetMs,
      thread: thread[samples.thread[row]!]!,
      stack: oldStack === NO_STACK ? NO_STACK : stack[oldStack]!,
      event: event[samples.event[row]!]!,
      count: samples.count[row]!,
      weight: samples.weight[row]!,
    });
  }
}
