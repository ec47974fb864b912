import { describe, expect, test } from 'vitest';
import type { HeatmapInput, HeatmapOptions } from '../../renderers/heatmap.ts';
import { drawHeatmapPicture } from '../../workers/snapshot/picture.ts';
import { compareWithGolden, expectGolden, readPixels } from '../support/images.ts';
import { burstOf, heatmapOf, heatmapOptions } from './heatmap-input.ts';

const small = { widthPx: 800 };

async function paint(input: HeatmapInput, options: HeatmapOptions): Promise<Uint8Array> {
  return (await drawHeatmapPicture({ input, ...options })).bytes;
}

/** 1 or 2 samples a cell, from second 4 to 7 more, and none for a while later. */
function busyFrom(second: number, row: number): number {
  if (second === 14) return 0;
  const noise = (second * 31 + row * 17 + ((second * row) % 7)) % 3;
  return second >= 4 && second < 7 ? 3 + noise : noise;
}

const shop = heatmapOf(20, 50, busyFrom);
const shopOptions = heatmapOptions({
  subtitle: '2,970 samples · cpu-clock at 99 Hz · 20.0 s · 2 pods',
  bursts: [burstOf(4_000, 7_000), burstOf(14_000, 15_000, { busyRatio: 0, functions: [] })],
  startedAtMs: Date.UTC(2026, 10, 25, 3, 12, 30),
  selected: { fromMs: 5_000, toMs: 8_000 },
  ...small,
});

describe('picture of a heatmap', () => {
  test('shows bursts, axes, the time of day, and what was asked for', async () => {
    await expectGolden('heatmap-bursts', await paint(shop, shopOptions));
  });

  test('is as legible in the dark', async () => {
    await expectGolden('heatmap-dark', await paint(shop, { ...shopOptions, theme: 'dark' }));
  });

  test('is another picture for another recording', async () => {
    const later = heatmapOf(20, 50, (second, row) => busyFrom(second - 1, row));
    expect(await compareWithGolden('heatmap-bursts', await paint(later, shopOptions))).toMatchObject({
      how: expect.stringContaining('differs'),
    });
  });

  test('is decent without samples', async () => {
    const nothing = heatmapOf(0, 50, () => 0);
    await expectGolden(
      'heatmap-empty',
      await paint(nothing, heatmapOptions({ subtitle: '0 samples', ...small })),
    );
  });

  test('shows an hour', async () => {
    const hour = heatmapOf(3600, 49, (second, row) =>
      second > 1800 && second < 2000 ? 9 : (second + row) % 3,
    );
    const options = heatmapOptions({ bursts: [burstOf(1_800_000, 2_000_000)], ...small });
    await expectGolden('heatmap-hour', await paint(hour, options));
  });

  test('keeps inside its margins whatever the names', async () => {
    const hostile = ['x'.repeat(100_000), 'two\nlines\u202E\u0000', '\uD800 שלום 🏔️'];
    const bursts = hostile.map((name, index) =>
      burstOf(index * 5000, index * 5000 + 900, {
        functions: [{ function: name, share: 1, shareElsewhere: 0 }],
      }),
    );
    const options = heatmapOptions({
      title: hostile.join(' '),
      subtitle: hostile.join(' '),
      bursts,
      startedAtMs: 8.64e15,
      selected: { fromMs: -1e12, toMs: 1e15 },
      ...small,
    });
    const { rgba, widthPx } = await readPixels(await paint(shop, options));
    const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
    // Letters and frames lean over the edge of their place by a few px.
    const ink = pixels.filter((pixel, at) => {
      const x = at % widthPx;
      return (x < 16 - 4 || x >= widthPx - 16 + 4) && pixel !== 0xffffffff;
    });
    expect(ink).toHaveLength(0);
  });

  test('stays under 100 kB', async () => {
    const long = heatmapOf(600, 50, (second, row) => (second * 31 + row * 17) % 24);
    expect((await paint(long, heatmapOptions())).byteLength).toBeLessThan(100_000);
  });
});
