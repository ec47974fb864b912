import { BinSums, divideRates, isApart, lengthOf, listRest, type Run } from './bin-runs.ts';
import { findMaximalSegments } from './maximal-segments.ts';

/** A run of bins in which a count departs from all the others. */
export type Departure = Run & {
  /** Its rate as a multiple of that of the rest; Infinity when the rest has none. */
  ratio: number;
  /** The same against as many bins before it, or after it where that is more. On a slope it is near 1. */
  edgeRatio: number;
  /** Log-likelihood ratio against "as in the rest", over how many times more than by chance the rest varies. */
  score: number;
};

/** What lasts longer is not the exception of a recording but its rule. */
const longestRatio = 1 / 3;

/** Runs about as far out as the one looked at are the same event come again, and no part of its rest. */
const twinRatio = 0.7;
/** But an event that comes again more often than this is how the program works. */
const mostTwins = 2;

/** The program's own variation is measured on at least so many stretches of the rest. */
const fewestStretches = 3;

/**
 * Runs of bins whose rate is about `ratios` times the mean, and significantly so.
 *
 * Each ratio r gives a bin of n samples the score of Wald's sequential test, n ln r − (r − 1) mean. Without
 * any departure the likelihood ratio has the mean 1, so a run that begins at a given bin reaches s with a
 * probability of e^−s at most: `threshold` = ln(bins × counts × ratios / α) corrects for all that is looked
 * at. The runs of the largest sums come in linear time.
 *
 * That is for chance alone (Poisson). Programs vary more, so the likelihood of each run is divided by
 * variance over mean of stretches of the rest that are as long as itself (quasi-Poisson).
 *
 * @see Kulldorff, "A spatial scan statistic" (1997) for the likelihood ratio
 * @see McCullagh and Nelder, "Generalized Linear Models" (1989), 6.2 for the division
 */
export function findDepartures(
  counts: Float64Array,
  { ratios, threshold }: { ratios: readonly number[]; threshold: number },
): Departure[] {
  const sums = new BinSums(counts);
  const longest = counts.length * longestRatio;
  const found = new Map<string, Run>();
  for (const ratio of ratios) {
    for (const { from, to, sum } of findMaximalSegments(scoreBins(counts, ratio, sums.all))) {
      if (sum >= threshold && to - from <= longest) found.set(`${from} ${to}`, { from, to });
    }
  }
  const runs = [...found.values()];
  return runs
    .map((run) => ({ run, twins: findTwins(run, runs, sums) }))
    .filter(({ twins }) => twins.length <= mostTwins)
    .map(({ run, twins }) => compareWithRest(run, twins, sums))
    .filter(({ score }) => score >= threshold);
}

function scoreBins(counts: Float64Array, ratio: number, sum: number): Float64Array {
  const perSample = Math.log(ratio);
  const perBin = ((ratio - 1) * sum) / counts.length;
  return counts.map((count) => count * perSample - perBin);
}

function findTwins(run: Run, runs: readonly Run[], sums: BinSums): Run[] {
  const rate = sums.rate(run);
  const twins: Run[] = [];
  for (const other of runs) {
    if (!isApart(other, run) || !twins.every((twin) => isApart(other, twin))) continue;
    const otherRate = sums.rate(other);
    if (isRaised(run, sums) ? otherRate >= rate * twinRatio : otherRate <= rate / twinRatio)
      twins.push(other);
  }
  return twins;
}

function compareWithRest(run: Run, twins: readonly Run[], sums: BinSums): Departure {
  const rate = sums.rate(run);
  const rest = listRest([run, ...twins], sums.length);
  const edges = listSides(run, sums.length).map((side) => divideRates(rate, sums.rate(side)));
  return {
    ...run,
    ratio: divideRates(rate, sums.rate(...rest)),
    edgeRatio: isRaised(run, sums) ? Math.max(...edges) : Math.min(...edges),
    score: likelihoodRatio(run, rest, sums) / measureVariation(rest, run.to - run.from, sums),
  };
}

function isRaised(run: Run, sums: BinSums): boolean {
  return sums.rate(run) > sums.all / sums.length;
}

/** Kulldorff's: how much likelier two rates are than one and the same. */
function likelihoodRatio(run: Run, rest: readonly Run[], sums: BinSums): number {
  const inside = sums.in(run);
  const outside = sums.in(...rest);
  const expected = ((inside + outside) * lengthOf([run])) / lengthOf([run, ...rest]);
  const gain = (count: number, mean: number) => (count === 0 ? 0 : count * Math.log(count / mean));
  return gain(inside, expected) + gain(outside, inside + outside - expected);
}

/**
 * Variance over mean of the sums of stretches of `length` bins, at least 1: for chance alone it is 1. Where
 * the rest is too short for three of them, shorter ones are taken and thought to go up and down together.
 */
function measureVariation(rest: readonly Run[], length: number, sums: BinSums): number {
  let together = 1;
  while (length > 1 && countStretches(rest, length) < fewestStretches) {
    length = Math.ceil(length / 2);
    together *= 2;
  }
  const values = listStretches(rest, length).map((stretch) => sums.in(stretch));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (mean === 0) return 1;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // Few stretches know their variance badly.
  const caution = 1 + 2 / countStretches(rest, length);
  return Math.max(1, (variance / mean) * caution * together);
}

/** Stretches of `length` bins, a quarter of that apart; they overlap. */
function listStretches(rest: readonly Run[], length: number): Run[] {
  const stretches: Run[] = [];
  for (const { from, to } of rest) {
    for (let at = from; at + length <= to; at += Math.ceil(length / 4))
      stretches.push({ from: at, to: at + length });
  }
  return stretches;
}

function countStretches(rest: readonly Run[], length: number): number {
  return rest.reduce((sum, { from, to }) => sum + Math.floor((to - from) / length), 0);
}

/** As many bins before and after a run as are in it; at the ends fewer, but not less than a quarter. */
function listSides({ from, to }: Run, binCount: number): Run[] {
  const length = to - from;
  return [
    { from: Math.max(0, from - length), to: from },
    { from: to, to: Math.min(binCount, to + length) },
  ].filter((side) => side.to > side.from && side.to - side.from >= length / 4);
}
