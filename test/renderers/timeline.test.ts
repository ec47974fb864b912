import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeTimeline,
  layoutTimeline,
  type TimelineInput,
  type TimelineOptions,
} from '../../renderers/timeline.ts';
import { drawTimelinePicture } from '../../workers/snapshot/picture.ts';
import { compareWithGolden, expectGolden, inkOutside } from '../support/images.ts';
import { anyText } from './flame-graph-input.ts';
import { burstOf } from './heatmap-input.ts';

/** A lane of bins, each `marked own outside`. */
function laneOf(name: string, bins: readonly (readonly [number, number, number])[], pod = '') {
  const counts = Float64Array.from(bins.flat());
  return { name, pod, counts, sampleCount: counts.reduce((sum, count) => sum + count, 0) };
}

const seconds = Array.from({ length: 90 }, (_, bin) => bin / 5);
const isBurst = (second: number) => second >= 4 && second < 7;
const shop: TimelineInput = {
  binMs: 200,
  lanes: [
    laneOf(
      'http-nio-8080-e 33',
      seconds.map((second, bin) => [isBurst(second) ? 9 : 0, 4 + (bin % 3), bin % 2]),
    ),
    laneOf(
      'C2 CompilerThread with a name that is longer than its place 26',
      seconds.map((second) => [0, 0, second < 13 ? 5 : 0]),
    ),
    laneOf(
      'GC Thread#0 15',
      seconds.map((_, bin) => [0, 0, bin === 40 ? 1 : 0]),
    ),
  ],
  marked: ['computeDiscounts'],
};
const options: TimelineOptions = {
  title: 'shop in demo',
  subtitle: '1,557 samples · cpu-clock at 99 Hz · 18.0 s',
  bursts: [burstOf(4_000, 7_000)],
  startedAtMs: Date.UTC(2026, 10, 25, 3, 12, 30),
  selected: { fromMs: 5_000, toMs: 8_000 },
  widthPx: 800,
};

const anyLane = fc.record({
  name: anyText,
  pod: fc.oneof(fc.constant(''), anyText),
  bins: fc.array(fc.tuple(fc.nat({ max: 1e6 }), fc.nat({ max: 9 }), fc.nat({ max: 3 })), {
    minLength: 1,
    maxLength: 300,
  }),
});

describe('picture of a timeline', () => {
  test('shows what each thread did, and the burst in it', async () => {
    const { bytes, altText } = await drawTimelinePicture({ input: shop, ...options });
    expect(altText).toBe(
      'Timeline by thread of shop in demo. 1,557 samples · cpu-clock at 99 Hz · 18.0 s. ' +
        `Steady, but for a burst from second 4.0 to 7.0, 2.3 times as busy, mostly recomputeDiscounts (61 %, else 2.0 %). ` +
        'Busiest: http-nio-8080-e 33 66 % (of it computeDiscounts 21 %, other own code 71 %); ' +
        '…with a name that is longer than its place 26 34 % (no own code); GC Thread#0 15 0.1 % (no own code). ' +
        'Asked for is second 5.0 to 8.0.',
    );
    await expectGolden('timeline', bytes);
  });

  test('is as legible in the dark', async () => {
    const { bytes } = await drawTimelinePicture({ input: shop, ...options, theme: 'dark' });
    await expectGolden('timeline-dark', bytes);
  });

  test('is another picture for another recording', async () => {
    const [busy, ...others] = shop.lanes;
    const input = { ...shop, lanes: [{ ...busy!, counts: busy!.counts.toReversed() }, ...others] };
    const { bytes } = await drawTimelinePicture({ input, ...options });
    expect(await compareWithGolden('timeline', bytes)).toMatchObject({
      how: expect.stringContaining('differs'),
    });
  });

  test('says when there is nothing', async () => {
    const nothing = { binMs: 0, lanes: [], marked: [] };
    expect(describeTimeline(nothing, options)).toContain('no samples');
    await drawTimelinePicture({ input: nothing, ...options });
  });

  test('draws the busiest threads, one below the other, and counts the others', () => {
    const lanes = Array.from({ length: 40 }, (_, index) => laneOf(`worker ${index}`, [[0, 40 - index, 0]]));
    const layout = layoutTimeline({ binMs: 200, lanes, marked: [] }, options);
    expect([layout.lanes.length, layout.hiddenCount]).toEqual([12, 28]);
    expect(layout.hiddenRatio).toBeCloseTo(406 / 820);
    for (const [row, { topPx, bottomPx }] of layout.lanes.entries()) {
      expect(topPx).toBeGreaterThanOrEqual(layout.lanes[row - 1]?.bottomPx ?? layout.cells.topPx);
      expect(bottomPx).toBeLessThanOrEqual(layout.cells.bottomPx);
    }
  });

  test('keeps inside its margins, whatever the threads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyLane, { maxLength: 15 }), anyText, async (any, marked) => {
        const bins = Math.max(1, ...any.map((lane) => lane.bins.length));
        const lanes = any.map((lane) =>
          laneOf(lane.name, [...lane.bins, ...Array(bins - lane.bins.length).fill([0, 0, 0])], lane.pod),
        );
        const input = { binMs: 200, lanes, marked: [marked] };
        const layout = layoutTimeline(input, options);
        const { bytes } = await drawTimelinePicture({ input, ...options });
        expect(await inkOutside(bytes, layout.graph.leftPx, layout.graph.rightPx)).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
