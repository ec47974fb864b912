import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutHeatmap } from '../../renderers/heatmap.ts';
import { anyBurst, anyHeatmap, burstOf, heatmapOf, heatmapOptions } from './heatmap-input.ts';

const steady = heatmapOf(20, 50, () => 2);

describe('layout of a heatmap', () => {
  test('gives each second a column, and each row the same height', () => {
    const layout = layoutHeatmap(steady, heatmapOptions());
    expect(layout).toMatchObject({
      widthPx: 1600,
      columns: 20,
      secondsPerColumn: 1,
      maximum: 2,
      rowHeightPx: 12,
    });
    expect(layout.cells.bottomPx - layout.cells.topPx).toBe(50 * 12);
  });

  test('frames the seconds that a burst touches, but none that it hardly does', () => {
    const frameOf = (fromMs: number, toMs: number) => {
      const { cells, frames } = layoutHeatmap(steady, heatmapOptions({ bursts: [burstOf(fromMs, toMs)] }));
      const second = (px: number) => Math.round(((px - cells.leftPx) / (cells.rightPx - cells.leftPx)) * 20);
      return [second(frames[0]!.leftPx), second(frames[0]!.rightPx)];
    };
    expect(frameOf(4_100, 6_800)).toEqual([4, 7]);
    expect(frameOf(3_950, 7_050)).toEqual([4, 7]);
    expect(frameOf(4_300, 4_600)).toEqual([4, 5]);
    expect(frameOf(19_950, 25_000)).toEqual([19, 20]);
  });

  test('moves numbers aside, so that none covers another', () => {
    const bursts = [4, 5, 6, 19].map((second) => burstOf(second * 1000, second * 1000 + 900));
    const narrow = heatmapOf(200, 50, () => 2);
    const { frames, cells } = layoutHeatmap(narrow, heatmapOptions({ bursts }));
    const places = frames.map(({ badgePx }) => badgePx).sort((a, b) => a - b);
    for (const [index, place] of places.slice(1).entries())
      expect(place - places[index]!).toBeGreaterThan(60);
    expect(places[0]).toBeGreaterThanOrEqual(cells.leftPx + 30);
  });

  test('labels seconds as often as there is room', () => {
    const ticksOf = (seconds: number) =>
      layoutHeatmap(
        heatmapOf(seconds, 10, () => 1),
        heatmapOptions(),
      ).ticks.seconds;
    expect(ticksOf(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ticksOf(60)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    expect(ticksOf(600)).toEqual([0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600]);
  });

  test('makes one column of several seconds where there are more of them than px', () => {
    const layout = layoutHeatmap(
      heatmapOf(7200, 10, () => 1),
      heatmapOptions(),
    );
    expect(layout.secondsPerColumn).toBe(5);
    expect(layout.columns).toBe(1440);
  });

  test('keeps everything inside the picture, for any recording', () => {
    const any = fc.record({
      bursts: fc.array(anyBurst, { maxLength: 5 }),
      startedAtMs: fc.constantFrom(null, Date.UTC(2026, 10, 25)),
      widthPx: fc.constantFrom(200, 800, 1600),
    });
    fc.assert(
      fc.property(anyHeatmap, any, (input, options) => {
        const selected = options.bursts[0] ?? null;
        const layout = layoutHeatmap(input, heatmapOptions({ ...options, selected }));
        const { cells, frames } = layout;
        expect(layout.notePx).toBeLessThan(layout.heightPx);
        expect(cells.topPx).toBeLessThan(cells.bottomPx);
        for (const { leftPx, rightPx, badgePx } of frames) {
          expect(leftPx).toBeGreaterThanOrEqual(cells.leftPx);
          expect(rightPx).toBeGreaterThanOrEqual(leftPx);
          expect(rightPx).toBeLessThanOrEqual(cells.rightPx);
          expect(badgePx).toBeLessThan(cells.rightPx);
        }
        expect(layout.selected?.rightPx ?? 0).toBeLessThanOrEqual(cells.rightPx);
      }),
      { numRuns: 60 },
    );
  });
});
