import type { Milliseconds, Profile, Thread } from './profile.ts';

export type LaneKind = 'comm' | 'thread' | 'pod';

/** What a command, a thread or a pod did over time. */
export type Lane = {
  name: string;
  comm: string;
  tid: number | null;
  pod: string;
  sampleCount: number;
  /** Bin after bin: samples of kind k in bin b at `b * kindCount + k`. */
  counts: Float64Array;
};

/**
 * Counts samples by lane, slice of time, and kind of what they did.
 *
 * @param takes which samples count
 * @param kindOf of a stack's row, or of NO_STACK; below `kindCount`
 * @returns lanes with samples, most samples first; none without times, or when nothing lasts
 */
export function countLanes(
  { samples, threads, recording }: Profile,
  {
    by,
    binCount,
    takes,
    kindCount = 1,
    kindOf = () => 0,
  }: {
    by: LaneKind;
    binCount: number;
    takes: (sample: number) => boolean;
    kindCount?: number;
    kindOf?: (stack: number) => number;
  },
): { binMs: Milliseconds; lanes: Lane[] } {
  if (!recording.hasTimes || recording.durationMs <= 0) return { binMs: 0, lanes: [] };
  const binMs = recording.durationMs / binCount;
  const lanes = new Map<string, Lane>();
  const laneOfThread = threads.map((thread) => {
    const lane = describeLane(thread, by);
    const known = lanes.get(lane.name);
    if (known !== undefined) return known;
    const counted = { ...lane, sampleCount: 0, counts: new Float64Array(binCount * kindCount) };
    lanes.set(lane.name, counted);
    return counted;
  });
  for (let row = 0; row < samples.timeMs.length; row++) {
    if (!takes(row)) continue;
    const lane = laneOfThread[samples.thread[row]!]!;
    const count = samples.count[row]!;
    const bin = Math.min(binCount - 1, Math.floor(samples.timeMs[row]! / binMs));
    lane.sampleCount += count;
    lane.counts[bin * kindCount + kindOf(samples.stack[row]!)]! += count;
  }
  const busy = [...lanes.values()].filter(({ sampleCount }) => sampleCount > 0);
  return { binMs, lanes: busy.sort((a, b) => b.sampleCount - a.sampleCount) };
}

function describeLane({ comm, tid, pod }: Thread, by: LaneKind): Pick<Lane, 'name' | 'comm' | 'tid' | 'pod'> {
  switch (by) {
    case 'comm':
      return { name: comm === '' ? '(no name)' : comm, comm, tid: null, pod: '' };
    case 'pod':
      return { name: pod === '' ? '(no pod)' : pod, comm: '', tid: null, pod };
    case 'thread':
      return {
        name: [pod, comm, tid < 0 ? '' : String(tid)].filter((part) => part !== '').join(' '),
        comm,
        tid,
        pod,
      };
    default:
      return by satisfies never;
  }
}
