import type { Context2D } from './context-2d.ts';
import type { MeasureText } from './label.ts';

/** Letters whose widths simply add up: no joining, no marks on top, no pairs in surrogates. */
const plainText = /^[\u0020-\u007e\u00a0-\u024f\u2026]*$/u;

/**
 * Measures in the context's present font. Asking the canvas for one text takes 22 µs and a label takes
 * several tries, so plain text is added up from widths of its letters, each asked for once; kerning is
 * left out, which is a px at most in a label. Other scripts are measured whole.
 */
export function measureWith(context: Context2D): MeasureText {
  const { font } = context;
  const widths = new Map<string, number>();
  return (text) => {
    if (!plainText.test(text)) {
      context.font = font;
      return context.measureText(text).width;
    }
    let sum = 0;
    for (const character of text) {
      let width = widths.get(character);
      if (width === undefined) {
        context.font = font;
        width = context.measureText(character).width;
        widths.set(character, width);
      }
      sum += width;
    }
    return sum;
  };
}
