import { measureQuality } from '../../storage/profile/quality.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import type { FactsAnswer } from '../exploration.ts';
import type { LoadedRecording, RecordingFacts } from './loaded-recording.ts';

const mostListed = 500;

/** What a recording is of, and what can be chosen in it. */
export function answerFacts({ profile }: LoadedRecording, { baseline }: RecordingFacts): FactsAnswer {
  const { recording, events, threads, samples } = profile;
  const sums = new Float64Array(threads.length);
  for (let row = 0; row < samples.thread.length; row++) {
    if (samples.event[row] === 0) sums[samples.thread[row]!]! += samples.count[row]!;
  }
  const list = (keyOf: (thread: (typeof threads)[number]) => string) => {
    const byName = new Map<string, number>();
    for (const [row, thread] of threads.entries()) {
      byName.set(keyOf(thread), (byName.get(keyOf(thread)) ?? 0) + sums[row]!);
    }
    return [...byName]
      .map(([name, sampleCount]) => ({ name, sampleCount }))
      .sort((a, b) => b.sampleCount - a.sampleCount)
      .slice(0, mostListed);
  };
  return {
    format: recording.format,
    events: events.map(({ name, unit }, event) => ({
      name,
      unit,
      sampleCount: sumSamples(profile, { event }),
    })),
    rateHz: recording.rateHz,
    hasTimes: recording.hasTimes,
    durationMs: recording.durationMs,
    startedAtMs: recording.startedAtMs,
    revision: recording.revision,
    host: recording.host,
    pods: list(({ pod }) => pod).filter(({ name }) => name !== ''),
    comms: list(({ comm }) => comm).filter(({ name }) => name !== ''),
    threads: threads
      .map(({ tid, comm, pod }, row) => ({ tid, comm, pod, sampleCount: sums[row]! }))
      .filter(({ tid, sampleCount }) => tid >= 0 && sampleCount > 0)
      .sort((a, b) => b.sampleCount - a.sampleCount)
      .slice(0, mostListed),
    remarks: measureQuality(profile).remarks,
    baseline: baseline?.name ?? null,
  };
}
