import type { OwnTime } from './own-time.ts';
import { percent } from './phrases.ts';

/** Below it the JIT compiler has little left to do, on either side. */
const youngShare = 0.1;
/** Between two runs of one program, of equal length, on a machine that others use too, up to 1.4 were measured. */
const differentOdds = 2;

/**
 * Why two recordings can hardly be compared: one of them is of a process that had just started. A JIT compiler
 * inlines and drops other frames then, so that functions seem to have grown that are what they were.
 *
 * @returns for people; null when both are as old, or it cannot be told
 */
export function describeOtherAge(current: OwnTime, baseline: OwnTime): string | null {
  const [now, before] = [compilerShare(current), compilerShare(baseline)];
  if (Math.max(now, before) < youngShare) return null;
  const odds = (share: number) => share / (1 - share);
  const ratio = odds(Math.max(now, before)) / Math.max(1e-9, odds(Math.min(now, before)));
  if (ratio < differentOdds) return null;
  const shares = `the JIT compiler took ${percent(now)} of the samples, ${percent(before)} in the baseline`;
  return now > before
    ? `the process has just started (${shares}): compare again when it is warm`
    : `the baseline is of a process that had just started (${shares})`;
}

function compilerShare({ busy, compiling }: OwnTime): number {
  return compiling / Math.max(1, busy + compiling);
}
