import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Context2D } from '../../renderers/context-2d.ts';
import {
  type DifferentialInput,
  type DifferentialOptions,
  describeDifferential,
  drawDifferential,
  layoutDifferential,
} from '../../renderers/differential-flame-graph.ts';
import { deltaPaints } from '../../renderers/differential-style.ts';
import type { FlameGraphLayout } from '../../renderers/flame-graph.ts';
import { formatPoints } from '../../renderers/format-points.ts';
import { palettes } from '../../renderers/palette.ts';
import { REST } from '../../renderers/place-boxes.ts';
import { drawDifferentialPicture } from '../../workers/snapshot/picture.ts';
import { contrast, deficiencies, distanceSeen } from '../support/colours.ts';
import { expectGolden, inkOutside } from '../support/images.ts';
import { differentialOf, differentialOptionsOf } from './differential-input.ts';
import { anyText, foldedStacks } from './flame-graph-input.ts';

const healthy = `
  rt:start;rt:loop;handle;parse;lib:decode 400
  rt:start;rt:loop;handle;render 600
  rt:start;rt:loop;handle;legacyPrice;lib:query 200
  rt:start;rt:loop;handle;computeDiscounts 100
  rt:start;rt:loop;k:write 700`;
const now = `
  rt:start;rt:loop;handle;parse;lib:decode 210
  rt:start;rt:loop;handle;render 90
  rt:start;rt:loop;handle;computeDiscounts 320
  rt:start;rt:loop;handle;auditTrail;lib:append 30
  rt:start;rt:loop;k:write 350`;
const shop = differentialOf(healthy, now, ['computeDiscounts', 'auditTrail']);
const shopOptions = differentialOptionsOf({
  growths: [
    { name: 'computeDiscounts', before: 0.05, after: 0.32 },
    { name: 'auditTrail', before: 0, after: 0.03 },
  ],
  shrinkages: [{ name: 'render', before: 0.3, after: 0.09 }],
});

/** So wide that the graph is 1000 px between its margins. */
const thousandPx = { widthPx: 1042 };

function formatBoxes(input: DifferentialInput, { boxes }: FlameGraphLayout): string[] {
  return Array.from(boxes.row, (row, box) => {
    const name = row === REST ? '…' : input.name(row);
    return `${'  '.repeat(boxes.depth[box]!)}${name} ${boxes.leftPx[box]}-${boxes.rightPx[box]}`;
  });
}

/** Every text that is drawn, in its order; each letter ten px wide. */
function textsOf(input: DifferentialInput, options: DifferentialOptions): string[] {
  const texts: string[] = [];
  const nothing = () => {};
  const context = {
    ...{ fillStyle: '', strokeStyle: '', font: '', lineWidth: 0, lineJoin: '', lineCap: '' },
    ...{ textAlign: '', textBaseline: '', fillRect: nothing, strokeRect: nothing, beginPath: nothing },
    ...{ moveTo: nothing, lineTo: nothing, arc: nothing, fill: nothing, stroke: nothing },
    setLineDash: nothing,
    measureText: (text: string) => ({ width: text.length * 10 }),
    fillText: (text: string) => void texts.push(text),
  } satisfies Context2D;
  drawDifferential(context, input, layoutDifferential(input, options), options);
  return texts;
}

