import type { CodeCategory } from './code-category.ts';
import type { Theme } from './palette.ts';

/** The functions of a selection, most self samples first. */
export type TopTableInput = {
  /** What all shares are of. */
  sampleCount: number;
  rows: readonly {
    name: string;
    /** File and line, or the module; '' when nobody knows. */
    place: string;
    category: CodeCategory;
    /** Samples that end in it, and the 95 % interval of their share. */
    self: number;
    low: number;
    high: number;
    /** Samples with it anywhere on the stack; recursion counts once. */
    total: number;
  }[];
};

export type TopTableOptions = {
  title: string;
  subtitle: string;
  /** 1600 by default. All sizes follow it. */
  widthPx?: number | undefined;
  fontFamily?: string | undefined;
  /** Light by default. */
  theme?: Theme | undefined;
};
