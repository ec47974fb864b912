import type { PodStripPod } from '../../renderers/pod-strip.ts';
import type { ApplicationConfig } from '../../storage/config.ts';
import { isCertain } from '../../storage/profile/difference.ts';
import { estimateDifference, estimateRate, estimateShare } from '../../storage/profile/estimate.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import { nameFrames } from '../suspect/frames/name-frames.ts';
import { measureOwnTime, type OwnTime } from '../suspect/own-time.ts';

/** What a pod must differ by from the others to be worth a word: in share of its samples, and in their number. */
const leastShareApart = 0.05;
const leastBusyRatioApart = 1.5;

/**
 * Puts the pods of a selection beside each other: how busy each is, what it spends on the suspects, and what
 * sets it apart from the usual ones. Pods are in the order of their names.
 *
 * Usual are those left when the pod that departs most from all others is taken out, again and again, until
 * none departs: else one sick pod would make the healthy ones look odd. When more than half would have to go
 * there is nothing usual, and no pod is set apart.
 *
 * @returns empty for fewer than two pods
 */
export function comparePods({
  profile: recorded,
  selection,
  application,
  suspects,
}: {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  application: Pick<ApplicationConfig, 'own' | 'repository'> | null;
  suspects: readonly Pick<Suspect, 'rank' | 'function'>[];
}): PodStripPod[] {
  const names = [...new Set(recorded.threads.map(({ pod }) => pod))].filter((pod) => pod !== '').sort();
  if (names.length < 2) return [];
  const named = nameFrames(recorded, application);
  const times = names.map((pod) => measureOwnTime(named, { ...selection, pods: [pod] }));
  const usual = findUsual(times);
  return times.map((time, index) => ({
    pod: names[index]!,
    sampleCount: time.busy,
    parts: suspects.flatMap(({ rank, function: name }) => {
      const share = shareOf(sumOf(time, name), time.busy);
      return share > 0 ? [{ rank, share }] : [];
    }),
    ownShare: shareOf(time.busy - sum(time.outside.values()), time.busy),
    apart: usual.includes(time) ? { busyRatio: null, function: null } : compare(time, usual),
  }));
}

type Apart = PodStripPod['apart'];

function findUsual(times: readonly OwnTime[]): OwnTime[] {
  const usual = [...times];
  while (usual.length > 1) {
    const departures = usual
      .map((time) => ({
        time,
        size: sizeOf(
          compare(
            time,
            usual.filter((other) => other !== time),
          ),
        ),
      }))
      // Of two that differ from each other the one with more to do is looked into.
      .sort((a, b) => b.size - a.size || b.time.busy - a.time.busy);
    if (departures[0]!.size === 0) return usual;
    usual.splice(usual.indexOf(departures[0]!.time), 1);
    if (usual.length * 2 < times.length) return [...times];
  }
  return usual;
}

/** In multiples of what is worth a word. */
function sizeOf({ busyRatio, function: departure }: Apart): number {
  const busy =
    busyRatio === null ? 0 : Math.abs(Math.log(Math.max(busyRatio, 1e-6))) / Math.log(leastBusyRatioApart);
  const mix = departure === null ? 0 : Math.abs(departure.share - departure.shareElsewhere) / leastShareApart;
  return Math.max(busy, mix);
}

function compare(time: OwnTime, others: readonly OwnTime[]): Apart {
  return { busyRatio: compareBusy(time, others), function: findDeparture(time, others) };
}

/** Times the mean of the others; null when that is usual, or may be chance. */
function compareBusy(time: OwnTime, others: readonly OwnTime[]): number | null {
  const elsewhere = sum(others.map(({ busy }) => busy));
  if (elsewhere === 0) return null;
  const delta = estimateDifference(estimateRate(time.busy, 1), estimateRate(elsewhere, 1 / others.length));
  const ratio = time.busy / (elsewhere / others.length);
  const isFar = ratio >= leastBusyRatioApart || ratio <= 1 / leastBusyRatioApart;
  return isFar && isCertain(delta) ? ratio : null;
}

/** The own function whose share departs most from that in the others, with what it calls; null when none does for certain. */
function findDeparture(time: OwnTime, others: readonly OwnTime[]): Apart['function'] {
  const busyElsewhere = sum(others.map(({ busy }) => busy));
  const names = new Set(
    [time, ...others].flatMap(({ functions }) => [...functions.values()].map(({ name }) => name)),
  );
  let most: Apart['function'] = null;
  for (const name of names) {
    const here = estimateShare(sumOf(time, name), time.busy);
    const elsewhere = estimateShare(sum(others.map((other) => sumOf(other, name))), busyElsewhere);
    const delta = estimateDifference(here, elsewhere);
    const least = most === null ? leastShareApart : Math.abs(most.share - most.shareElsewhere);
    if (Math.abs(delta.value) < least || !isCertain(delta)) continue;
    most = { name, share: here.value, shareElsewhere: elsewhere.value };
  }
  return most;
}

function sumOf({ functions }: OwnTime, name: string): number {
  let self = 0;
  for (const one of functions.values()) if (one.name === name) self += one.self;
  return self;
}

function shareOf(count: number, all: number): number {
  return all === 0 ? 0 : count / all;
}

function sum(numbers: Iterable<number>): number {
  let all = 0;
  for (const number of numbers) all += number;
  return all;
}