describe('layout of a differential flame graph', () => {
  test('has the widths of what runs now, and what vanished in a strip of its own', () => {
    const { flames, elided } = layoutDifferential(shop, differentialOptionsOf(thousandPx));
    expect(formatBoxes(shop, flames)).toEqual([
      'all 21-1021',
      '  app 21-1021',
      '    start 21-1021',
      '      loop 21-1021',
      '        handle 21-671',
      '        write 671-1021',
      '          computeDiscounts 21-341',
      '          parse 341-551',
      '          render 551-641',
      '          auditTrail 641-671',
      '            decode 341-551',
      '            append 641-671',
    ]);
    expect(flames.narrowFrameCount, 'what vanished is not too narrow').toBe(0);
    expect(formatBoxes(shop, elided!.strip)).toEqual(['legacyPrice 21-121', '  query 21-121']);
    expect(elided!.strip.graph.bottomPx).toBeLessThan(flames.legendPx);
    expect(elided!.captionPx).toBeGreaterThan(flames.graph.bottomPx);
  });

  test('has no strip when nothing vanished', () => {
    const same = differentialOf(now, now);
    const { flames, elided } = layoutDifferential(same, differentialOptionsOf());
    expect(elided).toBeNull();
    expect(flames.heightPx).toBeLessThan(layoutDifferential(shop, differentialOptionsOf()).flames.heightPx);
  });

  test('draws more than is left at a smaller scale, and says which', () => {
    const quarter = {
      ...shop,
      total: shop.total.map((value) => value / 4),
      self: shop.self.map((value) => value / 4),
    };
    const { elided } = layoutDifferential(quarter, differentialOptionsOf(thousandPx));
    expect(elided!.reduction).toBeCloseTo(1.6);
    expect(textsOf(quarter, differentialOptionsOf()).join('\n')).toContain('drawn 1/1.6 as wide');
  });

  test('keeps frames apart that changed apart, where plain ones are folded', () => {
    const tower = Array.from({ length: 40 }, (_, index) => `rt:t${index}`).join(';');
    const before = `${tower};rt:head;rt:old 900\n${tower};rt:head;rt:new 100`;
    const after = `${tower};rt:head;rt:new 1000`;
    const input = differentialOf(before, after);
    const { flames } = layoutDifferential(input, differentialOptionsOf());
    const shown = Array.from(flames.boxes.row, (row) => input.name(row));
    expect(shown).toEqual(['all', 'app', 't0', 'new']);
  });

  test('is decent without samples now', () => {
    const input = differentialOf('main;work 1000', '');
    const { flames, elided } = layoutDifferential(input, differentialOptionsOf());
    expect(flames.boxes.row).toHaveLength(0);
    expect(elided).toBeNull();
    expect(textsOf(input, differentialOptionsOf())).toContain('No samples');
  });

  test('of any two recordings keeps all boxes inside, at one scale', () => {
    fc.assert(
      fc.property(foldedStacks, foldedStacks, (before, after) => {
        const input = differentialOf(before, after);
        const { flames, elided } = layoutDifferential(input, differentialOptionsOf());
        expect(flames.heightPx).toBeLessThanOrEqual(1401);
        for (const [layout, values] of [
          [flames, input.total],
          ...(elided === null ? [] : [[elided.strip, input.baseline] as const]),
        ] as const) {
          const { leftPx, rightPx } = layout.graph;
          for (const [box, row] of layout.boxes.row.entries()) {
            expect(layout.boxes.leftPx[box]).toBeGreaterThanOrEqual(leftPx);
            expect(layout.boxes.rightPx[box]).toBeLessThanOrEqual(rightPx);
            if (row === REST) continue;
            const exactPx = (values[row]! * (rightPx - leftPx)) / (layout === flames ? 1 : elided!.reduction);
            expect(
              Math.abs(layout.boxes.rightPx[box]! - layout.boxes.leftPx[box]! - exactPx),
            ).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a differential flame graph', () => {
  test('tells changes by sign and number, not by colour alone', () => {
    const texts = textsOf(shop, shopOptions);
    expect(texts.slice(0, 2)).toEqual([
      'now against healthy',
      '1,000 samples against 2,000 · share of samples',
    ]);
    const joined = texts.join('');
    for (const label of [
      'computeDiscounts+275.0 % → 32 %',
      'auditTrail+3.00 % → 3.0 %',
      'computeDiscounts 32 % +27',
      'render −21',
      'parse 21 %',
      'Gone, or nearly: legacyPrice −10',
      'less−30−10−3−1may be chance+1+3+10+30more, in percentage points',
    ]) {
      expect(joined).toContain(label);
    }
  });

  test('says that nothing grew', () => {
    expect(textsOf(differentialOf(now, now), differentialOptionsOf())).toContain(
      'Nothing grew above the noise',
    );
  });

  test('keeps both names in its title, whatever their length', () => {
    const [title] = textsOf(
      shop,
      differentialOptionsOf({
        title: `after ${'x'.repeat(300)}`,
        baselineTitle: `before ${'y'.repeat(300)}`,
      }),
    );
    expect(title).toMatch(/^.*x.* against .*y.*$/);
    expect(title!.length * 10).toBeLessThanOrEqual(1536);
  });

  test('describes itself in words', () => {
    expect(describeDifferential(shop, shopOptions)).toBe(
      'Differential flame graph: now against healthy. 1,000 samples against 2,000 · share of samples. ' +
        'Grew most, in percentage points: computeDiscounts +27 (5.0 % to 32 %), auditTrail +3.0 (0 % to 3.0 %). ' +
        'Shrank most: render −21 (30 % to 9.0 %). Gone, with its share of the baseline: legacyPrice 10 %.',
    );
  });

  test('is described in one line of at most 1,000 characters whatever the names', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const growths = Array.from({ length: 9 }, () => ({ name: text, before: 0, after: 0.1 }));
        const options = differentialOptionsOf({ title: text, baselineTitle: text, subtitle: text, growths });
        const description = describeDifferential({ ...shop, name: () => text }, options);
        expect(description.length).toBeLessThanOrEqual(1000);
        expect(description).toMatch(/^[^\n\r\0]+$/);
      }),
    );
  });
});

describe.each(['light', 'dark'] as const)('colours of a differential, %s', (theme) => {
  const { more, less, noise } = deltaPaints[theme];
  const paints = [...more, ...less, noise];

  test.each(paints)('bear their text: $fill with $text', ({ fill, text }) => {
    expect(contrast(fill, text)).toBeGreaterThan(4.5);
  });

  test('stand further from the background with the change', () => {
    for (const paint of [more, less]) {
      const contrasts = paint.map(({ fill }) => contrast(fill, palettes[theme].background));
      expect(contrasts).toEqual(contrasts.toSorted((a, b) => a - b));
    }
  });

  test.each(deficiencies)('of more and of less differ for eyes with %s', (deficiency) => {
    for (const [step, { fill }] of more.entries()) {
      for (const other of [less[step]!.fill, noise.fill]) {
        expect(distanceSeen(fill, other, deficiency)).toBeGreaterThan(0.08);
      }
    }
  });
});

describe('picture of a differential flame graph', () => {
  test('shows what grew, what shrank, what may be chance and what vanished', async () => {
    const { bytes: png, altText } = await drawDifferentialPicture({
      input: shop,
      ...shopOptions,
      widthPx: 800,
    });
    expect(altText).toContain('legacyPrice');
    await expectGolden('differential', png);
  });

  test('is as legible in the dark', async () => {
    const look = { ...shopOptions, theme: 'dark', widthPx: 800 } as const;
    const { bytes: png } = await drawDifferentialPicture({ input: shop, ...look });
    await expectGolden('differential-dark', png);
  });

  test('is grey where nothing changed', async () => {
    const options = differentialOptionsOf({ widthPx: 800 });
    const { bytes: png } = await drawDifferentialPicture({ input: differentialOf(now, now), ...options });
    await expectGolden('differential-nothing', png);
  });

  test('keeps its layout whatever the names', async () => {
    const name = (row: number) => ['\u202Egnp', 'x'.repeat(100_000), 'a\nb', '', '<!channel>'][row % 5]!;
    const growths = [0, 1, 2].map((row) => ({ name: name(row), before: 0.1, after: 0.9 }));
    const options = differentialOptionsOf({
      title: name(1),
      baselineTitle: name(1),
      subtitle: name(1),
      growths,
    });
    const input = { ...shop, name };
    const { graph } = layoutDifferential(input, options).flames;
    const { bytes: png } = await drawDifferentialPicture({ input, ...options });
    expect(await inkOutside(png, graph.leftPx, graph.rightPx)).toBe(0);
  });
});

test.each([
  [0.126, '+13'],
  [-0.126, '−13'],
  [0.0512, '+5.1'],
  [-0.0996, '−10'],
  [0.0004, '±0'],
  [0, '±0'],
  [1.5, '+150'],
])('%d points are written %s', (delta, text) => {
  expect(formatPoints(delta)).toBe(text);
});
