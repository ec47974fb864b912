import type { Context2D } from './context-2d.ts';
import { drawBadge, placeBadges } from './flame-graph-badges.ts';
import { drawBoxes, drawLabels, drawSuspectFrames } from './flame-graph-boxes.ts';
import { makeBrush } from './flame-graph-brush.ts';
import type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';
import type { FlameGraphLayout } from './flame-graph-layout.ts';
import {
  clearPage,
  drawEmpty,
  drawHeader,
  drawLegend,
  drawNote,
  drawSuspectLines,
} from './flame-graph-page.ts';
import { plainStyle } from './flame-graph-style.ts';

export { describeFlameGraph } from './flame-graph-description.ts';
export type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';
export { type FlameGraphLayout, layoutFlameGraph } from './flame-graph-layout.ts';

const hints = ['Width: share of samples.', 'Percent of a colour: samples that end in it.'];

/**
 * Paints a whole flame graph, or an icicle, as layoutFlameGraph placed it; give it the same input and options.
 *
 *     shop-demo, last 30 s                      large: legible when Slack shows a quarter of the size
 *     2,970 samples · cpu-clock · 2 pods
 *     ① computeDiscounts  61 %  was 8 %
 *     ┌────────┐
 *     ├ ①──────┴──┬───┐                         root at the bottom, hottest path along the left edge
 *     └───────────┴───┴──┐
 *     ■ own code 61 %  ■ libraries 20 % …
 *     what is not drawn
 *
 * @param context of a canvas of `layout.widthPx` by `layout.heightPx`; all of it is painted over
 */
export function drawFlameGraph(
  context: Context2D,
  input: FlameGraphInput,
  layout: FlameGraphLayout,
  options: FlameGraphOptions,
): void {
  const brush = makeBrush(context, layout, options);
  clearPage(brush);
  drawHeader(brush, options);
  drawSuspectLines(brush, options.suspects);
  if (layout.boxes.row.length === 0) {
    drawEmpty(brush);
    return;
  }
  const style = plainStyle(input, options.theme);
  const badges = placeBadges(layout);
  drawBoxes(brush, style);
  drawLabels(brush, input, { style, badges });
  drawSuspectFrames(brush);
  for (const badge of badges) drawBadge(brush, badge);
  drawLegend(brush, input);
  drawNote(brush, { hints, foldedSign: ' (+)' });
}
