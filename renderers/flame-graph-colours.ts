import type { CodeCategory } from './code-category.ts';

type Paint = {
  /** In legend and text. */
  label: string;
  /** Neighbours differ a little, so that boxes of one kind stay apart. Few, since each is a pass of drawing. */
  fills: readonly [string, string, string];
  text: string;
};

/**
 * Colours by kind of code. The app's own code is warm and strong, everything else steps back. Told apart
 * by lightness as well as by hue (dark slate, mid blue, mid orange, light sand, near white), so that the
 * kinds also differ for colour-blind eyes and on a grey print.
 */
export const categoryPaint: Record<CodeCategory, Paint> = {
  own: { label: 'own code', fills: ['#f58f29', '#fa9f42', '#f0832a'], text: '#1d1208' },
  library: { label: 'libraries', fills: ['#f3e3b5', '#eedcaa', '#f7e9c4'], text: '#3d3418' },
  runtime: { label: 'runtime', fills: ['#a9c3dd', '#b6cde4', '#9dbad6'], text: '#12263a' },
  kernel: { label: 'kernel', fills: ['#5d6b7c', '#677688', '#556271'], text: '#ffffff' },
  unknown: { label: 'unknown', fills: ['#e4e4e2', '#ebebe9', '#dedddb'], text: '#3a3a38' },
};

export const suspectPaint = { fill: '#c8102e', text: '#ffffff', outline: '#12100e' } as const;

/** Boxes that are no function: the root, and siblings too narrow to draw, taken together. */
export const neutralPaint = { root: '#d3d3d0', rest: '#f4f4f2', text: '#55554f' } as const;

export const pagePaint = {
  background: '#ffffff',
  title: '#12100e',
  text: '#33322e',
  quiet: '#6a6963',
  rule: '#d9d8d3',
} as const;

/** Which of a kind's fills a name gets: the same one in every picture. */
export function shadeOf(name: string): 0 | 1 | 2 {
  let hash = 0;
  for (let at = 0; at < name.length && at < 64; at++) hash = (hash * 31 + name.charCodeAt(at)) >>> 0;
  return (hash % 3) as 0 | 1 | 2;
}
