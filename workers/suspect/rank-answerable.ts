import { estimateDifference, estimateShare } from '../../storage/profile/estimate.ts';
import type { ChangedFunction } from './changed-functions.ts';
import type { OwnFunction, OwnTime } from './own-time.ts';
import { quote } from './phrases.ts';
import { describeOtherAge } from './process-age.ts';
import {
  byStrength,
  countBefore,
  describe,
  isDoubtful,
  likelyRatio,
  lower,
  noiseShare,
  type RankedFunction,
  wantedSamples,
} from './rank-frames.ts';
import { cautiousCostRatio } from './statistics.ts';
import { weights as chosenWeights, type Weights, worthOfChange } from './weights.ts';

/** Functions that changed since the baseline, by key. */
export type ChangedFunctions = ReadonlyMap<string, ChangedFunction>;

/** As noiseShare, for a function that changed in between: what is expected needs less proof. */
const changedNoiseShare = 0.015;
const changedRatio = 1.15;
/** A caller with nearly all of the time grows too little for its growth to be missed. */
const widestCaller = 0.8;
const shiftedRatio = 0.6;

/**
 * With what changed since the baseline known: by the growth that a function answers for, which is its own and
 * that of the unchanged functions below it. One that did not change is named last, and with doubt.
 */
export function rankAnswerable(
  current: OwnTime,
  baseline: OwnTime,
  changed: ChangedFunctions,
  { maximum = 3, weights = chosenWeights }: { maximum?: number; weights?: Weights | undefined } = {},
): RankedFunction[] {
  if (current.busy < wantedSamples) return [];
  const isDoubted = isDoubtful(current, baseline);
  return [...current.functions.values()]
    .filter(({ answersFor }) => sum(answersFor) >= wantedSamples)
    .map((candidate) => {
      const change = changed.get(candidate.key) ?? null;
      const before = answersBefore(candidate, baseline);
      const levels = candidate.answersFor.map(
        (count, level) => count / current.busy - (before[level] ?? 0) / baseline.busy,
      );
      const weighed = levels.reduce((all, growth, level) => all + growth * weights.perLevel ** level, 0);
      const prior = change === null ? weights.unchanged : worthOfChange(change.kind, weights);
      const count = sum(candidate.answersFor);
      const share = estimateShare(count, current.busy);
      const baselineShare = estimateShare(sum(before), baseline.busy);
      const ranked = describe(candidate, count, share, baselineShare, isDoubted);
      const judged = judgeChange({ ...ranked, change }, current, baseline, changed);
      const busier = judged.busierCaller === null ? 1 : weights.busier;
      return { ...judged, score: weighed * prior * busier };
    })
    .filter(({ growth, change, score }) => {
      const least = isAnswerable(change) ? changedNoiseShare : noiseShare;
      return score > 0 && growth !== null && growth.low > 0 && growth.value >= least;
    })
    .filter((candidate) => !isShifted(candidate, current, baseline))
    .sort((a, b) => b.score - a.score || byStrength(a, b))
    .slice(0, maximum);
}

/** A change of its own code makes growth likelier; without one nobody can say more than that it grew. */
function judgeChange(
  candidate: RankedFunction,
  current: OwnTime,
  baseline: OwnTime,
  changed: ChangedFunctions,
): RankedFunction & { busierCaller: OwnFunction | null } {
  const { change, share, baselineShare, growth, count } = candidate;
  const busierCaller = findBusierCaller(candidate.function, current, baseline, changed);
  const weak = { ...candidate, confidence: 'weak' as const, busierCaller };
  if (!isAnswerable(change) || growth === null || baselineShare === null) {
    return { ...weak, doubt: 'code unchanged since the baseline: more load, other data or settings?' };
  }
  if (busierCaller !== null) {
    return { ...weak, doubt: `all of ${quote(busierCaller.name)} grew alike: it may run more often` };
  }
  const otherAge = describeOtherAge(current, baseline);
  if (otherAge !== null) return { ...weak, doubt: otherAge };
  const ratio = cautiousCostRatio(share, baselineShare);
  const isHigh = growth.low >= noiseShare && ratio >= likelyRatio && count >= 2 * wantedSamples;
  const isLikely = growth.low >= changedNoiseShare / 2 && ratio >= changedRatio;
  const judged = isHigh ? 'high' : isLikely ? 'likely' : 'weak';
  const confidence = isDoubtful(current, baseline) ? lower[judged] : judged;
  return { ...candidate, confidence, busierCaller: null };
}

