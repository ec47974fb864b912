import type { Theme } from './palette.ts';
import type { TimeOptions } from './time-layout.ts';

/** What a sample did: in a function that is marked, in other code of the app's own (each with what it calls), or neither. */
export const timelineKinds = ['marked', 'own', 'outside'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** What each thread did over time. */
export type TimelineInput = {
  binMs: number;
  /** Most samples first. */
  lanes: readonly {
    name: string;
    /** Of several pods; '' where there is one. */
    pod: string;
    sampleCount: number;
    /** Bin after bin: samples of kind k at `bin * 3 + k`. */
    counts: Float64Array;
  }[];
  /** The functions that are marked, for the legend. */
  marked: readonly string[];
};

export type TimelineOptions = TimeOptions & {
  fontFamily?: string | undefined;
  /** Light by default. */
  theme?: Theme | undefined;
};
