import { createCanvas } from 'canvas';
import { expect, test } from 'vitest';
import { measureWith } from '../../renderers/measure-text.ts';

test.each([
  'computeDiscounts',
  'com.example.Cart.total(int, java.lang.String)',
  'AVATAR LTd. Tomcat/Ty 11 % …',
  'µservice::größe',
  'שלום עולם سلام',
  '👩‍👩‍👧 emoji',
])('measure of %j is that of the canvas, but for kerning', (text) => {
  const context = createCanvas(10, 10).getContext('2d');
  context.font = '24px "DejaVu Sans", sans-serif';
  const measure = measureWith(context);
  const exactPx = context.measureText(text).width;
  expect(measure(text)).toBeGreaterThanOrEqual(exactPx - 1);
  expect(measure(text)).toBeLessThanOrEqual(exactPx * 1.05);
});
