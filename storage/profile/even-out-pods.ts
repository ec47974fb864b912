import type { Profile } from './profile.ts';
import type { TimeBins } from './time-bins.ts';

/** Where so few of the pods were recorded that their samples would count more than this many times, nothing is known. */
const mostScaled = 2;

/**
 * The counts as they would be had as many pods been recorded at every moment as were at most moments. Pods are recorded
 * one after another when a worker is busy, and their archives begin and end apart: where two were recorded instead of
 * one there are twice as many samples, and nothing was twice as busy.
 *
 * A pod counts from its first sample to its last. Moments of which too little is known get what is usual.
 */
export function evenOutPods(profile: Profile, bins: TimeBins): TimeBins {
  const recorded = countPods(profile, bins);
  const usual = medianOf(recorded.filter((pods) => pods > 0));
  if (recorded.every((pods) => pods === usual)) return bins;
  const scales = recorded.map((pods) => (pods * mostScaled < usual ? Number.NaN : usual / pods));
  const even = (counts: Float64Array) => scaleKnown(counts, scales);
  return {
    ...bins,
    all: even(bins.all),
    functions: bins.functions.map(({ frame, total, self }) => ({
      frame,
      total: even(total),
      self: even(self),
    })),
  };
}

function medianOf(values: Float64Array): number {
  return values.sort()[values.length >> 1] ?? 0;
}

/** In each bin. */
function countPods({ samples, threads }: Profile, { binMs, all }: TimeBins): Float64Array {
  const last = all.length - 1;
  const spans = new Map<string, { from: number; to: number }>();
  for (let row = 0; row < samples.timeMs.length; row++) {
    const { pod } = threads[samples.thread[row]!]!;
    const bin = Math.min(last, Math.floor(samples.timeMs[row]! / binMs));
    const span = spans.get(pod);
    // In order of time.
    if (span === undefined) spans.set(pod, { from: bin, to: bin });
    else span.to = bin;
  }
  const counts = new Float64Array(all.length);
  for (const { from, to } of spans.values()) for (let bin = from; bin <= to; bin++) counts[bin]! += 1;
  return counts;
}

function scaleKnown(counts: Float64Array, scales: Float64Array): Float64Array {
  let sum = 0;
  let known = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    if (Number.isNaN(scales[bin])) continue;
    sum += counts[bin]! * scales[bin]!;
    known += 1;
  }
  return counts.map((count, bin) => (Number.isNaN(scales[bin]) ? sum / known : count * scales[bin]!));
}
