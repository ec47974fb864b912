import type { DifferentialInput } from './differential-input.ts';
import type { BoxStyle } from './flame-graph-style.ts';
import { formatPoints } from './format-points.ts';
import { formatShare } from './format-share.ts';

type Paint = { fill: string; text: string };

/** Changes of at least so much, the darkest colour for the last. The same in every picture, so that two compare. */
export const deltaSteps = [0.01, 0.03, 0.1, 0.3] as const;

/**
 * Orange is more, blue is less: the pair that colour-blind eyes tell apart, dark for much and light for little.
 * Red and green would be one colour to one man in twelve. The sign stands in the label.
 */
export const morePaint = [
  { fill: '#fde0bd', text: '#3a2408' },
  { fill: '#fdb469', text: '#2e1a04' },
  { fill: '#f07d1c', text: '#1d1002' },
  { fill: '#a83c00', text: '#ffffff' },
] as const satisfies readonly Paint[];
export const lessPaint = [
  { fill: '#d5e5f5', text: '#0f2840' },
  { fill: '#9dc6e8', text: '#0a2138' },
  { fill: '#4a91cc', text: '#04101c' },
  { fill: '#0b4380', text: '#ffffff' },
] as const satisfies readonly Paint[];
export const noisePaint = { fill: '#dededb', text: '#3a3a38' } as const satisfies Paint;

/** Less is a sliver, whose number says nothing. */
const leastShareShown = 0.01;

/** Colour and label tell the change; what may be chance is grey and bears its share alone. */
export function differentialStyle({ total, baseline, isAboveNoise }: DifferentialInput): BoxStyle {
  return {
    paint: (row) => (isAboveNoise(row) ? paintOfDelta(total[row]! - baseline[row]!) : noisePaint),
    labelAfter(row) {
      const share = total[row]! < leastShareShown ? '' : ` ${formatShare(total[row]!)}`;
      if (!isAboveNoise(row)) return [share, ''];
      const delta = ` ${formatPoints(total[row]! - baseline[row]!)}`;
      const isNew = baseline[row] === 0 ? ' new' : '';
      return [share + delta + isNew, delta + isNew, delta];
    },
  };
}

function paintOfDelta(delta: number): Paint {
  const step = deltaSteps.findLastIndex((least) => Math.abs(delta) >= least);
  return (delta > 0 ? morePaint : lessPaint)[Math.max(0, step)]!;
}
