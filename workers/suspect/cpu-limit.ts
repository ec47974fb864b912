import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { selectSamples } from '../../storage/profile/selection.ts';

/** The kernel counts the CPU time of a container anew in each: `cpu.cfs_period_us`, which nobody changes. */
const periodMs = 100;
const binMs = 5;
/** 50 periods: chance leaves hardly anything of a pattern then. */
const leastMs = 5_000;
const leastSamples = 200;
/**
 * How far the samples lean to one part of the period: 0 not at all, 1 all at one moment. A limit of 70 % gives 0.37, one
 * of 40 % 0.76; on a machine that others use too 0.28 was measured for 40 %. Without a limit no recording of
 * more than a second had more than 0.22.
 */
const leastLean = 0.25;
/** Clocks that tick a few times a second, or times that were rounded, lean too: to a moment, not to a part. */
const leastBins = 4;

/**
 * Whether the app stands still in a part of every 100 ms and runs in the rest: what a CPU limit does to a container
 * that wants more. Each pod has a clock of its own; one that is held back is enough.
 */
export function isHeldBack(profile: Profile, selection: Selection): boolean {
  const { recording, samples, threads } = profile;
  if (!recording.hasTimes) return false;
  const times = new Map<string, number[]>();
  for (const row of selectSamples(profile, selection)) {
    const thread = threads[samples.thread[row]!];
    if (thread === undefined || /^swapper(?:\/\d+)?$/.test(thread.comm)) continue;
    const known = times.get(thread.pod);
    if (known === undefined) times.set(thread.pod, [samples.timeMs[row]!]);
    else known.push(samples.timeMs[row]!);
  }
  return [...times.values()].some(leansToPart);
}

/** @param timesMs ascending */
function leansToPart(timesMs: readonly number[]): boolean {
  const first = timesMs[0] ?? 0;
  if (timesMs.length < leastSamples || timesMs.at(-1)! - first < leastMs) return false;
  const bins = new Array<number>(periodMs / binMs).fill(0);
  let east = 0;
  let north = 0;
  for (const timeMs of timesMs) {
    const phaseMs = (timeMs - first) % periodMs;
    const angle = (phaseMs / periodMs) * 2 * Math.PI;
    east += Math.cos(angle);
    north += Math.sin(angle);
    bins[Math.floor(phaseMs / binMs)]!++;
  }
  const used = bins.filter((count) => count >= timesMs.length / 50).length;
  return used >= leastBins && Math.hypot(east, north) / timesMs.length >= leastLean;
}
