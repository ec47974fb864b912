import { type Estimate, estimateDifference, estimateShare } from '../../storage/profile/estimate.ts';
import type { confidences } from '../jobs.ts';
import type { ChangedFunction } from './changed-functions.ts';
import type { OwnFunction, OwnTime } from './own-time.ts';
import { describeOtherAge } from './process-age.ts';
import { cautiousCostRatio } from './statistics.ts';

type Confidence = (typeof confidences)[number];

export type RankedFunction = {
  function: OwnFunction;
  /** Samples of the share: its own and those of skipped callees; of a whole region, with its own callees too. */
  count: number;
  share: Estimate;
  /** Null without a baseline. */
  baselineShare: Estimate | null;
  growth: Estimate | null;
  confidence: Confidence;
  /** The function in it that does the work, when it is named as the entry of a region that grew as a whole. */
  entryOf: OwnFunction | null;
  /** Null when it is what it was in the baseline, or that is not known. */
  change: ChangedFunction | null;
  /** What else speaks against it, for people. */
  doubt: string | null;
};

/** Fewer samples in a function than these say nothing about it (95 % interval of a share: ± 18 points and more). */
export const wantedSamples = 30;
/** Without a baseline, functions below this share are not worth a name. */
export const hotShare = 0.1;
/** Growth below this many points is what two runs of the same program differ by. */
export const noiseShare = 0.03;
/** Times as expensive, cautiously reckoned. */
export const likelyRatio = 1.5;
const highRatio = 2;
const highGrowth = 0.1;
/** Shares of a smaller baseline are known to 7 points at best. */
export const thinBaseline = 200;
export const lower = { high: 'likely', likely: 'weak', weak: 'weak' } as const satisfies Record<
  Confidence,
  Confidence
>;

/**
 * Own functions that may be the cause, likeliest first.
 *
 * With a baseline: by growth of the share that is a function's own (with skipped callees), so that a caller
 * is not blamed for what its callee grew. Without one: by that share itself. Nothing is named on thin
 * evidence; the result is then empty.
 */
export function rankFrames(current: OwnTime, baseline: OwnTime | null, maximum = 3): RankedFunction[] {
  if (current.busy < wantedSamples) return [];
  // What is hottest among the few that have names is chance.
  if (baseline === null && unknownShare(current) >= 0.5) return [];
  const ranked = [...current.functions.values()]
    .filter(({ self }) => self >= wantedSamples)
    .map((candidate) => compare(candidate, current, baseline))
    .filter(({ share, growth }) => (growth === null ? share.value >= hotShare : stands(growth)))
    .sort(byStrength);
  if (baseline === null) return ranked.slice(0, maximum);
  const doubt = describeOtherAge(current, baseline);
  return ranked
    .flatMap((candidate) => [candidate, ...findEntry(candidate, current, baseline)])
    .map((candidate) => (doubt === null ? candidate : { ...candidate, confidence: 'weak' as const, doubt }))
    .filter(
      (candidate, index, all) => all.findIndex((other) => other.function === candidate.function) === index,
    )
    .slice(0, maximum);
}

/** The share of samples that end in code without symbols. */
export function unknownShare({ work, busy }: OwnTime): number {
  return (work.get('unknown') ?? 0) / busy;
}

function stands(growth: Estimate): boolean {
  return growth.low > 0 && growth.value >= noiseShare;
}

export function byStrength(a: RankedFunction, b: RankedFunction): number {
  const strength = ({ growth, share }: RankedFunction) => growth?.value ?? share.value;
  return strength(b) - strength(a) || b.count - a.count || (a.function.key < b.function.key ? -1 : 1);
}

function compare(candidate: OwnFunction, current: OwnTime, baseline: OwnTime | null): RankedFunction {
  const share = estimateShare(candidate.self, current.busy);
  const before =
    baseline === null ? null : estimateShare(countBefore(candidate, baseline, 'self'), baseline.busy);
  return describe(candidate, candidate.self, share, before, isDoubtful(current, baseline));
}

/** With many unnamed samples, or few to compare with, the same figures say less. */
export function isDoubtful(current: OwnTime, baseline: OwnTime | null): boolean {
  return unknownShare(current) > 0.3 || (baseline !== null && baseline.busy < thinBaseline);
}

export function describe(
  candidate: OwnFunction,
  count: number,
  share: Estimate,
  baselineShare: Estimate | null,
  doubtful: boolean,
  entryOf: OwnFunction | null = null,
): RankedFunction {
  const growth = baselineShare === null ? null : estimateDifference(share, baselineShare);
  const judged = judge(count, share, baselineShare, growth);
  const confidence = doubtful ? lower[judged] : judged;
  const known = { change: null, doubt: null };
  return { function: candidate, count, share, baselineShare, growth, confidence, entryOf, ...known };
}

/** Hot is not changed: without a baseline nothing is more than likely. */
function judge(count: number, share: Estimate, before: Estimate | null, growth: Estimate | null): Confidence {
  if (before === null || growth === null) return share.low >= 0.3 && count >= 100 ? 'likely' : 'weak';
  const ratio = cautiousCostRatio(share, before);
  if (growth.low >= highGrowth && ratio >= highRatio && count >= 2 * wantedSamples) return 'high';
  return growth.low >= noiseShare && ratio >= likelyRatio ? 'likely' : 'weak';
}

/**
 * The same function in the baseline. Another revision may have it on other lines or in another folder: then
 * everything that could be it counts, so that it seems to have grown too little rather than too much.
 */
export function countBefore(
  { key, looseKey }: OwnFunction,
  baseline: OwnTime,
  measure: 'self' | 'total',
): number {
  const exact = baseline.functions.get(key);
  if (exact !== undefined) return exact[measure];
  let count = 0;
  for (const other of baseline.functions.values()) if (other.looseKey === looseKey) count += other[measure];
  return Math.min(count, baseline.busy);
}

/**
 * The caller through which the candidate came, when the caller grew as a whole: the candidate takes the
 * same part of it as before. Then the caller may run more often, rather than the candidate be slower.
 */
function findEntry(
  { function: candidate }: RankedFunction,
  current: OwnTime,
  baseline: OwnTime,
): RankedFunction[] {
  if (candidate.caller === null || candidate.caller.ratio < 0.9) return [];
  const caller = current.functions.get(candidate.caller.key);
  if (caller === undefined || caller.total < wantedSamples) return [];
  const share = estimateShare(caller.total, current.busy);
  const totalBefore = countBefore(caller, baseline, 'total');
  const before = estimateShare(totalBefore, baseline.busy);
  const partNow = estimateShare(candidate.total, caller.total);
  const partBefore = estimateShare(
    Math.min(totalBefore, countBefore(candidate, baseline, 'total')),
    totalBefore,
  );
  const grewInside = estimateDifference(partNow, partBefore).low > 0;
  if (grewInside || cautiousCostRatio(share, before) < highRatio) return [];
  return [describe(caller, caller.total, share, before, isDoubtful(current, baseline), candidate)];
}
