import type { Badge } from './flame-graph-badges.ts';
import type { Brush } from './flame-graph-brush.ts';
import type { FlameGraphInput } from './flame-graph-input.ts';
import { type BoxLayout, boxTopPx } from './flame-graph-layout.ts';
import type { BoxStyle } from './flame-graph-style.ts';
import { cleanLabel, fitLabel, type MeasureText } from './label.ts';
import type { Palette } from './palette.ts';
import { REST } from './place-boxes.ts';
import { rankSign } from './rank-sign.ts';

/** A label is large where all of it fits so, and else small. */
const largestLabel = 30;
const smallLabel = 18;

/** One pass for each colour: setting it costs more than a rectangle (5,000 boxes: 8 ms instead of 52). */
export function drawBoxes({ context, layout, palette, px }: Brush<BoxLayout>, style: BoxStyle): void {
  const { row, leftPx, rightPx } = layout.boxes;
  const boxesOfFill = new Map<string, number[]>();
  for (let box = 0; box < row.length; box++) {
    if (leftPx[box] === rightPx[box]) continue;
    const { fill } = paintOf(row[box]!, style, palette);
    const boxes = boxesOfFill.get(fill);
    if (boxes === undefined) boxesOfFill.set(fill, [box]);
    else boxes.push(box);
  }
  const gapPx = Math.max(1, px(1));
  for (const [fill, boxes] of boxesOfFill) {
    context.fillStyle = fill;
    for (const box of boxes) {
      const widthPx = rightPx[box]! - leftPx[box]!;
      const gap = widthPx > gapPx * 3 ? gapPx : 0;
      context.fillRect(leftPx[box]!, boxTopPx(layout, box), widthPx - gap, layout.rowHeightPx - gapPx);
    }
  }
}

/** Suspects are framed, so that they stand out without colour. */
export function drawSuspectFrames({ context, layout, palette, px }: Brush<BoxLayout>): void {
  context.strokeStyle = palette.suspect.outline;
  context.lineWidth = Math.max(1, px(3));
  context.lineJoin = 'miter';
  for (const { box } of layout.marks) {
    const leftPx = layout.boxes.leftPx[box]!;
    const widthPx = layout.boxes.rightPx[box]! - leftPx;
    if (widthPx < px(6)) continue;
    context.strokeRect(leftPx + 0.5, boxTopPx(layout, box) + 0.5, widthPx - 2, layout.rowHeightPx - 2);
  }
}

export function drawLabels(
  brush: Brush<BoxLayout>,
  input: FlameGraphInput,
  { style, badges }: { style: BoxStyle; badges: readonly Badge[] },
): void {
  const { layout, palette, px, setFont } = brush;
  const { row, leftPx, rightPx } = layout.boxes;
  const highest = (layout.rowHeightPx / layout.scale) * 0.66;
  const large = { size: Math.min(largestLabel, highest), texts: [] as PlacedText[] };
  const small = { size: Math.min(smallLabel, highest), texts: [] as PlacedText[] };
  const measureLarge = setFont(large.size);
  const measureSmall = setFont(small.size);
  const paddingPx = px(small.size * 0.3);
  const leastPx = measureSmall(rankSign(1)) + paddingPx * 2;
  for (let box = 0; box < row.length; box++) {
    if (rightPx[box]! - leftPx[box]! < leastPx) continue;
    const room = roomBesideBadges(layout, box, badges);
    const roomPx = room.rightPx - room.leftPx - paddingPx * 2;
    const parts = labelParts(input, layout, { box, style, badges });
    const whole = [parts.rank, parts.name, parts.after[0]!];
    const isLarge = measureLarge(whole.join('')) <= roomPx;
    const measure = isLarge ? measureLarge : measureSmall;
    let xPx = room.leftPx + paddingPx;
    // Each apart: in one text a right-to-left name would carry the numbers to its other side.
    for (const text of isLarge ? whole : fitLabelParts(parts, roomPx, measure)) {
      const placed = {
        text,
        xPx,
        yPx: boxTopPx(layout, box) + layout.rowHeightPx / 2,
        colour: paintOf(row[box]!, style, palette).text,
      };
      (isLarge ? large : small).texts.push(placed);
      xPx += measure(text);
    }
  }
  for (const { size, texts } of [large, small]) drawTexts(brush, size, texts);
}

type PlacedText = { text: string; xPx: number; yPx: number; colour: string };

function drawTexts({ context, setFont }: Brush<BoxLayout>, size: number, texts: readonly PlacedText[]): void {
  setFont(size);
  for (const { text, xPx, yPx, colour } of texts) {
    if (text === '') continue;
    context.fillStyle = colour;
    context.fillText(text, xPx, yPx);
  }
}

/** `after` as BoxStyle gives it. */
type LabelParts = { rank: string; name: string; after: readonly string[] };

/**
 * In the order in which they are drawn: ❶ computeDiscounts 61 %, or for a folded chain uv_run +6 82 %.
 * A box with a badge needs no ❶.
 */
function labelParts(
  input: FlameGraphInput,
  { boxes }: BoxLayout,
  { box, style, badges }: { box: number; style: BoxStyle; badges: readonly Badge[] },
): LabelParts {
  const row = boxes.row[box]!;
  if (row === REST) return { rank: '', name: '…', after: [''] };
  const rank = badges.some((badge) => badge.box === box) ? 0 : input.mark(row);
  return {
    rank: rank === 0 ? '' : `${rankSign(rank)} `,
    name: cleanLabel(input.name(row)),
    after: style.labelAfter(row, boxes.foldedCount[box]!),
  };
}

/** As far as there is room: first what stands after the name grows shorter, then parts of the name go. */
function fitLabelParts({ rank, name, after }: LabelParts, roomPx: number, measure: MeasureText): string[] {
  const namePx = roomPx - measure(rank);
  if (namePx < 0) return [];
  for (const form of after) if (measure(name) + measure(form) <= namePx) return [rank, name, form];
  const last = after.at(-1)!;
  const cut = fitLabel(name, namePx - measure(last), measure);
  if (cut !== '') return [rank, cut, last];
  return measure(last) <= namePx ? [rank, '', last.trim()] : [rank];
}

/** The widest part of a box that no badge covers. */
function roomBesideBadges(
  layout: BoxLayout,
  box: number,
  badges: readonly Badge[],
): { leftPx: number; rightPx: number } {
  const topPx = boxTopPx(layout, box);
  let room = { leftPx: layout.boxes.leftPx[box]!, rightPx: layout.boxes.rightPx[box]! };
  for (const { xPx, yPx, radiusPx } of badges) {
    const isBeside = yPx + radiusPx <= topPx || yPx - radiusPx >= topPx + layout.rowHeightPx;
    if (isBeside || xPx + radiusPx <= room.leftPx || xPx - radiusPx >= room.rightPx) continue;
    const before = { leftPx: room.leftPx, rightPx: xPx - radiusPx };
    const after = { leftPx: xPx + radiusPx, rightPx: room.rightPx };
    room = after.rightPx - after.leftPx >= before.rightPx - before.leftPx ? after : before;
  }
  return room;
}

function paintOf(row: number, style: BoxStyle, palette: Palette): { fill: string; text: string } {
  return row === REST ? palette.rest : style.paint(row);
}
