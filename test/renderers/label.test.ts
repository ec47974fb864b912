import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanLabel, fitLabel } from '../../renderers/label.ts';
import { anyText } from './flame-graph-input.ts';

/** Every character one px wide. */
const countCharacters = (text: string) => Array.from(text).length;

describe('label', () => {
  test.each([
    ['com.example.Cart.total(int, java.lang.String)', 60, 'com.example.Cart.total(int, java.lang.String)'],
    ['com.example.Cart.total(int, java.lang.String)', 30, 'com.example.Cart.total'],
    ['com.example.Cart.total(int, java.lang.String)', 12, '…Cart.total'],
    ['com.example.Cart.total(int, java.lang.String)', 7, '…total'],
    ['std::sort<int, std::less<int>>(int*, int*) const', 10, 'std::sort'],
    ['github.com/shop/cart.(*Cart).Total', 18, '…(*Cart).Total'],
    ['computeDiscounts', 12, 'compute…unts'],
    ['computeDiscounts', 6, 'compu…'],
    ['computeDiscounts', 4, ''],
    ['computeDiscounts', 0, ''],
    ['operator()', 9, 'operator'],
    ['node_modules/express/lib/router.js:12:5', 16, '…router.js:12:5'],
  ])('of %j in %i characters is %j', (name, width, label) => {
    expect(fitLabel(name, width, countCharacters)).toBe(label);
  });

  test('never is wider than its room', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 60 }), (name, width) => {
        expect(countCharacters(fitLabel(cleanLabel(name), width, countCharacters))).toBeLessThanOrEqual(
          width,
        );
      }),
    );
  });

  test.each([
    ['line\nbreak\r\n', 'line break'],
    ['a\u0000b\u0007c', 'abc'],
    ['\u202Egnp.exe\u202C', 'gnp.exe'],
    ['\u200Bzero\u200D\uFEFF', 'zero'],
    ['lone \uD83D surrogate', 'lone \uFFFD surrogate'],
    [`z${'\u0300'.repeat(50)}`, 'z\u0300\u0300'],
    ['\n\u0000\u202E', '(no name)'],
    ['<script>alert("x")</script>', '<script>alert("x")</script>'],
  ])('of hostile name %j is %j', (name, cleaned) => {
    expect(cleanLabel(name)).toBe(cleaned);
  });

  test('keeps both ends of a name of a megabyte', () => {
    const cleaned = cleanLabel(`begin${'x'.repeat(1_000_000)}end`);
    expect(cleaned).toMatch(/^beginx+…x+end$/);
    expect(cleaned).toHaveLength(400);
  });

  test('holds no control character whatever the name', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        expect(cleanLabel(name)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(cleanLabel(name).length).toBeGreaterThan(0);
      }),
    );
  });
});
