import { shortName } from './describe.ts';
import { formatShare } from './format-share.ts';
import type { HeatmapBurst } from './heatmap-input.ts';

/** `second 4.1 to 6.8`; after ten minutes whole seconds, as bounds are known no better then. */
export function describeBurstRange({ fromMs, toMs }: Pick<HeatmapBurst, 'fromMs' | 'toMs'>): string {
  const digits = toMs < 600_000 ? 1 : 0;
  const second = (ms: number) => (ms / 1000).toFixed(digits);
  return `second ${second(fromMs)} to ${second(toMs)}`;
}

/** `2.3 times as busy, mostly recomputeDiscounts (61 %, else 2.0 %)` */
export function describeBurst(burst: Pick<HeatmapBurst, 'busyRatio' | 'functions'>): string {
  const [first] = burst.functions;
  const shares =
    first === undefined ? '' : ` (${formatShare(first.share)}, else ${formatShare(first.shareElsewhere)})`;
  return describeBurstInShort(burst) + shares;
}

/** `2.3 times as busy, mostly recomputeDiscounts` */
export function describeBurstInShort({
  busyRatio,
  functions,
}: Pick<HeatmapBurst, 'busyRatio' | 'functions'>): string {
  const [first] = functions;
  if (first === undefined) return describeBusy(busyRatio);
  const what = `${first.share >= 0.5 ? 'mostly' : 'more'} ${shortName(first.function)}`;
  return isUsual(busyRatio) ? what : `${describeBusy(busyRatio)}, ${what}`;
}

function isUsual(ratio: number | null): boolean {
  return ratio !== null && ratio >= 0.8 && ratio < 1.2;
}

function describeBusy(ratio: number | null): string {
  if (ratio === null) return 'busy, and silent elsewhere';
  if (ratio < 0.05) return 'silent';
  if (isUsual(ratio)) return 'as busy as elsewhere';
  if (ratio < 1) return `only ${formatShare(ratio)} as busy`;
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString('en')} times as busy`;
}
