import { describeBurst, describeBurstInShort, describeBurstRange } from './describe-burst.ts';
import { drawDisc } from './flame-graph-badges.ts';
import type { Brush as AnyBrush } from './flame-graph-brush.ts';
import { heatmapPaints } from './heatmap-colours.ts';
import type { HeatmapBurst } from './heatmap-input.ts';
import { fitSentence } from './label.ts';
import { badgeRadius, mostBurstLines, secondPx, type TimeLayout, type TimeOptions } from './time-layout.ts';

type Brush = AnyBrush<TimeLayout>;

export function drawBurstLines(brush: Brush, bursts: readonly HeatmapBurst[]): void {
  const { burstsPx, burstLinePx } = brush.layout;
  for (const [index, burst] of bursts.slice(0, mostBurstLines).entries()) {
    drawBurstLine(brush, burst, index + 1, burstsPx + (index + 0.5) * burstLinePx);
  }
}

/** ① second 4.1 to 6.8  2.3 times as busy, mostly recomputeDiscounts (61 %, else 2.0 %) */
function drawBurstLine(brush: Brush, burst: HeatmapBurst, rank: number, middlePx: number): void {
  const { context, layout, palette, px, setFont } = brush;
  const radiusPx = px(25);
  const gapPx = px(18);
  drawDisc(brush, rank, layout.graph.leftPx + radiusPx, middlePx - px(2), radiusPx);
  let xPx = layout.graph.leftPx + radiusPx * 2 + gapPx;
  const range = describeBurstRange(burst);
  const measureRange = setFont(36, 'bold');
  context.fillStyle = palette.alarm;
  context.fillText(range, xPx, middlePx);
  xPx += measureRange(range) + gapPx;
  const measure = setFont(34);
  context.fillStyle = palette.title;
  const roomPx = layout.graph.rightPx - xPx;
  const whole = describeBurst(burst);
  const shown = measure(whole) <= roomPx ? whole : fitSentence(describeBurstInShort(burst), roomPx, measure);
  context.fillText(shown, xPx, middlePx);
}

/** Seconds since the first sample, and below them the time of day where it is known. */
export function drawTimeAxis(brush: Brush, { startedAtMs }: Pick<TimeOptions, 'startedAtMs'>): void {
  drawSeconds(brush);
  if (startedAtMs !== null) drawClock(brush, startedAtMs);
}

function drawSeconds({ context, layout, palette, px, setFont }: Brush): void {
  const measure = setFont(29);
  context.fillStyle = palette.text;
  for (const second of layout.ticks.seconds) {
    const xPx = secondPx(layout, second);
    const label = `${second.toLocaleString('en')} s`;
    context.fillRect(xPx - 1, layout.cells.bottomPx, 2, px(second === 0 ? 18 : 14));
    if (xPx + px(6) + measure(label) <= layout.graph.rightPx) {
      context.fillText(label, xPx + px(2), layout.secondsPx + px(20));
    }
  }
}

/** The time of day under some of the seconds, as far as there is room. */
function drawClock({ context, layout, palette, px, setFont }: Brush, startedAtMs: number): void {
  const measure = setFont(29);
  context.fillStyle = palette.quiet;
  for (const second of layout.ticks.clock) {
    const xPx = secondPx(layout, second);
    const label = formatClock(startedAtMs + second * 1000);
    if (xPx + measure(label) <= layout.graph.rightPx) {
      context.fillText(label, xPx + px(2), layout.clockPx + px(18));
    }
  }
}

/** Out of a Date's range a time is nonsense of the recording, and no reason to fail. */
function formatClock(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(11, 19)} UTC`;
}

/** Frames around the columns of bursts, of two colours so that they stand out from every shade. */
export function drawBursts(brush: Brush): void {
  const { context, layout, palette, px } = brush;
  const { topPx, bottomPx } = layout.cells;
  context.lineJoin = 'miter';
  for (const [colour, width] of [
    [palette.background, 10],
    [palette.title, 5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, px(width));
    for (const { leftPx, rightPx } of layout.frames) {
      context.strokeRect(leftPx, topPx, rightPx - leftPx, bottomPx - topPx);
    }
  }
  for (const [index, frame] of layout.frames.entries()) drawBadge(brush, frame, index + 1);
}

function drawBadge(brush: Brush, frame: TimeLayout['frames'][number], rank: number): void {
  const { context, layout, palette, px } = brush;
  const yPx = layout.cells.topPx - px(badgeRadius * 1.3);
  context.strokeStyle = palette.title;
  context.lineWidth = Math.max(1, px(4));
  context.beginPath();
  context.moveTo(frame.badgePx, yPx);
  context.lineTo((frame.leftPx + frame.rightPx) / 2, layout.cells.topPx);
  context.stroke();
  drawDisc(brush, rank, frame.badgePx, yPx, px(badgeRadius));
}

/** The part that was asked for: a bar under its seconds, and its edges through the cells. */
export function drawSelected({ context, layout, theme, px }: Brush): void {
  if (layout.selected === null) return;
  const { leftPx, rightPx } = layout.selected;
  const { topPx, bottomPx } = layout.cells;
  const edgePx = Math.max(1, px(3));
  context.fillStyle = heatmapPaints[theme].selected;
  context.fillRect(leftPx, bottomPx + px(2), Math.max(edgePx, rightPx - leftPx), px(10));
  context.fillRect(leftPx, topPx, edgePx, bottomPx - topPx);
  context.fillRect(rightPx - edgePx, topPx, edgePx, bottomPx - topPx);
}

/** What the blue bar is, at the end of a legend. */
export function drawSelectedLegend(
  { context, layout, theme, palette, px, setFont }: Brush,
  fromPx: number,
  selected: NonNullable<TimeOptions['selected']>,
): void {
  const measure = setFont(29);
  const middlePx = layout.legendPx + px(20);
  context.fillStyle = heatmapPaints[theme].selected;
  context.fillRect(fromPx, middlePx - px(5), px(40), px(10));
  const textPx = fromPx + px(52);
  const roomPx = layout.graph.rightPx - textPx;
  const whole = `asked for: ${describeBurstRange(selected)}`;
  const shown = measure(whole) <= roomPx ? whole : fitSentence('asked for', roomPx, measure);
  context.fillStyle = palette.text;
  context.fillText(shown, textPx, middlePx);
}
