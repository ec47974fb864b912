import type { Brush } from './flame-graph-brush.ts';

type LegendLayout = { scale: number; legendPx: number; graph: { leftPx: number } };

/**
 * Draws what colours mean, in one line from the left edge.
 *
 * @returns where the next entry would begin
 */
export function drawSwatches(
  { context, layout, palette, px, setFont }: Brush<LegendLayout>,
  entries: readonly { fill: string; text: string }[],
): number {
  const measure = setFont(29);
  const middlePx = layout.legendPx + px(20);
  const swatchPx = px(30);
  let xPx = layout.graph.leftPx;
  for (const { fill, text } of entries) {
    context.fillStyle = palette.quiet;
    context.fillRect(xPx, middlePx - swatchPx / 2, swatchPx, swatchPx);
    context.fillStyle = fill;
    context.fillRect(xPx + 1, middlePx - swatchPx / 2 + 1, swatchPx - 2, swatchPx - 2);
    xPx += swatchPx + px(12);
    context.fillStyle = palette.text;
    context.fillText(text, xPx, middlePx);
    xPx += measure(text) + px(40);
  }
  return xPx;
}
