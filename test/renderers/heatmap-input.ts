import * as fc from 'fast-check';
import type { HeatmapBurst, HeatmapInput, HeatmapOptions } from '../../renderers/heatmap.ts';

/** `rows` cells a second, each with what `countOf` gives. */
export function heatmapOf(
  seconds: number,
  rows: number,
  countOf: (second: number, row: number) => number,
): HeatmapInput {
  const counts = Uint32Array.from({ length: seconds * rows }, (_, cell) =>
    countOf(Math.floor(cell / rows), cell % rows),
  );
  return { counts, rows };
}

export function heatmapOptions(options: Partial<HeatmapOptions> = {}): HeatmapOptions {
  return {
    title: 'shop in demo',
    subtitle: '2,970 samples',
    bursts: [],
    startedAtMs: null,
    selected: null,
    ...options,
  };
}

export function burstOf(fromMs: number, toMs: number, burst: Partial<HeatmapBurst> = {}): HeatmapBurst {
  return {
    fromMs,
    toMs,
    busyRatio: 2.3,
    functions: [{ function: 'recomputeDiscounts', share: 0.61, shareElsewhere: 0.02 }],
    ...burst,
  };
}

/** Any heatmap: a moment or hours, empty or full. */
export const anyHeatmap = fc
  .record({
    size: fc.oneof(
      fc.record({ seconds: fc.integer({ min: 0, max: 40 }), rows: fc.constantFrom(1, 10, 49, 50, 99, 200) }),
      fc.record({ seconds: fc.integer({ min: 1000, max: 5000 }), rows: fc.constantFrom(1, 4) }),
    ),
    most: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ size: { seconds, rows }, most }) =>
    heatmapOf(seconds, rows, (second, row) => (second * 7 + row * 13) % (most + 1)),
  );

export const anyBurst = fc
  .tuple(fc.double({ min: 0, max: 60_000, noNaN: true }), fc.double({ min: 20, max: 60_000, noNaN: true }))
  .map(([fromMs, lengthMs]) => burstOf(fromMs, fromMs + lengthMs));
