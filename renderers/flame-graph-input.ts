import type { CodeCategory } from './code-category.ts';
import type { Theme } from './palette.ts';

/** A call tree, callers first: `parent[row] < row`, row 0 is the root and its parent is -1. */
export type FlameGraphInput = {
  parent: Int32Array;
  /** In any unit, with all callees; `total[0]` is what all widths are measured against. */
  total: Float64Array;
  self: Float64Array;
  /** What `total` is compared with, in the same unit. Frames that changed apart are then not folded into one. */
  baseline?: Float64Array | undefined;
  name(row: number): string;
  category(row: number): CodeCategory;
  /** Rank of the suspect this row belongs to, from 1; 0 for none. */
  mark(row: number): number;
};

export type FlameGraphSuspect = {
  rank: number;
  name: string;
  share: number;
  /** The same share when all was well; left out or null without a baseline. */
  baselineShare?: number | null | undefined;
};

export type FlameGraphOptions = {
  /** One line in large type; '' for a picture without. */
  title: string;
  /** Samples, window, event, pods. */
  subtitle: string;
  /** In order of rank; each of the first five has a line in large type. */
  suspects: readonly FlameGraphSuspect[];
  /** Root on top, and callees below. */
  isIcicle?: boolean | undefined;
  /** 1600 by default. All sizes follow it. */
  widthPx?: number | undefined;
  /** By default 0.875 of the width: a higher picture shrinks in Slack, which fits it into a square. */
  maximumHeightPx?: number | undefined;
  /** Narrower boxes are drawn together with their siblings. */
  minimumWidthPx?: number | undefined;
  fontFamily?: string | undefined;
  /** Light by default. */
  theme?: Theme | undefined;
};
