import type { DifferentialInput } from './differential-input.ts';
import type { BoxStyle } from './flame-graph-style.ts';
import { formatPoints } from './format-points.ts';
import { formatShare } from './format-share.ts';
import type { Theme } from './palette.ts';

type Paint = { fill: string; text: string };

/** Changes of at least so much, the darkest colour for the last. The same in every picture, so that two compare. */
export const deltaSteps = [0.01, 0.03, 0.1, 0.3] as const;

type Four = readonly [Paint, Paint, Paint, Paint];

/**
 * Orange is more, blue is less: the pair that colour-blind eyes tell apart, further from the background for
 * much than for little. Red and green would be one colour to one man in twelve. The sign stands in the label.
 */
export const deltaPaints: Record<Theme, { more: Four; less: Four; noise: Paint }> = {
  light: {
    more: [
      { fill: '#fde0bd', text: '#3a2408' },
      { fill: '#fdb469', text: '#2e1a04' },
      { fill: '#f07d1c', text: '#1d1002' },
      { fill: '#a83c00', text: '#ffffff' },
    ],
    less: [
      { fill: '#d5e5f5', text: '#0f2840' },
      { fill: '#9dc6e8', text: '#0a2138' },
      { fill: '#4a91cc', text: '#04101c' },
      { fill: '#0b4380', text: '#ffffff' },
    ],
    noise: { fill: '#dededb', text: '#3a3a38' },
  },
  dark: {
    more: [
      { fill: '#84501a', text: '#fdeedc' },
      { fill: '#ab6117', text: '#ffffff' },
      { fill: '#ee943c', text: '#1d1002' },
      { fill: '#ffd0a0', text: '#2e1a04' },
    ],
    less: [
      { fill: '#2b5a8c', text: '#e3effb' },
      { fill: '#3573b0', text: '#ffffff' },
      { fill: '#77b3e6', text: '#04101c' },
      { fill: '#c3e1fa', text: '#0a2138' },
    ],
    noise: { fill: '#323236', text: '#d6d5d0' },
  },
};

/** Less is a sliver, whose number says nothing. */
const leastShareShown = 0.01;

/** Colour and label tell the change; what may be chance is grey and bears its share alone. */
export function differentialStyle(
  { total, baseline, isAboveNoise }: DifferentialInput,
  theme: Theme = 'light',
): BoxStyle {
  const { more, less, noise } = deltaPaints[theme];
  return {
    paint(row) {
      if (!isAboveNoise(row)) return noise;
      const delta = total[row]! - baseline[row]!;
      return (delta > 0 ? more : less)[stepOf(delta)]!;
    },
    labelAfter(row) {
      const share = total[row]! < leastShareShown ? '' : ` ${formatShare(total[row]!)}`;
      if (!isAboveNoise(row)) return [share, ''];
      const delta = ` ${formatPoints(total[row]! - baseline[row]!)}`;
      const isNew = baseline[row] === 0 ? ' new' : '';
      return [share + delta + isNew, delta + isNew, delta];
    },
  };
}

function stepOf(delta: number): number {
  return Math.max(
    0,
    deltaSteps.findLastIndex((least) => Math.abs(delta) >= least),
  );
}
