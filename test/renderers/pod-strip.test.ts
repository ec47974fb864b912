import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describePodStrip, layoutPodStrip, type PodStripPod } from '../../renderers/pod-strip.ts';
import { drawPodStripPicture } from '../../workers/snapshot/picture.ts';
import { expectGolden, inkOutside } from '../support/images.ts';
import { anyText } from './flame-graph-input.ts';

const podOf = (pod: string, sampleCount: number, more: Partial<PodStripPod> = {}): PodStripPod => ({
  pod,
  sampleCount,
  parts: [{ rank: 1, share: 0.04 }],
  ownShare: 0.6,
  apart: { busyRatio: null, function: null },
  ...more,
});

const sick = podOf('shop-7d9f8b6c5-x2k4p', 2_431, {
  parts: [
    { rank: 1, share: 0.61 },
    { rank: 2, share: 0.08 },
  ],
  ownShare: 0.85,
  apart: { busyRatio: 2.4, function: { name: 'computeDiscounts', share: 0.61, shareElsewhere: 0.04 } },
});
const pods = [podOf('shop-7d9f8b6c5-abcde', 1_012), podOf('shop-7d9f8b6c5-mnopq', 998), sick];
const options = {
  title: 'Pods of shop in prod',
  subtitle: '4,441 samples · cpu-clock · 3 pods',
  widthPx: 800,
};

const anyPod = fc.record({
  pod: anyText,
  sampleCount: fc.integer({ min: 0, max: 1_000_000 }),
  parts: fc.constantFrom(
    [],
    [{ rank: 1, share: 0.5 }],
    [
      { rank: 1, share: 0.4 },
      { rank: 12, share: 0.3 },
    ],
  ),
  ownShare: fc.double({ min: 0, max: 1, noNaN: true }),
  apart: fc.record({
    busyRatio: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    function: fc.option(
      fc.record({ name: anyText, share: fc.constant(0.4), shareElsewhere: fc.constant(0) }),
    ),
  }),
});

describe('picture of pods beside each other', () => {
  test('shows the odd one first, with what sets it apart', async () => {
    const { bytes, altText } = await drawPodStripPicture({ pods, ...options });
    expect(altText).toBe(
      'Pods beside each other: Pods of shop in prod. 4,441 samples · cpu-clock · 3 pods. One stands out. ' +
        'shop-7d9f8b6c5-x2k4p: computeDiscounts 61 %, elsewhere 4.0 %; 2.4 times as busy.',
    );
    expect(layoutPodStrip(pods, options).rows.map(({ index }) => index)).toEqual([2, 0, 1]);
    await expectGolden('pod-strip', bytes);
  });

  test('is as legible in the dark', async () => {
    const { bytes } = await drawPodStripPicture({ pods, ...options, theme: 'dark' });
    await expectGolden('pod-strip-dark', bytes);
  });

  test('says so when none stands out', () => {
    expect(describePodStrip(pods.slice(0, 2), options)).toContain('No pod stands out.');
  });

  test('counts the pods it has no room for', () => {
    const many = Array.from({ length: 40 }, (_, index) => podOf(`shop-${index}`, 100 + index));
    const { rows, hiddenCount } = layoutPodStrip(many, options);
    expect([rows.length, hiddenCount]).toEqual([12, 28]);
  });

  test('keeps its bars and its texts inside, whatever the pods', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPod, { maxLength: 20 }), async (any) => {
        const layout = layoutPodStrip(any, options);
        const { leftPx, rightPx } = layout.graph;
        for (const { segments } of layout.rows) {
          for (const [at, segment] of segments.entries()) {
            expect(segment.leftPx).toBeGreaterThanOrEqual(at === 0 ? leftPx : segments[at - 1]!.rightPx);
            expect(segment.rightPx).toBeLessThanOrEqual(rightPx);
          }
        }
        const { bytes } = await drawPodStripPicture({ pods: any, ...options });
        expect(await inkOutside(bytes, leftPx, rightPx)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });
});
