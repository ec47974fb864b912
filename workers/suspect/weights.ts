import type { ChangeKind } from './change-kind.ts';

/** What the signals of a suspect are worth; chosen by `npm run bench:suspects -- --weigh` (see docs/suspects.md). */
export type Weights = {
  /** A function whose own code is what it was in the baseline, beside one that changed. */
  unchanged: number;
  /** One whose code differs in names alone. */
  renamed: number;
  /** One in which only texts or numbers differ. */
  literal: number;
  /** One that takes the same part of a caller as before, while all of the caller grew: it may run more often. */
  busier: number;
  /** For each own function between one that changed and the one in which the time is spent. */
  perLevel: number;
  /** A commit whose lines name what the time is spent in, beside one whose lines do not. */
  namesCallee: number;
};

export const weights: Weights = {
  unchanged: 0.3,
  renamed: 0.3,
  literal: 0.7,
  busier: 0.3,
  perLevel: 0.8,
  namesCallee: 2,
};

/** How likely a change of a kind makes a function slower, beside one of the code itself. */
export function worthOfChange(kind: ChangeKind, { literal, renamed }: Weights): number {
  return { same: 0, renamed, literal, real: 1 }[kind];
}
