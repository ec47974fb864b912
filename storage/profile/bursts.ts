import { BinSums, isApart, listRest, type Run } from './bin-runs.ts';
import { type Departure, findDepartures } from './departures.ts';
import { evenOutPods } from './even-out-pods.ts';
import type { Milliseconds, Profile } from './profile.ts';
import { countByTime, type TimeBins } from './time-bins.ts';

export type Burst = {
  /** Since the first sample, half-open: as a selection takes it. */
  fromMs: Milliseconds;
  toMs: Milliseconds;
  /** Samples a second as a multiple of those outside all bursts: 2 is twice as busy, 0 silent; null when there are none. */
  busyRatio: number | null;
  /** What grew most in share of the samples against what lies outside all bursts; what explains it best first. */
  functions: BurstFunction[];
};

type BurstFunction = {
  /** Row in the profile's frames. */
  frame: number;
  /** 0 to 1: samples with it on the stack, recursion counted once. */
  share: number;
  shareElsewhere: number;
};

/** Rates looked for, as multiples of the mean; between two of them the likelihood falls short by little. */
const raisedRatios = [1.5, 2, 4, 8, 16];
const silentRatios = [1 / 8];

/** Shorter than five rows of the heatmap nobody sees, and a person can do nothing with. */
const shortestMs = 100;

/** The chance of a single false burst in a recording whose samples fall at random. */
const falseAlarmRatio = 0.001;

/** What a person would call a burst. Less may be significant in a long recording, and is no news. */
const leastBusyRatio = 1.5;
const mostSilentRatio = 0.2;
const leastFunctionRatio = 2;
const leastGrowth = 0.1;

/**
 * Of a function's growth, how much must be found in what ran innermost. A caller that merely appears, since
 * it is compiled into its own caller no longer, moves no time.
 */
const leastMoved = 0.5;

/** A callee that holds so much of its caller's growth explains it better. */
const passedOnRatio = 0.9;

const mostBursts = 5;
const mostFunctionsNamed = 5;

type Scored = Pick<Departure, 'from' | 'to' | 'score'>;

/**
 * The time ranges in which the amount or the mix of work departs from the rest of a recording: more samples
 * than elsewhere, nearly none, or a function with many more than elsewhere. From 100 ms to a third of the
 * recording, by evidence.
 *
 * Every function's samples and all samples are scanned over time by `findDepartures`. Of runs that overlap
 * the one with the most evidence stays. A slope is no burst: it has no edge.
 *
 * Pods that were recorded at different times are evened out first.
 *
 * At most half a million samples, 512 functions and 1024 slices are looked at, so that it takes about half a
 * second at most: time grows with samples × depth, and with functions × slices.
 *
 * @param functionOf the frame that stands for the function of a frame; NO_FUNCTION for those that shall not
 * be named, as all but the app's own
 * @param takes which samples count: one event, none of an idle CPU
 * @returns at most five; none without times
 */
export function findBursts(
  profile: Profile,
  { functionOf, takes }: { functionOf: (frame: number) => number; takes: (sample: number) => boolean },
): Burst[] {
  const counted = countByTime(profile, functionOf, takes);
  if (counted === null) return [];
  const bins = evenOutPods(profile, counted);
  const sums = new ProfileSums(bins);
  const chosen: Scored[] = [];
  for (const departure of listDepartures(sums).sort((a, b) => b.score - a.score || a.from - b.from)) {
    if (chosen.length === mostBursts) break;
    if (chosen.every((other) => isApart(departure, other))) chosen.push(departure);
  }
  const elsewhere = listRest(chosen, bins.all.length);
  const rateElsewhere = sums.all.rate(...elsewhere);
  return chosen.map((run) => ({
    fromMs: run.from * bins.binMs,
    toMs: run.to * bins.binMs,
    // Not a number when bursts are everywhere.
    busyRatio: rateElsewhere > 0 ? sums.all.rate(run) / rateElsewhere : null,
    functions: listGrown(sums, run, elsewhere),
  }));
}

