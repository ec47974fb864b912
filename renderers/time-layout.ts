import type { HeatmapBurst, HeatmapOptions } from './heatmap-input.ts';

/** What pictures with time on their x axis share: lines above, a graph with frames around bursts, an axis below. */
export type TimeLayout = {
  widthPx: number;
  heightPx: number;
  /** 1 at a width of 1600 px: all sizes are multiples of it. */
  scale: number;
  /** Top edges of the lines above and below the cells. */
  titlePx: number;
  subtitlePx: number;
  burstsPx: number;
  burstLinePx: number;
  secondsPx: number;
  clockPx: number;
  legendPx: number;
  notePx: number;
  /** Left and right edge of all but the margins. */
  graph: { leftPx: number; rightPx: number };
  /** The area of what was recorded, right of its labels. */
  cells: { leftPx: number; rightPx: number; topPx: number; bottomPx: number };
  /** Seconds in the recording, and in one column of the picture: more than one when it is very long. */
  seconds: number;
  secondsPerColumn: number;
  /** Need not be whole where a column is no cell. */
  columns: number;
  /** One for each burst, in their order: its edges, and the place of its number above them. */
  frames: { leftPx: number; rightPx: number; badgePx: number }[];
  selected: { leftPx: number; rightPx: number } | null;
  /** Seconds with a label: at each of `seconds`, and of these at each of `clock` the time of day. */
  ticks: { seconds: number[]; clock: number[] };
};

const referenceWidthPx = 1600;

/** More would take the room of the graph. Those after them still have a frame. */
export const mostBurstLines = 3;

export const badgeRadius = 30;

/** In px at the reference width. Slack shows a phone about a quarter of it: 40 px become 10 px there. */
const sizes = {
  margin: 32,
  title: 62,
  subtitle: 46,
  burst: 58,
  gap: 14,
  /** For the numbers above the graph; an axis label above it is there anyway. */
  badges: 84,
  axisLabel: 44,
  selected: 18,
  axis: 44,
  legend: 54,
  note: 34,
  /** Room for ` s` and each digit before it, and for `12:04:15 UTC`. */
  secondTick: 62,
  secondDigit: 20,
  clockTick: 250,
} as const;

const tickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];

export type TimeOptions = Pick<
  HeatmapOptions,
  'title' | 'subtitle' | 'bursts' | 'startedAtMs' | 'selected' | 'widthPx'
>;

export type Place = Pick<TimeLayout, 'cells' | 'seconds' | 'secondsPerColumn' | 'columns'>;

/** The lines above the graph, and where it begins. */
export function layoutTimePage(options: TimeOptions) {
  const widthPx = options.widthPx ?? referenceWidthPx;
  const scale = widthPx / referenceWidthPx;
  const px = (size: number) => Math.round(size * scale);
  const titlePx = px(sizes.margin * 0.75);
  const subtitlePx = titlePx + (options.title === '' ? 0 : px(sizes.title));
  const burstsPx = subtitlePx + (options.subtitle === '' ? 0 : px(sizes.subtitle));
  const burstLinePx = px(sizes.burst);
  const lineCount = Math.min(mostBurstLines, options.bursts.length);
  const leftPx = px(sizes.margin);
  const rightPx = widthPx - px(sizes.margin);
  return {
    px,
    leftPx,
    rightPx,
    cellsPx:
      burstsPx +
      lineCount * burstLinePx +
      px(sizes.gap) +
      px(options.bursts.length > 0 ? sizes.badges : sizes.axisLabel),
    lines: { widthPx, scale, graph: { leftPx, rightPx }, titlePx, subtitlePx, burstsPx, burstLinePx },
  };
}

/** All that lies below the graph, and the marks on it. */
export function layoutTime(
  { lines, px }: Pick<ReturnType<typeof layoutTimePage>, 'lines' | 'px'>,
  place: Place,
  options: TimeOptions,
  frameOf: (burst: HeatmapBurst) => { leftPx: number; rightPx: number },
): TimeLayout {
  const secondsPx = place.cells.bottomPx + px(sizes.selected);
  const clockPx = secondsPx + px(sizes.axis);
  const legendPx = clockPx + (options.startedAtMs === null ? 0 : px(sizes.axis)) + px(sizes.gap);
  return {
    ...lines,
    ...place,
    secondsPx,
    clockPx,
    legendPx,
    notePx: legendPx + px(sizes.legend),
    heightPx: legendPx + px(sizes.legend) + px(sizes.note) + px(sizes.margin / 2),
    frames: placeBadges(options.bursts.map(frameOf), place.cells, px(badgeRadius)),
    selected: options.selected === null ? null : spanOf(place, options.selected),
    ticks: chooseTicks(
      place,
      px(sizes.secondTick + sizes.secondDigit * String(Math.ceil(place.seconds)).length),
      px(sizes.clockTick),
    ),
  };
}

/** The left edge of a column, in whole px; that of the column after the last one is the right edge of the cells. */
export function columnLeftPx({ cells, columns }: Pick<Place, 'cells' | 'columns'>, column: number): number {
  return cells.leftPx + Math.round((column * (cells.rightPx - cells.leftPx)) / columns);
}

/** Where a second begins. */
export function secondPx(place: Place, second: number): number {
  return columnLeftPx(place, second / place.secondsPerColumn);
}

/** The edges of a time range, as far as it is inside. */
export function spanOf(place: Place, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const edge = (ms: number) => secondPx(place, Math.min(place.seconds, Math.max(0, ms / 1000)));
  return { leftPx: edge(fromMs), rightPx: edge(toMs) };
}

/** Each number above the middle of its frame, moved aside as far as its neighbours need. */
function placeBadges(
  frames: readonly { leftPx: number; rightPx: number }[],
  { leftPx, rightPx }: TimeLayout['cells'],
  radiusPx: number,
): TimeLayout['frames'] {
  const placed = frames.map((frame) => ({ ...frame, badgePx: (frame.leftPx + frame.rightPx) / 2 }));
  const inOrder = placed.toSorted((a, b) => a.badgePx - b.badgePx);
  const apartPx = radiusPx * 2.2;
  let leastPx = leftPx + radiusPx;
  for (const frame of inOrder) {
    frame.badgePx = Math.max(frame.badgePx, leastPx);
    leastPx = frame.badgePx + apartPx;
  }
  let mostPx = rightPx - radiusPx;
  for (const frame of inOrder.reverse()) {
    frame.badgePx = Math.min(frame.badgePx, mostPx);
    mostPx = frame.badgePx - apartPx;
  }
  return placed;
}

function chooseTicks(place: Place, secondTickPx: number, clockTickPx: number): TimeLayout['ticks'] {
  const pxPerSecond = (place.cells.rightPx - place.cells.leftPx) / (place.columns * place.secondsPerColumn);
  const every = (leastPx: number) => {
    const step = tickSteps.find((seconds) => seconds * pxPerSecond >= leastPx) ?? tickSteps.at(-1)!;
    return Array.from({ length: Math.floor(place.seconds / step) + 1 }, (_, index) => index * step);
  };
  return { seconds: every(secondTickPx), clock: every(clockTickPx) };
}
