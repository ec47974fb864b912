import { describe, expect, test } from 'vitest';
import { type FlameGraphInput, layoutFlameGraph } from '../../renderers/flame-graph.ts';
import { drawFlameGraphPicture } from '../../workers/snapshot/picture.ts';
import { compareWithGolden, expectGolden, inkOutside } from '../support/images.ts';
import { inputOf, optionsOf } from './flame-graph-input.ts';

const small = { widthPx: 800 };

const shop = `
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts;lib:Decimal.round 38
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts 17
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts;rt:Collector.mark 6
  rt:start;rt:loop;handleCheckout;renderCart;lib:com.example.template.Engine.evaluate(java.util.Map) 9
  rt:start;rt:loop;handleCheckout;renderCart;parsePrice 1
  rt:start;rt:loop;handleSearch;lib:Index.find;parsePrice 2
  rt:start;rt:loop;handleSearch;lib:Index.find 7
  rt:start;rt:loop;k:entry_SYSCALL_64;k:do_syscall_64;k:vfs_write 12
  rt:start;?:[unknown] 8`;

const shopSuspects = [
  { rank: 1, name: 'computeDiscounts', share: 0.61, baselineShare: 0.08 },
  { rank: 2, name: 'parsePrice', share: 0.03, baselineShare: null },
];

const shopOptions = optionsOf({
  title: 'shop in demo',
  subtitle: '100 samples · cpu-clock at 99 Hz · 30.0 s · 2 pods',
  suspects: shopSuspects,
  ...small,
});

const shopInput = inputOf(shop, ['computeDiscounts', 'parsePrice']);

/** Names that would break a line, a direction or a buffer. */
const hostileNames = [
  'line one\nline two\r\n\ttabbed',
  'null\u0000byte',
  '\u202Egnp.reversed\u202C \u2066isolated',
  'x'.repeat(1_000_000),
  'emoji 🏔️ 👩‍👩‍👧 name',
  '<script>alert("x")</script> & <!channel>',
  `zalgo${'\u0338\u0300'.repeat(200)}`,
  'שלום עולם.سلام',
  '\uD800 lone surrogate',
  '',
];

describe('picture of a flame graph', () => {
  test('shows suspects, kinds of code and shares', async () => {
    const picture = await drawFlameGraphPicture({ input: shopInput, ...shopOptions });
    expect(picture.altText).toContain('1 computeDiscounts 61 %');
    await expectGolden('flame-graph-suspects', picture.bytes);
  });

  test('is as legible in the dark', async () => {
    const { bytes } = await drawFlameGraphPicture({ input: shopInput, ...shopOptions, theme: 'dark' });
    await expectGolden('flame-graph-dark', bytes);
  });

  test('has its root on top as an icicle', async () => {
    const picture = await drawFlameGraphPicture({ input: shopInput, ...shopOptions, isIcicle: true });
    expect(picture.altText).toMatch(/^Flame graph with its root on top of shop in demo\./);
    await expectGolden('icicle', picture.bytes);
  });

  test('shows another picture for another recording', async () => {
    const input = inputOf(shop.replace('computeDiscounts 17', 'computeDiscounts 27'), [
      'computeDiscounts',
      'parsePrice',
    ]);
    const { bytes: png } = await drawFlameGraphPicture({ input, ...shopOptions });
    expect(await compareWithGolden('flame-graph-suspects', png)).toMatchObject({
      how: expect.stringContaining('differs'),
    });
  });

  test('folds and cuts what is too deep, and says so', async () => {
    const recursion = Array.from({ length: 90 }, (_, index) => `visit${index % 3}`).join(';');
    const filters = Array.from({ length: 60 }, (_, index) => `lib:Filter${index}.doFilter`).join(';');
    const input = inputOf(`${filters};${recursion};compare 70\n${filters};visit0;sort 30`, ['compare']);
    const suspects = [{ rank: 1, name: 'compare', share: 0.7 }];
    const { bytes: png } = await drawFlameGraphPicture({ input, ...optionsOf({ suspects, ...small }) });
    await expectGolden('flame-graph-deep', png);
  });

  test('is decent without samples', async () => {
    const { bytes: png, altText } = await drawFlameGraphPicture({
      input: inputOf(''),
      ...optionsOf({ subtitle: '0 samples', ...small }),
    });
    expect(altText).toContain('no samples');
    await expectGolden('flame-graph-empty', png);
  });

  test('is decent with a single frame', async () => {
    const { bytes: png } = await drawFlameGraphPicture({
      input: inputOf('main 1'),
      ...optionsOf({ subtitle: '1 sample', ...small }),
    });
    await expectGolden('flame-graph-single-frame', png);
  });

  test('keeps its layout whatever the names', async () => {
    const plain = inputOf(hostileNames.map((_, index) => `main;name${index} ${10 + index}`).join('\n'), [
      'name3',
    ]);
    const name = (row: number) =>
      hostileNames[Number(/^name(\d)$/.exec(plain.name(row))?.[1] ?? -1)] ?? plain.name(row);
    const hostile: FlameGraphInput = { ...plain, name };
    const options = optionsOf({
      title: hostileNames.join(' '),
      subtitle: hostileNames.join(' '),
      suspects: hostileNames.slice(0, 6).map((each, index) => ({ rank: index + 1, name: each, share: 0.1 })),
    });
    const picture = await drawFlameGraphPicture({ input: hostile, ...options });
    const wanted = layoutFlameGraph(plain, options);
    expect(picture).toMatchObject({ widthPx: wanted.widthPx, heightPx: wanted.heightPx });
    expect(await inkOutside(picture.bytes, wanted.graph.leftPx, wanted.graph.rightPx)).toBe(0);
  });

  test('stays under 300 kB with thousands of boxes', async () => {
    const stacks = Array.from({ length: 1500 }, (_, index) => {
      const path = Array.from({ length: 3 + (index % 40) }, (_, depth) => `f${(index >> (depth % 9)) % 19}`);
      return `${path.join(';')} ${1 + (index % 7)}`;
    });
    const { bytes: png } = await drawFlameGraphPicture({ input: inputOf(stacks.join('\n')), ...optionsOf() });
    expect(png.byteLength).toBeLessThan(300_000);
  });
});
