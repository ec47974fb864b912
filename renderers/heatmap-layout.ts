import type { HeatmapBurst, HeatmapInput, HeatmapOptions } from './heatmap-input.ts';
import { columnLeftPx, layoutTime, layoutTimePage, type Place, type TimeLayout } from './time-layout.ts';

export type HeatmapLayout = TimeLayout & {
  rowHeightPx: number;
  /** The most samples in a cell; 0 for an empty recording. */
  maximum: number;
};

/** In px at the reference width. */
const sizes = { offsets: 84, cells: 620 } as const;

/** Where a column is narrow, half a cell of a burst is none: it would only widen its frame. */
const leastOverlapMs = 100;

/** Places the cells, the frames around bursts and the lines around it all. */
export function layoutHeatmap({ counts, rows }: HeatmapInput, options: HeatmapOptions): HeatmapLayout {
  const page = layoutTimePage(options);
  const { px, rightPx } = page;
  const leftPx = page.leftPx + px(sizes.offsets);
  const seconds = Math.max(1, counts.length / rows);
  const secondsPerColumn = Math.ceil(seconds / (rightPx - leftPx));
  const columns = Math.ceil(seconds / secondsPerColumn);
  const rowHeightPx = Math.max(1, Math.floor(px(sizes.cells) / rows));
  const cells = { leftPx, rightPx, topPx: page.cellsPx, bottomPx: page.cellsPx + rowHeightPx * rows };
  const place = { cells, seconds, secondsPerColumn, columns };
  return {
    ...layoutTime(page, place, options, (burst) => frameOf(place, burst)),
    rowHeightPx,
    maximum: counts.reduce((most, count) => Math.max(most, count), 0),
  };
}

/** Whole columns: a column is a second, and where in it a burst begins is not left or right. */
function frameOf(place: Place, { fromMs, toMs }: HeatmapBurst): { leftPx: number; rightPx: number } {
  const columnMs = 1000 * place.secondsPerColumn;
  const first = Math.max(0, Math.floor((fromMs + leastOverlapMs) / columnMs));
  const last = Math.min(place.columns, Math.max(first + 1, Math.ceil((toMs - leastOverlapMs) / columnMs)));
  return {
    leftPx: columnLeftPx(place, Math.min(first, place.columns - 1)),
    rightPx: columnLeftPx(place, last),
  };
}
