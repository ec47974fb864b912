import type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';

/**
 * A call tree of two recordings, callers first. `total` and `self` are those of the recording compared,
 * `baseline` the totals of the other; all of them normalised, so that 1 is all samples or one CPU.
 * `mark` is the rank of the growth a row belongs to.
 */
export type DifferentialInput = FlameGraphInput & {
  baseline: Float64Array;
  /** False where the change may be chance. */
  isAboveNoise(row: number): boolean;
};

/** What became of a function: `before` and `after` are its own values, with what is not in the app's code but called by it. */
export type FunctionDelta = { name: string; before: number; after: number };

export type DifferentialOptions = Omit<FlameGraphOptions, 'suspects'> & {
  /** What `title` is compared with; they share a line. */
  baselineTitle: string;
  /** What 1 is: all samples of a side, or one CPU for the time recorded. */
  unit: 'samples' | 'cpu';
  /** Largest first, above the noise; each of the first three has a line in large type and a badge. */
  growths: readonly FunctionDelta[];
  /** Those that shrank most; named in the alternative text. */
  shrinkages: readonly FunctionDelta[];
};

export const mostGrowthLines = 3;
