import type { CodeCategory } from './code-category.ts';

/** What a picture or a page is painted on. */
export type Theme = 'light' | 'dark';

type Paint = { fill: string; text: string };

type CategoryPaint = {
  /** Neighbours differ a little, so that boxes of one kind stay apart. Few, since each is a pass of drawing. */
  fills: readonly [string, string, string];
  text: string;
};

export type Palette = {
  background: string;
  title: string;
  text: string;
  quiet: string;
  rule: string;
  /** Figures of suspects and bursts, on the background. */
  alarm: string;
  category: Record<CodeCategory, CategoryPaint>;
  /** `outline` stands out from every box, and from the background. */
  suspect: Paint & { outline: string };
  /** The root's box is no function. */
  root: Paint;
  /** Siblings too narrow to draw, taken together. */
  rest: Paint;
};

/**
 * The app's own code is warm and strong, everything else steps back towards the background. Kinds are told
 * apart by lightness as well as by hue (on white: dark slate, mid blue, mid orange, light sand, near white;
 * in the dark turned round), so that they also differ for colour-blind eyes and on a grey print.
 */
export const palettes: Record<Theme, Palette> = {
  light: {
    background: '#ffffff',
    title: '#12100e',
    text: '#33322e',
    quiet: '#6a6963',
    rule: '#d9d8d3',
    alarm: '#c8102e',
    category: {
      own: { fills: ['#f58f29', '#fa9f42', '#f0832a'], text: '#1d1208' },
      library: { fills: ['#f3e3b5', '#eedcaa', '#f7e9c4'], text: '#3d3418' },
      runtime: { fills: ['#a9c3dd', '#b6cde4', '#9dbad6'], text: '#12263a' },
      kernel: { fills: ['#5d6b7c', '#677688', '#556271'], text: '#ffffff' },
      unknown: { fills: ['#e4e4e2', '#ebebe9', '#dedddb'], text: '#3a3a38' },
    },
    suspect: { fill: '#c8102e', text: '#ffffff', outline: '#12100e' },
    root: { fill: '#d3d3d0', text: '#55554f' },
    rest: { fill: '#f4f4f2', text: '#6a6963' },
  },
  dark: {
    background: '#17171a',
    title: '#f6f5f2',
    text: '#d6d5d0',
    quiet: '#a8a7a1',
    rule: '#3a3a3f',
    alarm: '#ff8b98',
    category: {
      own: { fills: ['#f09a3e', '#f5a854', '#ea8d30'], text: '#1d1208' },
      library: { fills: ['#5f5232', '#675a39', '#574b2d'], text: '#f3e9cc' },
      runtime: { fills: ['#3f6187', '#476a91', '#38587b'], text: '#e6f0fa' },
      kernel: { fills: ['#a9b5c3', '#b4bfcc', '#9eabba'], text: '#101820' },
      unknown: { fills: ['#3d3d42', '#434348', '#37373c'], text: '#dcdcd8' },
    },
    suspect: { fill: '#d61f3c', text: '#ffffff', outline: '#ffffff' },
    root: { fill: '#4c4c51', text: '#e4e4e0' },
    rest: { fill: '#26262a', text: '#c9c9c4' },
  },
};

/** The number of a suspect or burst: white on black, ringed in white, on whatever it stands. */
export const badgePaint = { disc: '#12100e', ring: '#ffffff' } as const;

/** Which of a kind's fills a name gets: the same one in every picture. */
export function shadeOf(name: string): 0 | 1 | 2 {
  let hash = 0;
  for (let at = 0; at < name.length && at < 64; at++) hash = (hash * 31 + name.charCodeAt(at)) >>> 0;
  return (hash % 3) as 0 | 1 | 2;
}
