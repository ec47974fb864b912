import type { Profile } from '../../../storage/profile/profile.ts';
import { WholeNumbers } from './export.ts';

/** One value of every sample: the count or the weight of one event. */
export type SampleType = { name: string; unit: string; event: number; measure: 'count' | 'weight' };

/**
 * Two sample types for each event, `cycles_samples/count cycles/events`; a single one where they say the
 * same. Of one event alone the first is `samples/count`, as Go calls it.
 */
export function chooseSampleTypes(profile: Profile, rows: Uint32Array): SampleType[] {
  const { events } = profile;
  const isCounted = findCounted(profile, rows);
  return events.flatMap(({ name, unit }, event): SampleType[] => {
    const isAlone = events.length === 1;
    const weight: SampleType = { name, unit, event, measure: 'weight' };
    if (isCounted[event]) return [isAlone && name === 'samples' ? { ...weight, unit: 'count' } : weight];
    const counter = isAlone && name !== 'samples' ? 'samples' : `${name}_samples`;
    return [{ name: counter, unit: 'count', event, measure: 'count' }, weight];
  });
}

/** Events whose weights are counts and nothing else. */
function findCounted({ events, samples }: Profile, rows: Uint32Array): boolean[] {
  const isCounted = events.map(({ unit }) => unit === 'samples');
  for (const row of rows) {
    if (samples.weight[row] !== samples.count[row]) isCounted[samples.event[row]!] = false;
  }
  return isCounted;
}

export type SummedRow = { stack: number; thread: number; values: number[] };

/** Rows of one stack and thread as one; whole numbers, as the format wants them. */
export function sumRows(
  { samples, threads }: Profile,
  rows: Uint32Array,
  types: readonly SampleType[],
): SummedRow[] {
  const sums = new Map<number, SummedRow>();
  for (const row of rows) {
    const stack = samples.stack[row]!;
    const thread = samples.thread[row]!;
    const key = (stack + 1) * threads.length + thread;
    const sum = sums.get(key) ?? { stack, thread, values: types.map(() => 0) };
    sums.set(key, sum);
    types.forEach(({ event, measure }, place) => {
      if (event === samples.event[row]) sum.values[place]! += samples[measure][row]!;
    });
  }
  const whole = types.map(() => new WholeNumbers());
  for (const sum of sums.values()) sum.values = sum.values.map((value, place) => whole[place]!.take(value));
  return [...sums.values()];
}
