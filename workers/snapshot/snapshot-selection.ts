import { AvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import type { Window } from '../jobs.ts';

/**
 * The part of a recording that a command asks for.
 *
 * @throws AvalancheError RANGE_EMPTY when no sample is in it, or when a recording without times is cut
 */
export function selectWindow(profile: Profile, { fromMs, toMs, beforeMs }: Window): Selection {
  if (fromMs === undefined && toMs === undefined && beforeMs === undefined) return {};
  const { hasTimes, durationMs } = profile.recording;
  if (!hasTimes) {
    throw new AvalancheError('RANGE_EMPTY', 'Cannot choose a time range: the recording has no times');
  }
  const selection: Selection = {
    fromMs: beforeMs === undefined ? (fromMs ?? 0) : Math.max(0, durationMs - beforeMs),
    ...(toMs === undefined ? {} : { toMs }),
  };
  if (sumSamples(profile, selection) === 0) {
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
    throw new AvalancheError(
      'RANGE_EMPTY',
      `Cannot use the range from ${seconds(selection.fromMs ?? 0)} to ${seconds(toMs ?? durationMs)}: it holds no samples (the recording is ${seconds(durationMs)} long)`,
    );
  }
  return selection;
}
