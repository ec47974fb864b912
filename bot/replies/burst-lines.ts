import { describeBurst, describeBurstRange } from '../../renderers/describe-burst.ts';
import type { ReportedBurst } from '../../workers/jobs.ts';

/** What the summary and the heatmap both say about a burst. */

/** `second 4.1 to 6.8, 2.3 times as busy, mostly recomputeDiscounts (61 %, else 2.0 %)` */
export function formatBurst(burst: ReportedBurst): string {
  return `${describeBurstRange(burst)}, ${describeBurst(burst)}`;
}

/** The options that select a burst, a little rather too much of it: `--from 4.1s --to 6.8s`. */
export function formatBurstOptions({ fromMs, toMs }: ReportedBurst): string {
  return `--from ${Math.floor(fromMs / 100) / 10}s --to ${Math.ceil(toMs / 100) / 10}s`;
}
