import { formatShare } from '../../renderers/format-share.ts';
import type { Quality } from '../../workers/jobs.ts';
import { formatAmount, formatCount } from './format-values.ts';

/** `Quality: 12,340 samples, 0 lost, 3.1 % without a name; a very thin recording` */
export function formatQuality({ sampleCount, lostCount, unknownRatio, remarks }: Quality): string {
  const counts = `${formatAmount(sampleCount, 'sample')}, ${formatCount(lostCount)} lost, ${formatShare(unknownRatio)} without a name`;
  return [`Quality: ${counts}`, ...remarks.slice(0, 4)].join('; ');
}
