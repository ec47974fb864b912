import { describeBurst, describeBurstInShort, describeBurstRange } from './describe-burst.ts';
import { drawDisc } from './flame-graph-badges.ts';
import type { Brush as AnyBrush } from './flame-graph-brush.ts';
import { heatColour, heatmapPaints, mostShades } from './heatmap-colours.ts';
import type { HeatmapBurst, HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
import { badgeRadius, type HeatmapLayout, mostBurstLines, secondPx } from './heatmap-layout.ts';
import { fitSentence } from './label.ts';

type Brush = AnyBrush<HeatmapLayout>;

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

export function drawAxes(brush: Brush, { startedAtMs }: HeatmapOptions): void {
  drawOffsets(brush);
  drawSeconds(brush);
  if (startedAtMs !== null) drawClock(brush, startedAtMs);
}

/** Milliseconds run upwards: people take that for granted the other way round. */
function drawOffsets({ context, layout, palette, px, setFont }: Brush): void {
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

function drawBadge(brush: Brush, frame: HeatmapLayout['frames'][number], rank: number): void {
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

/** What the shades mean, and the bar where there is one. */
export function drawLegend(
  { context, layout, theme, palette, px, setFont }: Brush,
  { rows }: HeatmapInput,
  options: HeatmapOptions,
): void {
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
  if (options.selected === null) return;
  context.fillStyle = heatmapPaints[theme].selected;
  context.fillRect(xPx, middlePx - px(5), px(40), px(10));
  const asked = `asked for: ${describeBurstRange(options.selected)}`;
  const roomPx = layout.graph.rightPx - xPx - px(52);
  drawText(fitSentence(asked, roomPx, measure), xPx + px(52));
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
