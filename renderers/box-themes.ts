import type { BoxStyle } from './flame-graph-style.ts';

/** Violet stands in no other scale here, and is dark among the light boxes. */
const foundPaint = { fill: '#6d28d9', text: '#ffffff' } as const;
const restPaint = {
  light: { fill: '#e9e8e4', text: '#55554f' },
  dark: { fill: '#34353a', text: '#c9c9c4' },
} as const;

export type Theme = 'light' | 'dark';

/** A style on a page of that theme: what is too narrow to draw is no light in the dark. */
export function themedStyle(style: BoxStyle, theme: Theme): BoxStyle {
  return theme === 'light' ? style : { ...style, rest: restPaint.dark };
}

/** What a search finds stands out, all else steps back but keeps its label. */
export function searchStyle(style: BoxStyle, isFound: (row: number) => boolean, theme: Theme): BoxStyle {
  return { ...style, paint: (row) => (isFound(row) ? foundPaint : restPaint[theme]) };
}
