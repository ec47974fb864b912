import type { Format } from './recordings.ts';

/** Inputs from `first` up to `end`, each told by the seed and its number alone. */
export type FuzzTask = { format: Format; seed: number; first: number; end: number };

export type FromFuzzThread =
  | { kind: 'begin'; number: number }
  | { kind: 'end'; number: number; fault: string | null; isProfile: boolean };
