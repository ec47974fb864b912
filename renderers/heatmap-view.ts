import type { Context2D } from './context-2d.ts';
import { fullest } from './heatmap-cells.ts';
import { heatColour, heatmapPaints, mostShades } from './heatmap-colours.ts';
import type { HeatmapInput } from './heatmap-input.ts';
import type { Theme } from './palette.ts';

export type HeatmapView = {
  widthPx: number;
  heightPx: number;
  rows: number;
  seconds: number;
  /** More than one where there are more seconds than px. */
  secondsPerColumn: number;
  columns: number;
  maximum: number;
};

/** A place in time: a second and a row of it. */
export type HeatmapCell = { second: number; row: number };

/** Places the cells of a heatmap on all of a canvas, without lines around it. */
export function layoutHeatmapView(
  { counts, rows }: HeatmapInput,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): HeatmapView {
  const seconds = Math.max(1, counts.length / rows);
  const secondsPerColumn = Math.ceil(seconds / widthPx);
  return {
    widthPx,
    heightPx,
    rows,
    seconds,
    secondsPerColumn,
    columns: Math.ceil(seconds / secondsPerColumn),
    maximum: counts.reduce((most, count) => Math.max(most, count), 0),
  };
}

/** Left edge of a second, which may be a part of one. */
export function secondLeftPx({ widthPx, columns, secondsPerColumn }: HeatmapView, second: number): number {
  return (second / secondsPerColumn / columns) * widthPx;
}

/** The cell at a place; places outside give the nearest one. */
export function heatmapCellAt(view: HeatmapView, xPx: number, yPx: number): HeatmapCell {
  const column = Math.floor((xPx / view.widthPx) * view.columns);
  const row = Math.floor((1 - yPx / view.heightPx) * view.rows);
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    second: clamp(column * view.secondsPerColumn, view.seconds - 1),
    row: clamp(row, view.rows - 1),
  };
}

/**
 * What lies between two cells, both included, in whichever order: one span of time, as in FlameScope.
 *
 * @returns milliseconds since second 0, half-open
 */
export function heatmapSpan(
  { rows, secondsPerColumn }: HeatmapView,
  one: HeatmapCell,
  other: HeatmapCell,
): { fromMs: number; toMs: number } {
  const timeOf = ({ second, row }: HeatmapCell) => second * 1000 + (row * 1000) / rows;
  const [first, last] = timeOf(one) <= timeOf(other) ? [one, other] : [other, one];
  if (secondsPerColumn > 1) {
    return { fromMs: first.second * 1000, toMs: (last.second + secondsPerColumn) * 1000 };
  }
  return { fromMs: Math.round(timeOf(first)), toMs: Math.round(timeOf(last) + 1000 / rows) };
}

/** Paints the cells; one pass for each shade, since setting a colour costs more than a rectangle. */
export function drawHeatmapView(
  context: Context2D,
  input: HeatmapInput,
  view: HeatmapView,
  theme: Theme,
): void {
  const { widthPx, heightPx, columns, rows, maximum } = view;
  context.fillStyle = heatmapPaints[theme].empty;
  context.fillRect(0, 0, widthPx, heightPx);
  if (maximum === 0) return;
  const shades = Math.min(maximum, mostShades);
  const cellsOfShade = Array.from({ length: shades + 1 }, (): number[] => []);
  for (let cell = 0; cell < columns * rows; cell++) {
    const count = fullest(input, view, cell);
    if (count > 0) cellsOfShade[Math.ceil((count / maximum) * shades)]!.push(cell);
  }
  const gapPx = widthPx / columns >= 8 ? 1 : 0;
  for (const [shade, cells] of cellsOfShade.entries()) {
    context.fillStyle = heatColour(shade / shades, theme);
    for (const cell of cells) {
      const column = Math.floor(cell / rows);
      const leftPx = Math.round((column * widthPx) / columns);
      const rightPx = Math.round(((column + 1) * widthPx) / columns);
      const topPx = Math.round(heightPx - (((cell % rows) + 1) * heightPx) / rows);
      const bottomPx = Math.round(heightPx - ((cell % rows) * heightPx) / rows);
      context.fillRect(leftPx, topPx, Math.max(1, rightPx - leftPx - gapPx), Math.max(1, bottomPx - topPx));
    }
  }
}
