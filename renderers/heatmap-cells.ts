import type { Brush } from './flame-graph-brush.ts';
import { heatColour, heatmapPaints, mostShades } from './heatmap-colours.ts';
import type { HeatmapInput } from './heatmap-input.ts';
import type { HeatmapLayout } from './heatmap-layout.ts';
import { columnLeftPx } from './time-layout.ts';

/** Columns of at least this width have a gap, so that seconds stay apart. */
const widthWithGap = 8;

/** One pass for each shade: setting a colour costs more than a rectangle. */
export function drawCells({ context, layout, theme, px }: Brush<HeatmapLayout>, input: HeatmapInput): void {
  const { cells, columns, rowHeightPx } = layout;
  context.fillStyle = heatmapPaints[theme].empty;
  context.fillRect(cells.leftPx, cells.topPx, cells.rightPx - cells.leftPx, cells.bottomPx - cells.topPx);
  if (layout.maximum === 0) return;
  const gapPx = (cells.rightPx - cells.leftPx) / columns >= px(widthWithGap) ? 1 : 0;
  const shades = Math.min(layout.maximum, mostShades);
  const cellsOfShade = Array.from({ length: shades + 1 }, (): number[] => []);
  for (let cell = 0; cell < columns * input.rows; cell++) {
    const count = fullest(input, layout, cell);
    if (count > 0) cellsOfShade[Math.ceil((count / layout.maximum) * shades)]!.push(cell);
  }
  for (const [shade, ofShade] of cellsOfShade.entries()) {
    context.fillStyle = heatColour(shade / shades, theme);
    for (const cell of ofShade) {
      const column = Math.floor(cell / input.rows);
      const leftPx = columnLeftPx(layout, column);
      const topPx = cells.bottomPx - ((cell % input.rows) + 1) * rowHeightPx;
      context.fillRect(leftPx, topPx, columnLeftPx(layout, column + 1) - leftPx - gapPx, rowHeightPx);
    }
  }
}

/** What a cell of the picture shows: of several seconds in a column the one with the most. */
export function fullest(
  { counts, rows }: HeatmapInput,
  { secondsPerColumn }: Pick<HeatmapLayout, 'secondsPerColumn'>,
  cell: number,
): number {
  const first = Math.floor(cell / rows) * secondsPerColumn;
  let most = 0;
  for (let second = first; second < first + secondsPerColumn; second++) {
    most = Math.max(most, counts[second * rows + (cell % rows)] ?? 0);
  }
  return most;
}
