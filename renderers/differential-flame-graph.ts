import type { Context2D } from './context-2d.ts';
import type { DifferentialInput, DifferentialOptions } from './differential-input.ts';
import type { DifferentialLayout } from './differential-layout.ts';
import { drawDeltaLegend, drawDifferentialHeader, drawElided } from './differential-page.ts';
import { differentialStyle } from './differential-style.ts';
import { drawBadge, placeBadges } from './flame-graph-badges.ts';
import { drawBoxes, drawLabels, drawSuspectFrames } from './flame-graph-boxes.ts';
import { makeBrush } from './flame-graph-brush.ts';
import { clearPage, drawEmpty, drawNote } from './flame-graph-page.ts';

export { describeDifferential } from './differential-description.ts';
export type { DifferentialInput, DifferentialOptions, FunctionDelta } from './differential-input.ts';
export { type DifferentialLayout, layoutDifferential } from './differential-layout.ts';

const hints = {
  samples: ['Width: share of samples now; dashed: in the baseline.', 'Signed: change in percentage points.'],
  cpu: ['Width: CPU time now; dashed: in the baseline.', '100 % is one CPU.'],
} as const;

/**
 * Paints a whole differential flame graph as layoutDifferential placed it; give it the same input and options.
 *
 *     now against healthy                        widths: the recording compared
 *     1,557 samples against 2,970 · cpu-clock · share of samples
 *     ① computeDiscounts +53  8.0 % → 61 %
 *     ├ ① +53 ─┬── 12 % ─┬ −4 ┐                  orange more, blue less, grey not told from chance
 *     └────────┴─────────┴────┴─┐
 *     Gone, or nearly: parse −30
 *     ┌╌╌╌╌╌╌╌╌╌╌╌┐
 *     ╎ parse −30 ╎
 *     less −30 … +30 more
 *
 * @param context of a canvas of `layout.flames.widthPx` by `layout.flames.heightPx`; all of it is painted over
 */
export function drawDifferential(
  context: Context2D,
  input: DifferentialInput,
  { flames, elided }: DifferentialLayout,
  options: DifferentialOptions,
): void {
  const brush = makeBrush(context, flames, options);
  const style = differentialStyle(input, options.theme);
  clearPage(brush);
  drawDifferentialHeader(brush, options);
  if (flames.boxes.row.length === 0) {
    drawEmpty(brush);
  } else {
    const badges = placeBadges(flames);
    drawBoxes(brush, style);
    drawLabels(brush, input, { style, badges });
    drawSuspectFrames(brush);
    for (const badge of badges) drawBadge(brush, badge);
  }
  if (elided !== null) drawElided(brush, elided, { input, style });
  drawDeltaLegend(brush, options.unit);
  drawNote(brush, { hints: hints[options.unit], foldedSign: '' });
}
