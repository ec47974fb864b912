import type { Theme } from './palette.ts';

/**
 * From one sample to the most in a cell. One hue that only gets darker, evenly: its order is seen by
 * colour-blind eyes and on a grey print too.
 */
const ramp: readonly (readonly [number, number, number])[] = [
  [254, 226, 190],
  [252, 174, 104],
  [230, 96, 60],
  [166, 24, 36],
  [74, 0, 22],
];

/** In the dark more is lighter; its last step would be lost against the background. */
const darkReach = 0.95;

/** As many as there are samples in the fullest cell, but no more: each is a pass of drawing. */
export const mostShades = 24;

type HeatmapPaint = {
  /** A cell without samples. */
  empty: string;
  /** The part that was asked for: blue, the other end of the scale for all eyes. */
  selected: string;
};

export const heatmapPaints: Record<Theme, HeatmapPaint> = {
  light: { empty: '#f6f5f2', selected: '#1f5fa8' },
  dark: { empty: '#232327', selected: '#7ab2f0' },
};

/** @param ratio of the most in any cell, above 0 up to 1 */
export function heatColour(ratio: number, theme: Theme): string {
  const depth = Math.min(1, Math.max(0, theme === 'light' ? ratio : 1 - ratio * darkReach));
  const at = depth * (ramp.length - 1);
  const [low, high] = [ramp[Math.floor(at)]!, ramp[Math.ceil(at)]!];
  const part = at - Math.floor(at);
  const channels = low.map((value, channel) => Math.round(value + (high[channel]! - value) * part));
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
