import type { PprofMessage } from './pprof-message.ts';

/** One event of the profile: where its count and its weight stand among the values of a sample. */
export type ValueColumns = {
  name: string;
  unit: string;
  read(values: readonly number[]): { count: number; weight: number };
};

type SampleType = { name: string; unit: string; place: number };

/**
 * Sample types as events, the default one first (default_sample_type, else the last).
 *
 *     samples/count cpu/nanoseconds            one event, cpu, with count and weight
 *     alloc_objects/count alloc_space/bytes    two events
 *
 * `samples` is no event of its own where it counts for another: that is how often a stack was seen. Without it
 * the count is the value in periods (10 ms of 10 ms is one sample), or else the value itself: shares are right
 * whichever of the two is drawn.
 */
export function readValueColumns(message: PprofMessage, textOf: (index: number) => string): ValueColumns[] {
  const types = message.sampleTypes.map(({ type, unit }, place) => ({
    name: textOf(type),
    unit: textOf(unit),
    place,
  }));
  const counters = types.length === 1 ? [] : types.filter(isCounter);
  const events = types.filter((type) => !counters.includes(type));
  const first = events.find(({ name }) => name === textOf(message.defaultSampleType)) ?? events.at(-1);
  const ordered = events.filter((type) => type !== first);
  if (first !== undefined) ordered.unshift(first);
  for (const { name, unit } of ordered) {
    const same = ordered.filter((type) => type.name === name && type.unit === unit);
    if (same.length > 1) throw new RangeError(`two sample types are both "${name}" in "${unit}"`);
  }
  return ordered.map((type, index) => ({
    name: nameEvent(type, ordered.slice(0, index)),
    unit: isCounter(type) ? 'samples' : type.unit,
    read: readerOf(type, counters, periodOf(type, message, textOf)),
  }));
}

const samplesName = /^(?:.+_)?samples?$/;

function isCounter({ name, unit }: SampleType): boolean {
  return unit === 'count' && samplesName.test(name);
}

/** Types may share a name, `delay/count delay/nanoseconds`; events may not. */
function nameEvent({ name, unit }: SampleType, others: readonly SampleType[]): string {
  return others.some((other) => other.name === name) ? `${name} (${unit})` : name;
}

function periodOf(type: SampleType, message: PprofMessage, textOf: (index: number) => string): number {
  const { period, periodType } = message;
  const isOfType = periodType !== null && textOf(periodType.unit) === type.unit;
  return isOfType && period > 0 ? period : 1;
}

function readerOf(
  { name, place }: SampleType,
  counters: readonly SampleType[],
  period: number,
): ValueColumns['read'] {
  const counter =
    counters.find((other) => other.name === `${name}_samples`) ??
    counters.find((other) => other.name === 'samples' || other.name === 'sample');
  return (values) => {
    const weight = values[place]!;
    return { weight, count: counter === undefined ? weight / period : values[counter.place]! };
  };
}
