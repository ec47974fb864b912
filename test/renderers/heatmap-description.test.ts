import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeHeatmap } from '../../renderers/heatmap.ts';
import { anyText } from './flame-graph-input.ts';
import { burstOf, heatmapOf, heatmapOptions } from './heatmap-input.ts';

const steady = heatmapOf(20, 50, () => 2);
const describeBursts = (...bursts: ReturnType<typeof burstOf>[]) =>
  describeHeatmap(steady, heatmapOptions({ title: '', subtitle: '', bursts }));

describe('description of a heatmap', () => {
  test('says when, how busy and what', () => {
    expect(describeHeatmap(steady, heatmapOptions({ bursts: [burstOf(4_100, 6_800)] }))).toBe(
      'Heatmap by second and millisecond of shop in demo. 2,970 samples. Steady, but for a burst from second ' +
        '4.1 to 6.8, 2.3 times as busy, mostly recomputeDiscounts (61 %, else 2.0 %).',
    );
  });

  test.each([
    [burstOf(0, 1000, { busyRatio: 1 }), 'second 0.0 to 1.0, mostly recomputeDiscounts'],
    [burstOf(0, 1000, { busyRatio: 1, functions: [] }), 'as busy as elsewhere.'],
    [burstOf(0, 1000, { busyRatio: 0, functions: [] }), 'silent.'],
    [burstOf(0, 1000, { busyRatio: 0.4, functions: [] }), 'only 40 % as busy.'],
    [burstOf(0, 1000, { busyRatio: null, functions: [] }), 'busy, and silent elsewhere.'],
    [burstOf(0, 1000, { busyRatio: 1234.5, functions: [] }), '1,235 times as busy.'],
    [
      burstOf(0, 1000, { functions: [{ function: 'f', share: 0.3, shareElsewhere: 0 }] }),
      'more f (30 %, else 0 %).',
    ],
  ])('finds words for each kind of burst: %#', (burst, words) => {
    expect(describeBursts(burst)).toContain(words);
  });

  test('numbers several', () => {
    const words = describeBursts(
      burstOf(4_000, 5_000),
      burstOf(9_000, 9_500, { busyRatio: 0, functions: [] }),
    );
    expect(words).toMatch(
      /Steady, but for 2 bursts: 1 from second 4\.0 .*; 2 from second 9\.0 to 9\.5, silent\.$/,
    );
  });

  test('says that there is none, what was asked for, and when it is empty', () => {
    expect(describeBursts()).toContain('No burst');
    const selected = { fromMs: 4_000, toMs: 7_000 };
    expect(describeHeatmap(steady, heatmapOptions({ selected }))).toContain(
      'Asked for is second 4.0 to 7.0.',
    );
    expect(
      describeHeatmap(
        heatmapOf(0, 50, () => 0),
        heatmapOptions(),
      ),
    ).toContain('no samples');
  });

  test('is one line of at most 1,000 characters whatever the names', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const functions = [{ function: text, share: 0.6, shareElsewhere: 0 }];
        const bursts = Array.from({ length: 9 }, () => burstOf(0, 1000, { functions }));
        const words = describeHeatmap(steady, heatmapOptions({ title: text, subtitle: text, bursts }));
        expect(words.length).toBeLessThanOrEqual(1000);
        expect(words).toMatch(/^[^\n\r\0]+$/);
      }),
    );
  });
});
