import type { Theme } from './palette.ts';

export type PodStripPod = {
  pod: string;
  /** Busy samples: how long its bar is. */
  sampleCount: number;
  /** What it spent on the suspects, with what they call: share of its samples, by rank. */
  parts: readonly { rank: number; share: number }[];
  /** The same of all own code, suspects included. */
  ownShare: number;
  /** What sets it apart from the other pods; both null for a pod like the others. */
  apart: {
    /** Its samples as a multiple of the mean of the others. */
    busyRatio: number | null;
    function: { name: string; share: number; shareElsewhere: number } | null;
  };
};

export type PodStripOptions = {
  title: string;
  subtitle: string;
  /** 1600 by default. */
  widthPx?: number | undefined;
  fontFamily?: string | undefined;
  /** Light by default. */
  theme?: Theme | undefined;
};
