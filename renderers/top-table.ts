import { categoryLabels, codeCategories } from './code-category.ts';
import type { Context2D } from './context-2d.ts';
import { joinSentences, shortName } from './describe.ts';
import { type Brush as AnyBrush, makeBrush } from './flame-graph-brush.ts';
import { clearPage, drawHeader } from './flame-graph-page.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';
import { drawSwatches } from './legend.ts';
import type { TopTableInput, TopTableOptions } from './top-table-input.ts';
import { layoutTopTable, type TopTableLayout } from './top-table-layout.ts';

export type { TopTableInput, TopTableOptions } from './top-table-input.ts';
export { layoutTopTable };

type Brush = AnyBrush<TopTableLayout>;

/** Fewer are named in words: who listens cannot skim. */
const mostDescribed = 8;

/**
 * Draws the functions that the samples end in, hottest first.
 *
 *      self   total   function
 *      38 %    54 %   computeDiscounts  pricing.ts:12
 *     35-41           ██████████▒▒▒▒▒
 *       9 %     9 %   Decimal.round  lib/decimal.ts
 *      7-11           ███
 *
 * @param context of a canvas of `layout.widthPx` by `layout.heightPx`; all of it is painted over
 */
export function drawTopTable(
  context: Context2D,
  input: TopTableInput,
  layout: TopTableLayout,
  options: TopTableOptions,
): void {
  const brush = makeBrush(context, layout, options);
  clearPage(brush);
  drawHeader(brush, options);
  drawHead(brush);
  if (layout.rows.length === 0) drawEmpty(brush);
  for (const [index, place] of layout.rows.entries()) drawRow(brush, input, index, place);
  drawLegend(brush, input);
  drawNote(brush);
}

/**
 * The same in words.
 *
 * @returns at most 1,000 characters, one line
 */
export function describeTopTable(
  { rows, sampleCount }: TopTableInput,
  { title, subtitle }: TopTableOptions,
): string {
  const share = (count: number) => formatShare(count / sampleCount);
  const described = rows
    .slice(0, mostDescribed)
    .map(({ name, self, total }) => `${shortName(name)} ${share(self)} (with callees ${share(total)})`);
  return joinSentences([
    `Hottest functions${title === '' ? '' : ` of ${cleanLabel(title)}`}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    described.length === 0 ? 'It is empty: no samples.' : `Samples end in: ${described.join(', ')}.`,
  ]);
}

function drawHead({ context, layout, palette, px, setFont }: Brush): void {
  const middlePx = layout.headPx + px(14);
  setFont(24);
  context.fillStyle = palette.quiet;
  context.textAlign = 'right';
  context.fillText('self', layout.selfPx, middlePx);
  context.fillText('total', layout.totalPx, middlePx);
  context.textAlign = 'left';
  context.fillText('function', layout.namePx, middlePx);
}

function drawRow(
  brush: Brush,
  { rows, sampleCount }: TopTableInput,
  index: number,
  place: TopTableLayout['rows'][number],
): void {
  const { context, layout, palette, px, setFont } = brush;
  const { self, total, low, high } = rows[index]!;
  const middlePx = place.topPx + px(22);
  const drawRight = (text: string, rightPx: number, yPx: number, colour: string) => {
    context.fillStyle = colour;
    context.fillText(text, rightPx, yPx);
  };
  context.textAlign = 'right';
  setFont(34, 'bold');
  drawRight(formatShare(self / sampleCount), layout.selfPx, middlePx, palette.title);
  setFont(34);
  drawRight(formatShare(total / sampleCount), layout.totalPx, middlePx, palette.text);
  setFont(21);
  const percent = (ratio: number) => (ratio * 100).toFixed(ratio < 0.0995 ? 1 : 0);
  drawRight(`${percent(low)}–${percent(high)}`, layout.selfPx, middlePx + px(30), palette.quiet);
  context.textAlign = 'left';
  drawName(brush, rows[index]!, middlePx);
  drawBar(brush, rows[index]!, place);
}

/** The name first; where it is from, as far as there is room. */
function drawName(
  { context, layout, palette, px, setFont }: Brush,
  { name, place }: TopTableInput['rows'][number],
  middlePx: number,
): void {
  const roomPx = layout.graph.rightPx - layout.namePx;
  const measure = setFont(34);
  const shown = fitLabel(cleanLabel(name), roomPx, measure);
  context.fillStyle = palette.title;
  context.fillText(shown, layout.namePx, middlePx);
  if (place === '') return;
  const placePx = layout.namePx + measure(shown) + px(20);
  const measurePlace = setFont(24);
  context.fillStyle = palette.quiet;
  context.fillText(
    fitLabel(cleanLabel(place), layout.graph.rightPx - placePx, measurePlace),
    placePx,
    middlePx + px(3),
  );
}

/** Filled for what ends in it, framed for what it calls: of the width that all samples would have. */
function drawBar(
  { context, layout, palette }: Brush,
  { category }: TopTableInput['rows'][number],
  { barPx, selfWidthPx, totalWidthPx }: TopTableLayout['rows'][number],
): void {
  const { namePx, barHeightPx } = layout;
  context.fillStyle = palette.rule;
  context.fillRect(namePx, barPx, totalWidthPx, barHeightPx);
  if (totalWidthPx > 2) {
    context.fillStyle = palette.background;
    context.fillRect(namePx + 1, barPx + 1, totalWidthPx - 2, barHeightPx - 2);
  }
  context.fillStyle = palette.category[category].fills[0];
  context.fillRect(namePx, barPx, Math.max(1, selfWidthPx), barHeightPx);
}

/** Only the kinds that are drawn: shares of them would be those of these rows alone. */
function drawLegend(brush: Brush, { rows }: TopTableInput): void {
  const drawn = new Set(rows.slice(0, brush.layout.rows.length).map(({ category }) => category));
  const entries = codeCategories
    .filter((category) => drawn.has(category))
    .map((category) => ({
      fill: brush.palette.category[category].fills[0],
      text: categoryLabels[category],
    }));
  drawSwatches(brush, entries);
}

function drawNote({ context, layout, palette, px, setFont }: Brush): void {
  const measure = setFont(21);
  const { hiddenCount } = layout;
  const hidden =
    hiddenCount === 0
      ? ''
      : `Not drawn: ${hiddenCount.toLocaleString('en')} function${hiddenCount === 1 ? '' : 's'} with less. `;
  const note = `${hidden}Self: samples that end in it, with the 95 % interval. Total: with what it calls; recursion counts once.`;
  context.fillStyle = palette.quiet;
  const roomPx = layout.graph.rightPx - layout.graph.leftPx;
  context.fillText(fitSentence(note, roomPx, measure), layout.graph.leftPx, layout.notePx + px(14));
}

/** Where the first row would be. */
function drawEmpty({ context, layout, palette, px, setFont }: Brush): void {
  setFont(40);
  context.fillStyle = palette.text;
  context.fillText('No samples', layout.namePx, layout.headPx + px(70));
}
