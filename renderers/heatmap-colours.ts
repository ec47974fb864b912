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

/** As many as there are samples in the fullest cell, but no more: each is a pass of drawing. */
export const mostShades = 24;

export const heatmapPaint = {
  /** A cell without samples. */
  empty: '#f6f5f2',
  /** The part that was asked for: blue, the other end of the scale for all eyes. */
  selected: '#1f5fa8',
} as const;

/** @param ratio of the most in any cell, above 0 up to 1 */
export function shadeOf(ratio: number): string {
  const at = Math.min(1, Math.max(0, ratio)) * (ramp.length - 1);
  const [low, high] = [ramp[Math.floor(at)]!, ramp[Math.ceil(at)]!];
  const part = at - Math.floor(at);
  const channels = low.map((value, channel) => Math.round(value + (high[channel]! - value) * part));
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
