import type { Context2D } from './context-2d.ts';
import { makeBrush } from './flame-graph-brush.ts';
import { clearPage, drawHeader } from './flame-graph-page.ts';
import { drawCells } from './heatmap-cells.ts';
import type { HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
import type { HeatmapLayout } from './heatmap-layout.ts';
import { drawEmpty, drawLegend, drawNote, drawOffsets } from './heatmap-page.ts';
import { drawBurstLines, drawBursts, drawSelected, drawTimeAxis } from './time-page.ts';

export { describeHeatmap } from './heatmap-description.ts';
export type { HeatmapBurst, HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
export { layoutHeatmap } from './heatmap-layout.ts';

/**
 * Draws a sub-second offset heatmap: every second a column, read from the bottom up.
 *
 *     shop in prod
 *     2,970 samples · cpu-clock · 2 pods
 *     ① second 4.1 to 6.8  2.3 times as busy, mostly recomputeDiscounts
 *     ms ↑        ①
 *     750 │ · ░ ┌───┐ ·
 *     500 │ ░ · │█▓█│ ░
 *     250 │ · ░ │▓██│ ·
 *       0 │ ░ · └───┘ ░
 *           0 s   5 s     and the time of day where it is known
 *     0 ░▒▓█ 7 samples in 20 ms
 *
 * @param context of a canvas of `layout.widthPx` by `layout.heightPx`; all of it is painted over
 */
export function drawHeatmap(
  context: Context2D,
  input: HeatmapInput,
  layout: HeatmapLayout,
  options: HeatmapOptions,
): void {
  const brush = makeBrush(context, layout, options);
  clearPage(brush);
  drawHeader(brush, options);
  drawBurstLines(brush, options.bursts);
  drawCells(brush, input);
  if (layout.maximum === 0) drawEmpty(brush);
  drawOffsets(brush);
  drawTimeAxis(brush, options);
  drawSelected(brush);
  drawBursts(brush);
  if (layout.maximum > 0) drawLegend(brush, input, options);
  drawNote(brush, input);
}
