import type { BoxStyle } from './flame-graph-style.ts';
import { palettes, type Theme } from './palette.ts';

/** Violet stands in no other scale here: dark among the light boxes, bright among the dark ones. */
export const foundPaints = {
  light: { fill: '#6d28d9', text: '#ffffff' },
  dark: { fill: '#c4a3ff', text: '#1c0a3a' },
} as const;

/** What a search finds stands out, all else steps back but keeps its label. */
export function searchStyle(style: BoxStyle, isFound: (row: number) => boolean, theme: Theme): BoxStyle {
  return { ...style, paint: (row) => (isFound(row) ? foundPaints[theme] : palettes[theme].rest) };
}
