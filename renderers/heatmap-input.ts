import type { Theme } from './palette.ts';

/** Samples by second and by offset within it. */
export type HeatmapInput = {
  /** Column after column: the cell of second s and row r is at `s * rows + r`; row 0 is the first of its second. */
  counts: Uint32Array;
  rows: number;
};

/** A time range that departs from the rest. Times are since second 0 of the first column. */
export type HeatmapBurst = {
  fromMs: number;
  toMs: number;
  /** Samples a second as a multiple of those elsewhere; 0 is silent, null when it is silent elsewhere. */
  busyRatio: number | null;
  /** What grew most, by share of the samples; what explains it best first. */
  functions: readonly { function: string; share: number; shareElsewhere: number }[];
};

export type HeatmapOptions = {
  /** One line in large type; '' for a picture without. */
  title: string;
  /** Samples, window, event, pods. */
  subtitle: string;
  /** In the order of their numbers; each of the first three has a line in large type. */
  bursts: readonly HeatmapBurst[];
  /** Wall clock of second 0 (ms since 1970); null when nobody knows it. */
  startedAtMs: number | null;
  /** The part that was asked for; null for all of it. */
  selected: { fromMs: number; toMs: number } | null;
  /** 1600 by default. All sizes follow it. */
  widthPx?: number | undefined;
  fontFamily?: string | undefined;
  /** Light by default. */
  theme?: Theme | undefined;
};