/** Other names for the same things cost nothing. */
export function isAnswerable(change: ChangedFunction | null): boolean {
  return change !== null && change.kind !== 'renamed';
}

/** An unchanged caller of which the candidate takes the same part as before, while all of it grew. */
function findBusierCaller(
  candidate: OwnFunction,
  current: OwnTime,
  baseline: OwnTime,
  changed: ChangedFunctions,
): OwnFunction | null {
  for (const caller of callersOf(candidate, current)) {
    if (isAnswerable(changed.get(caller.key) ?? null) || caller.total * 0.9 < candidate.total) continue;
    const totalBefore = countBefore(caller, baseline, 'total');
    const grew = cautiousCostRatio(
      estimateShare(caller.total, current.busy),
      estimateShare(totalBefore, baseline.busy),
    );
    const partNow = estimateShare(candidate.total, caller.total);
    const partBefore = estimateShare(
      Math.min(totalBefore, countBefore(candidate, baseline, 'total')),
      totalBefore,
    );
    if (grew >= changedRatio && estimateDifference(partNow, partBefore).low <= 0) return caller;
  }
  return null;
}

/** Own functions further out, as long as nearly all comes from one. */
function callersOf(candidate: OwnFunction, { functions }: OwnTime): OwnFunction[] {
  const callers: OwnFunction[] = [];
  let current: OwnFunction | undefined = candidate;
  while (current?.caller !== null && current !== undefined && current.caller.ratio >= 0.9) {
    const caller = functions.get(current.caller.key);
    if (caller === undefined || caller === candidate || callers.includes(caller)) break;
    callers.push(caller);
    current = caller;
  }
  return callers;
}

/**
 * Whether cost only moved between functions: then what calls them all costs what it did. Growth of one part by g
 * lets a caller with share a grow by g · (1 − a) / (1 − share of the part).
 *
 * All shares are of the time under own functions: threads of the collector, which a function that allocates sets to
 * work, would else make its callers seem to have shrunk.
 */
function isShifted(
  { function: candidate, growth }: RankedFunction,
  current: OwnTime,
  baseline: OwnTime,
): boolean {
  if (growth === null) return false;
  const under = { now: timeUnderOwn(current), before: timeUnderOwn(baseline) };
  const before = sum(answersBefore(candidate, baseline)) / Math.max(1, under.before);
  const grew = sum(candidate.answersFor) / under.now - before;
  return callersOf(candidate, current).some((caller) => {
    const callerBefore = estimateShare(countBefore(caller, baseline, 'total'), under.before);
    if (callerBefore.value === 0 || callerBefore.value > widestCaller) return false;
    const expected = (grew * (1 - callerBefore.value)) / Math.max(0.01, 1 - before);
    const found = estimateDifference(estimateShare(caller.total, under.now), callerBefore);
    return found.high < expected * shiftedRatio;
  });
}

function timeUnderOwn({ busy, outside }: OwnTime): number {
  return busy - sum([...outside.values()]);
}

/** What the same function answered for in the baseline, by level; a loose match as in countBefore. */
function answersBefore({ key, looseKey }: OwnFunction, baseline: OwnTime): number[] {
  const exact = baseline.functions.get(key);
  if (exact !== undefined) return exact.answersFor;
  const levels: number[] = [];
  for (const other of baseline.functions.values()) {
    if (other.looseKey !== looseKey) continue;
    for (const [level, count] of other.answersFor.entries()) levels[level] = (levels[level] ?? 0) + count;
  }
  return levels;
}

function sum(levels: readonly number[]): number {
  return levels.reduce((all, count) => all + count, 0);
}
