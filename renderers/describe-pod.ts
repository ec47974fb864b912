import { shortName } from './describe.ts';
import { formatShare } from './format-share.ts';
import type { PodStripPod } from './pod-strip-input.ts';

/**
 * What sets a pod apart, in parts of which the first matter most; none for a pod like the others.
 *
 *     computeDiscounts 61 %, elsewhere 4.0 %
 *     2.4 times as busy
 */
export function describeApart({ busyRatio, function: departure }: PodStripPod['apart']): string[] {
  const parts: string[] = [];
  if (departure !== null) {
    const { name, share, shareElsewhere } = departure;
    parts.push(`${shortName(name)} ${formatShare(share)}, elsewhere ${formatShare(shareElsewhere)}`);
  }
  if (busyRatio !== null) {
    const times = busyRatio < 10 ? busyRatio.toFixed(1) : Math.round(busyRatio).toLocaleString('en');
    parts.push(busyRatio < 1 ? `only ${formatShare(busyRatio)} as busy` : `${times} times as busy`);
  }
  return parts;
}
