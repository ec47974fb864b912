import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeCategories } from '../../renderers/code-category.ts';
import { describeTopTable, layoutTopTable, type TopTableInput } from '../../renderers/top-table.ts';
import { drawTopTablePicture } from '../../workers/snapshot/picture.ts';
import { compareWithGolden, expectGolden, inkOutside } from '../support/images.ts';
import { anyText } from './flame-graph-input.ts';

const rowOf = (name: string, self: number, more: Partial<TopTableInput['rows'][number]> = {}) => ({
  name,
  place: '',
  category: 'library' as const,
  self,
  low: 0.02,
  high: 0.06,
  total: self,
  ...more,
});

const shop: TopTableInput = {
  sampleCount: 1000,
  rows: [
    rowOf('computeDiscounts', 380, {
      place: 'pricing.ts:12',
      category: 'own',
      total: 540,
      low: 0.35,
      high: 0.41,
    }),
    rowOf('com.example.template.Engine.evaluate(java.util.Map)', 90, { place: 'template.jar' }),
    rowOf('Collector.mark', 40, { category: 'runtime' }),
    rowOf('vfs_write', 1, { category: 'kernel', total: 700, low: 0.0002, high: 0.006 }),
  ],
};
const options = { title: 'shop in demo', subtitle: '1,000 samples · cpu-clock', widthPx: 800 };

describe('picture of the hottest functions', () => {
  test('shows shares with their interval, and how much is called', async () => {
    const { bytes, altText } = await drawTopTablePicture({ input: shop, ...options });
    expect(altText).toBe(
      'Hottest functions of shop in demo. 1,000 samples · cpu-clock. Samples end in: computeDiscounts 38 % ' +
        '(with callees 54 %), com.example.template.Engine.evaluate 9.0 % (with callees 9.0 %), Collector.mark 4.0 % ' +
        '(with callees 4.0 %), vfs_write 0.1 % (with callees 70 %).',
    );
    await expectGolden('top-table', bytes);
  });

  test('is as legible in the dark', async () => {
    const { bytes } = await drawTopTablePicture({ input: shop, ...options, theme: 'dark' });
    await expectGolden('top-table-dark', bytes);
  });

  test('is another picture for another recording', async () => {
    const input = { ...shop, rows: shop.rows.toReversed() };
    const { bytes } = await drawTopTablePicture({ input, ...options });
    expect(await compareWithGolden('top-table', bytes)).toMatchObject({
      how: expect.stringContaining('differs'),
    });
  });

  test('says when there is nothing', async () => {
    expect(describeTopTable({ sampleCount: 0, rows: [] }, options)).toContain('no samples');
    await drawTopTablePicture({ input: { sampleCount: 0, rows: [] }, ...options });
  });

  test('makes bars as wide as their share', () => {
    const { rows, namePx, graph } = layoutTopTable(shop, options);
    const widthPx = graph.rightPx - namePx;
    expect(rows.map(({ selfWidthPx }) => Math.round((selfWidthPx / widthPx) * 100))).toEqual([38, 9, 4, 0]);
    expect(rows.map(({ totalWidthPx }) => Math.round((totalWidthPx / widthPx) * 100))).toEqual([
      54, 9, 4, 70,
    ]);
  });

  test('keeps inside its margins, whatever the functions', async () => {
    const anyRow = fc.record({
      name: anyText,
      place: anyText,
      category: fc.constantFrom(...codeCategories),
      self: fc.nat({ max: 1000 }),
      low: fc.double({ min: 0, max: 1, noNaN: true }),
      high: fc.double({ min: 0, max: 1, noNaN: true }),
      total: fc.nat({ max: 1000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 20 }), async (rows) => {
        const input = { sampleCount: 1000, rows };
        const { graph, hiddenCount } = layoutTopTable(input, options);
        expect(hiddenCount).toBe(Math.max(0, rows.length - 12));
        const { bytes } = await drawTopTablePicture({ input, ...options });
        expect(await inkOutside(bytes, graph.leftPx, graph.rightPx)).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
