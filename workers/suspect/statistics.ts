import type { Estimate } from '../../storage/profile/estimate.ts';

/**
 * How many times as much a function costs beside all the rest: 2 when it became twice as slow and the
 * rest stayed. The interval ends nearest to each other are taken, so chance alone does not make it large.
 */
export function cautiousCostRatio(now: Estimate, before: Estimate): number {
  const odds = (share: number) => share / Math.max(1e-9, 1 - share);
  return odds(now.low) / Math.max(1e-9, odds(before.high));
}
