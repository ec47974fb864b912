import { joinSentences } from './describe.ts';
import { describeBurst, describeBurstRange } from './describe-burst.ts';
import type { HeatmapBurst, HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
import { cleanLabel } from './label.ts';

/**
 * What a heatmap shows, in words, for those who do not see it: whether the load is steady, and what departs
 * from that.
 *
 * @returns at most 1,000 characters, one line
 */
export function describeHeatmap(
  { counts }: HeatmapInput,
  { title, subtitle, bursts, selected }: HeatmapOptions,
): string {
  return joinSentences([
    `Heatmap by second and millisecond${title === '' ? '' : ` of ${cleanLabel(title)}`}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    counts.some((count) => count > 0) ? describeLoad(bursts) : 'It is empty: no samples.',
    selected === null ? '' : `Asked for is ${describeBurstRange(selected)}.`,
  ]);
}

export function describeLoad(bursts: readonly HeatmapBurst[]): string {
  const [first] = bursts;
  if (first === undefined) return 'No burst: nothing departs from the rest for long.';
  const described = bursts.map((burst) => `from ${describeBurstRange(burst)}, ${describeBurst(burst)}`);
  if (bursts.length === 1) return `Steady, but for a burst ${described[0]}.`;
  const numbered = described.map((words, index) => `${index + 1} ${words}`);
  return `Steady, but for ${bursts.length} bursts: ${numbered.join('; ')}.`;
}