/** The bins of a recording as sums. */
class ProfileSums {
  readonly counts: TimeBins;
  readonly all: BinSums;
  readonly total: BinSums[];
  readonly self: BinSums[];

  constructor(counts: TimeBins) {
    this.counts = counts;
    this.all = new BinSums(counts.all);
    this.total = counts.functions.map(({ total }) => new BinSums(total));
    this.self = counts.functions.map(({ self }) => new BinSums(self));
  }

  share(sums: BinSums, ...runs: readonly Run[]): number {
    const all = this.all.in(...runs);
    return all === 0 ? 0 : sums.in(...runs) / all;
  }

  growth(sums: BinSums, run: Run, rest: readonly Run[]): number {
    return this.share(sums, run) - this.share(sums, ...rest);
  }
}

function listDepartures(sums: ProfileSums): Scored[] {
  const { all, functions } = sums.counts;
  const looks = (functions.length + 1) * (raisedRatios.length + silentRatios.length) * all.length;
  const threshold = Math.log(looks / falseAlarmRatio);
  const busier = findDepartures(all, { ratios: raisedRatios, threshold }).filter(
    ({ ratio, edgeRatio }) => Math.min(ratio, edgeRatio) >= leastBusyRatio,
  );
  const silent = findDepartures(all, { ratios: silentRatios, threshold }).filter(
    ({ ratio, edgeRatio }) => Math.max(ratio, edgeRatio) <= mostSilentRatio,
  );
  const mixed = functions.flatMap(({ total }, at) =>
    findDepartures(total, { ratios: raisedRatios, threshold }).filter(
      (departure) =>
        Math.min(departure.ratio, departure.edgeRatio) >= leastFunctionRatio &&
        isNoticeable(sums, sums.total[at]!, departure),
    ),
  );
  return [...busier, ...silent, ...mixed].filter(
    (run) => (run.to - run.from) * sums.counts.binMs >= shortestMs,
  );
}

/** Whether a function takes much more of the samples than in the rest, and the innermost functions agree. */
function isNoticeable(sums: ProfileSums, total: BinSums, run: Run): boolean {
  const rest = listRest([run], total.length);
  const growth = sums.growth(total, run, rest);
  if (growth < leastGrowth) return false;
  let moved = 0;
  for (const self of sums.self) moved += Math.max(0, sums.growth(self, run, rest));
  return moved >= growth * leastMoved;
}

/** Functions by growth, and of those that grew nearly as much as the first, the innermost first. */
function listGrown(sums: ProfileSums, run: Run, elsewhere: readonly Run[]): BurstFunction[] {
  const grown = sums.counts.functions
    .map(({ frame }, at) => {
      const share = sums.share(sums.total[at]!, run);
      const shareElsewhere = sums.share(sums.total[at]!, ...elsewhere);
      const growth = share - shareElsewhere;
      // What is as large elsewhere, like the loop around everything, explains less than what is only here.
      return {
        frame,
        share,
        shareElsewhere,
        growth,
        telling: (growth * growth) / share,
        self: sums.self[at]!,
      };
    })
    .filter(({ growth }) => growth >= leastGrowth)
    .sort((a, b) => b.telling - a.telling || a.frame - b.frame);
  const nearlyFirst = grown.filter(({ telling }) => telling >= grown[0]!.telling * passedOnRatio);
  const others = grown.slice(nearlyFirst.length);
  const innermostFirst = nearlyFirst.toSorted(
    (a, b) => sums.growth(b.self, run, elsewhere) - sums.growth(a.self, run, elsewhere),
  );
  return [...innermostFirst, ...others]
    .slice(0, mostFunctionsNamed)
    .map(({ frame, share, shareElsewhere }) => ({ frame, share, shareElsewhere }));
}
