import { type CodeCategory, codeCategories } from './code-category.ts';
import type { Context2D } from './context-2d.ts';
import { type Badge, placeBadges } from './flame-graph-badges.ts';
import { categoryPaint, neutralPaint, pagePaint, shadeOf, suspectPaint } from './flame-graph-colours.ts';
import {
  boxTopPx,
  type FlameGraphInput,
  type FlameGraphLayout,
  type FlameGraphOptions,
  REST,
} from './flame-graph-layout.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, type MeasureText } from './label.ts';

export { describeFlameGraph } from './flame-graph-description.ts';
export {
  type FlameGraphInput,
  type FlameGraphLayout,
  type FlameGraphOptions,
  type FlameGraphSuspect,
  layoutFlameGraph,
} from './flame-graph-layout.ts';

const defaultFontFamily = '"DejaVu Sans", Verdana, sans-serif';

/** Sizes of text at the reference width. */
const text = { title: 46, subtitle: 29, suspect: 40, legend: 29, note: 20, largestLabel: 29 } as const;

type Brush = {
  context: Context2D;
  layout: FlameGraphLayout;
  /** A font of a size at the reference width. */
  font(size: number, weight?: 'bold'): string;
  px(size: number): number;
};

/**
 * Paints a flame graph as layoutFlameGraph placed it, with the same options, over the whole picture.
 *
 *     title                                     large: readable when Slack shows a quarter of the size
 *     samples, window, event, pods
 *     ① computeDiscounts 61 % (was 8 %)
 *     ┌────────┐
 *     ├────────┴──┬───┐                         root at the bottom, hottest path at the left edge
 *     ■ own code 61 %  ■ libraries 20 % …
 *     what is not drawn
 */
export function drawFlameGraph(
  context: Context2D,
  input: FlameGraphInput,
  layout: FlameGraphLayout,
  options: FlameGraphOptions,
): void {
  const family = options.fontFamily ?? defaultFontFamily;
  const px = (size: number) => Math.round(size * layout.scale);
  const brush: Brush = {
    context,
    layout,
    px,
    font: (size, weight) => `${weight === undefined ? '' : `${weight} `}${px(size)}px ${family}`,
  };
  context.fillStyle = pagePaint.background;
  context.fillRect(0, 0, layout.widthPx, layout.heightPx);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  drawHeader(brush, options);
  const badges = placeBadges(layout);
  drawBoxes(brush, input);
  drawLabels(brush, input, badges, family);
  drawOutlines(brush);
  for (const badge of badges) drawBadge(brush, badge);
  if (layout.boxes.row.length === 0) drawEmpty(brush);
  drawLegend(brush, input);
  drawNote(brush);
}

function drawHeader({ context, layout, font, px }: Brush, { title, subtitle, suspects }: FlameGraphOptions): void {
  const { leftPx, rightPx } = layout.graph;
  const line = (content: string, middlePx: number, size: number, weight?: 'bold') => {
    context.font = font(size, weight);
    const fitting = fitLabel(cleanLabel(content), rightPx - leftPx, measureWith(context));
    context.fillText(fitting, leftPx, middlePx);
  };
  context.fillStyle = pagePaint.title;
  if (title !== '') line(title, layout.titlePx + px(text.title / 2), text.title, 'bold');
  context.fillStyle = pagePaint.text;
  if (subtitle !== '') line(subtitle, layout.subtitlePx + px(text.subtitle / 2), text.subtitle);
  for (const [index, suspect] of suspects.entries()) {
    const middlePx = layout.suspectsPx + (index + 0.5) * layout.suspectLinePx;
    const radiusPx = px(24);
    drawDisc(context, font, suspect.rank, leftPx + radiusPx, middlePx, radiusPx, layout.scale);
    context.font = font(text.suspect, 'bold');
    const measure = measureWith(context);
    const share = formatShare(suspect.share);
    const before =
      suspect.baselineShare === undefined || suspect.baselineShare === null
        ? ''
        : `was ${formatShare(suspect.baselineShare)}`;
    const gapPx = px(20);
    const nameLeftPx = leftPx + radiusPx * 2 + gapPx;
    const nameRoomPx = rightPx - nameLeftPx - measure(share) - measure(before) - gapPx * 2;
    const name = fitLabel(cleanLabel(suspect.name), nameRoomPx, measure);
    const shareLeftPx = nameLeftPx + measure(name) + gapPx;
    context.fillStyle = pagePaint.title;
    context.fillText(name, nameLeftPx, middlePx);
    context.fillStyle = suspectPaint.fill;
    context.fillText(share, shareLeftPx, middlePx);
    const beforeLeftPx = shareLeftPx + measure(share) + gapPx;
    context.font = font(text.suspect * 0.8);
    context.fillStyle = pagePaint.quiet;
    context.fillText(before, beforeLeftPx, middlePx);
  }
}

/** One pass for each colour: setting a colour costs more than a rectangle (8 ms instead of 52 for 5,000 boxes). */
function drawBoxes({ context, layout, px }: Brush, input: FlameGraphInput): void {
  const { row, leftPx, rightPx } = layout.boxes;
  const boxesOfColour = new Map<string, number[]>();
  for (let box = 0; box < row.length; box++) {
    if (leftPx[box] === rightPx[box]) continue;
    const colour = boxColour(input, row[box]!);
    const boxes = boxesOfColour.get(colour);
    if (boxes === undefined) boxesOfColour.set(colour, [box]);
    else boxes.push(box);
  }
  const gapPx = Math.max(1, px(1));
  for (const [colour, boxes] of boxesOfColour) {
    context.fillStyle = colour;
    for (const box of boxes) {
      const left = leftPx[box]!;
      const width = rightPx[box]! - left;
      const gap = width > gapPx * 3 ? gapPx : 0;
      context.fillRect(left, boxTopPx(layout, box), width - gap, layout.rowHeightPx - gapPx);
    }
  }
}

function boxColour(input: FlameGraphInput, row: number): string {
  if (row === REST) return neutralPaint.rest;
  if (row === 0) return neutralPaint.root;
  if (input.mark(row) > 0) return suspectPaint.fill;
  return categoryPaint[input.category(row)].fills[shadeOf(input.name(row))];
}

function drawLabels({ context, layout, px, font }: Brush, input: FlameGraphInput, badges: readonly Badge[], _family: string): void {
  const { row, leftPx, rightPx } = layout.boxes;
  const size = Math.min(text.largestLabel, (layout.rowHeightPx / layout.scale) * 0.66);
  const paddingPx = px(Math.max(4, size * 0.3));
  context.font = font(size);
  const measure = measureByCharacter(context);
  const leastPx = measure('mmm') + paddingPx * 2;
  for (let box = 0; box < row.length; box++) {
    if (rightPx[box]! - leftPx[box]! < leastPx) continue;
    const room = roomBesideBadges(layout, box, badges);
    drawLabel(context, room.leftPx + paddingPx, room.rightPx - paddingPx, boxTopPx(layout, box) + layout.rowHeightPx / 2, labelOf(input, layout, box), measure);
  }
}
