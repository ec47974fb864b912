import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeIndexedPng } from '../../../workers/snapshot/indexed-png.ts';
import { readPixels } from '../../support/images.ts';

function paint(
  widthPx: number,
  heightPx: number,
  colourAt: (at: number) => readonly [number, number, number],
) {
  const rgba = new Uint8Array(widthPx * heightPx * 4);
  for (let at = 0; at < widthPx * heightPx; at++) rgba.set([...colourAt(at), 255], at * 4);
  return rgba;
}

describe('PNG with a palette', () => {
  test('gives back every picture of up to 80 colours', async () => {
    const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(colour, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 600 }),
        async (colours, widthPx, choices) => {
          const heightPx = Math.ceil(choices.length / widthPx);
          const rgba = paint(widthPx, heightPx, (at) => colours[(choices[at] ?? 0) % colours.length]!);
          const read = await readPixels(await encodeIndexedPng(rgba, widthPx, heightPx));
          expect(read).toMatchObject({ widthPx, heightPx });
          expect(Buffer.compare(Buffer.from(read.rgba), Buffer.from(rgba))).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('makes the nearest of the frequent colours of those beyond 80', async () => {
    // Many greys and a red of many pixels, then one pixel that is nearly red.
    const rgba = paint(1000, 2, (at) => {
      if (at === 1999) return [250, 3, 3];
      return at % 2 === 0 ? [255, 0, 0] : [at % 255, at % 255, at % 255];
    });
    const read = await readPixels(await encodeIndexedPng(rgba, 1000, 2));
    expect([...read.rgba.subarray(1999 * 4)]).toEqual([255, 0, 0, 255]);
  });
});
