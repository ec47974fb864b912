import type { Brush as AnyBrush } from './flame-graph-brush.ts';
import { heatColour, heatmapPaints, mostShades } from './heatmap-colours.ts';
import type { HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
import type { HeatmapLayout } from './heatmap-layout.ts';
import { fitSentence } from './label.ts';
import { drawSelectedLegend } from './time-page.ts';

type Brush = AnyBrush<HeatmapLayout>;

/** Milliseconds run upwards: people take that for granted the other way round. */
export function drawOffsets({ context, layout, palette, px, setFont }: Brush): void {
  const { leftPx, topPx, bottomPx } = layout.cells;
  setFont(27);
  context.fillStyle = palette.text;
  context.textAlign = 'right';
  for (const offsetMs of [0, 250, 500, 750]) {
    const yPx = bottomPx - ((bottomPx - topPx) * offsetMs) / 1000;
    context.fillRect(leftPx - px(10), yPx - 1, px(10), 2);
    context.fillText(String(offsetMs), leftPx - px(16), Math.min(yPx, bottomPx - px(10)));
  }
  context.fillText('ms ↑', leftPx - px(10), topPx - px(22));
  context.textAlign = 'left';
}

/** What the shades mean, and the bar where there is one. */
export function drawLegend(brush: Brush, { rows }: HeatmapInput, options: HeatmapOptions): void {
  const { context, layout, theme, palette, px, setFont } = brush;
  const measure = setFont(29);
  const middlePx = layout.legendPx + px(20);
  const drawText = (text: string, xPx: number) => {
    context.fillStyle = palette.text;
    context.fillText(text, xPx, middlePx);
    return xPx + measure(text);
  };
  const barPx = px(30);
  // A shade is a number of samples, as long as there are few.
  const steps = Math.max(1, Math.min(layout.maximum, mostShades));
  const stepPx = px(steps <= 8 ? 30 : 12);
  let xPx = drawText('0', layout.graph.leftPx) + px(12);
  for (let step = 0; step <= steps; step++, xPx += stepPx) {
    context.fillStyle = step === 0 ? heatmapPaints[theme].empty : heatColour(step / steps, theme);
    context.fillRect(xPx, middlePx - barPx / 2, stepPx, barPx);
  }
  const most = `${layout.maximum.toLocaleString('en')} sample${layout.maximum === 1 ? '' : 's'}`;
  xPx = drawText(`${most} in ${formatRow(rows)}`, xPx + px(12)) + px(40);
  if (options.selected !== null) drawSelectedLegend(brush, xPx, options.selected);
}

/** `20 ms`, or `20.4 ms` where rows do not divide the second. */
function formatRow(rows: number): string {
  const rowMs = 1000 / rows;
  return `${Number.isInteger(rowMs) ? rowMs : rowMs.toFixed(1)} ms`;
}

/** How to read it. */
export function drawNote({ context, layout, palette, px, setFont }: Brush, { rows }: HeatmapInput): void {
  const measure = setFont(21);
  const column =
    layout.secondsPerColumn === 1
      ? 'one second'
      : `${layout.secondsPerColumn} seconds, the fullest of each cell`;
  const note = `A column is ${column}, read upwards in steps of ${formatRow(rows)}. Second 0 is the first sample, as for --from.`;
  context.fillStyle = palette.quiet;
  context.fillText(
    fitSentence(note, layout.graph.rightPx - layout.graph.leftPx, measure),
    layout.graph.leftPx,
    layout.notePx + px(14),
  );
}

/** Where the cells would be. */
export function drawEmpty({ context, layout, palette, px, setFont }: Brush): void {
  const { leftPx, topPx, bottomPx } = layout.cells;
  setFont(40);
  context.fillStyle = palette.text;
  context.fillText('No samples', leftPx + px(24), (topPx + bottomPx) / 2);
}
