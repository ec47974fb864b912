import { layoutWidth } from './flame-graph-layout.ts';
import type { TopTableInput, TopTableOptions } from './top-table-input.ts';

export type TopTableLayout = {
  widthPx: number;
  heightPx: number;
  /** 1 at a width of 1600 px: all sizes are multiples of it. */
  scale: number;
  titlePx: number;
  subtitlePx: number;
  headPx: number;
  graph: { leftPx: number; rightPx: number };
  /** Right edges of the figures, and the left one of names and bars. */
  selfPx: number;
  totalPx: number;
  namePx: number;
  /** Those drawn, in the order of the input; a bar is as wide as its share of the samples. */
  rows: { topPx: number; barPx: number; selfWidthPx: number; totalWidthPx: number }[];
  barHeightPx: number;
  hiddenCount: number;
  legendPx: number;
  notePx: number;
};

/** More than a phone shows. */
const mostRows = 12;

/** In px at the reference width. */
const sizes = {
  margin: 32,
  title: 62,
  subtitle: 56,
  head: 40,
  self: 170,
  total: 150,
  gap: 36,
  name: 44,
  bar: 14,
  row: 76,
  legend: 54,
  note: 34,
} as const;

/** Places one line a function: figures on the left, its name, and below it a bar as wide as its share. */
export function layoutTopTable(
  { rows, sampleCount }: TopTableInput,
  options: TopTableOptions,
): TopTableLayout {
  const { widthPx, scale, leftPx, rightPx } = layoutWidth(options);
  const px = (size: number) => Math.round(size * scale);
  const titlePx = px(sizes.margin * 0.75);
  const subtitlePx = titlePx + (options.title === '' ? 0 : px(sizes.title));
  const headPx = subtitlePx + (options.subtitle === '' ? 0 : px(sizes.subtitle));
  const firstPx = headPx + px(sizes.head);
  const selfPx = leftPx + px(sizes.self);
  const totalPx = selfPx + px(sizes.total);
  const namePx = totalPx + px(sizes.gap);
  const widthOf = (count: number) =>
    sampleCount === 0 ? 0 : Math.round((Math.min(count, sampleCount) / sampleCount) * (rightPx - namePx));
  const shown = rows.slice(0, mostRows);
  const legendPx = firstPx + Math.max(1, shown.length) * px(sizes.row);
  return {
    widthPx,
    scale,
    titlePx,
    subtitlePx,
    headPx,
    graph: { leftPx, rightPx },
    selfPx,
    totalPx,
    namePx,
    rows: shown.map(({ self, total }, row) => {
      const topPx = firstPx + row * px(sizes.row);
      return {
        topPx,
        barPx: topPx + px(sizes.name),
        selfWidthPx: widthOf(self),
        totalWidthPx: widthOf(Math.max(self, total)),
      };
    }),
    barHeightPx: px(sizes.bar),
    hiddenCount: rows.length - shown.length,
    legendPx,
    notePx: legendPx + px(sizes.legend),
    heightPx: legendPx + px(sizes.legend + sizes.note + sizes.margin / 2),
  };
}
