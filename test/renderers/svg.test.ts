import { Parser } from 'htmlparser2';
import pixelmatch from 'pixelmatch';
import { describe, expect, test } from 'vitest';
import type { FlameGraphInput } from '../../renderers/flame-graph.ts';
import {
  drawDifferentialPicture,
  drawFlameGraphPicture,
  drawHeatmapPicture,
} from '../../workers/snapshot/picture.ts';
import { readPixels } from '../support/images.ts';
import { differentialOf, differentialOptionsOf } from './differential-input.ts';
import { inputOf, optionsOf } from './flame-graph-input.ts';
import { burstOf, heatmapOf, heatmapOptions } from './heatmap-input.ts';

const shop = inputOf(
  `
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts;lib:Decimal.round 38
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts 17
  rt:start;rt:loop;handleSearch;lib:Index.find 7
  rt:start;?:[unknown] 8`,
  ['computeDiscounts'],
);
const shopOptions = optionsOf({
  suspects: [{ rank: 1, name: 'computeDiscounts', share: 0.79, baselineShare: 0.08 }],
  widthPx: 800,
});

/** Letters are drawn by another engine in another font; boxes, frames and discs are not. */
const mostDiffering = 0.04;

/** The share of pixels by which two pictures differ; 1 when they are of different size. */
async function differenceOf(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [left, right] = [await readPixels(a), await readPixels(b)];
  if (left.widthPx !== right.widthPx || left.heightPx !== right.heightPx) return 1;
  const { widthPx, heightPx } = left;
  const differing = pixelmatch(left.rgba, right.rgba, undefined, widthPx, heightPx, { threshold: 0.1 });
  return differing / (widthPx * heightPx);
}

function elementsOf(svg: Uint8Array): { name: string; attributes: Record<string, string>; text: string }[] {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: number[] = [];
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        open.push(elements.length);
        elements.push({ name, attributes, text: '' });
      },
      ontext: (text) => {
        const at = open.at(-1);
        if (at !== undefined) elements[at]!.text += text;
      },
      onclosetag: () => open.pop(),
    },
    { xmlMode: true },
  );
  parser.end(new TextDecoder('utf-8', { fatal: true }).decode(svg));
  return elements;
}

describe('pictures as SVG', () => {
  test('show what the PNG shows', async () => {
    const asSvg = await drawFlameGraphPicture({ input: shop, kind: 'svg', ...shopOptions });
    const asPng = await drawFlameGraphPicture({ input: shop, ...shopOptions });
    expect(asSvg).toMatchObject({ widthPx: asPng.widthPx, heightPx: asPng.heightPx, altText: asPng.altText });
    expect(await differenceOf(asSvg.bytes, asPng.bytes)).toBeLessThan(mostDiffering);

    const another = await drawFlameGraphPicture({
      input: inputOf('main;sort 3\nmain;sum 2'),
      ...shopOptions,
    });
    expect(await differenceOf(asSvg.bytes, another.bytes)).toBeGreaterThan(mostDiffering);
  });

  test('show two recordings, and when the work was done', async () => {
    const difference = {
      input: differentialOf('main;parse 60\nmain;sort 40', 'main;sort 40\nmain;sum 60', ['sum']),
      ...differentialOptionsOf({ widthPx: 800 }),
    };
    const heatmap = {
      input: heatmapOf(20, 50, (second, row) => (second * 7 + row * 13) % 4),
      ...heatmapOptions({ bursts: [burstOf(4_000, 7_000)], startedAtMs: 0, widthPx: 800 }),
    };
    const pairs = [
      [
        await drawDifferentialPicture({ ...difference, kind: 'svg' }),
        await drawDifferentialPicture(difference),
      ],
      [await drawHeatmapPicture({ ...heatmap, kind: 'svg' }), await drawHeatmapPicture(heatmap)],
    ] as const;
    for (const [asSvg, asPng] of pairs) {
      expect(await differenceOf(asSvg.bytes, asPng.bytes)).toBeLessThan(mostDiffering);
    }
  });

  test('know every frame, with the names of those that only pass on', async () => {
    const chain = Array.from({ length: 60 }, (_, index) => `lib:Filter${index}.doFilter`).join(';');
    const input = inputOf(`${chain};handle 70\n${chain};render 30`);
    const { bytes } = await drawFlameGraphPicture({ input, kind: 'svg', ...shopOptions });
    const tree = JSON.parse(elementsOf(bytes).find(({ name }) => name === 'metadata')!.text);
    expect(tree.names).toEqual(expect.arrayContaining(['all', 'handle', 'render', 'Filter0.doFilter']));
    expect(tree.remarks.join()).toContain('passes on through Filter1.doFilter, Filter2.doFilter');
    expect(tree.remarks.join()).toContain('and 47 more');
  });

  test('are inert whatever the names', async () => {
    const names = [
      '<script>alert(1)</script>',
      ']]><script>',
      '"><a href="javascript:x">',
      '\u0000\u0008\ud800&lt;',
    ];
    const plain = inputOf(names.map((_, index) => `main;name${index} 10`).join('\n'));
    const input: FlameGraphInput = {
      ...plain,
      name: (row) => names[Number(/^name(\d)$/.exec(plain.name(row))?.[1] ?? -1)] ?? plain.name(row),
    };
    const options = optionsOf({ title: names.join(' '), subtitle: names.join(' ') });
    const { bytes } = await drawFlameGraphPicture({ input, kind: 'svg', ...options });
    const elements = elementsOf(bytes);
    expect(elements.filter(({ name }) => name === 'script')).toHaveLength(1);
    expect(elements.filter(({ name }) => name === 'a')).toHaveLength(0);
    const tree = JSON.parse(elements.find(({ name }) => name === 'metadata')!.text);
    expect(tree.names).toContain('<script>alert(1)</script>');
    const attributes = elements.flatMap((element) => Object.keys(element.attributes));
    expect(attributes.filter((name) => name.startsWith('on'))).toEqual([]);
  });

  test('name no other file and load nothing', async () => {
    const { bytes } = await drawFlameGraphPicture({ input: shop, kind: 'svg', ...shopOptions });
    const text = new TextDecoder().decode(bytes);
    expect(text.match(/https?:\/\/[^"'\s]+/g)!.toSorted()).toEqual([
      'http://www.w3.org/1999/xhtml',
      'http://www.w3.org/2000/svg',
      'http://www.w3.org/2000/svg',
    ]);
    expect(text).not.toMatch(/\bimport\b|fetch\(|XMLHttpRequest|url\(/);
  });
});
