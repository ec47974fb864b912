import { layoutWidth } from './flame-graph-layout.ts';
import type { PodStripOptions, PodStripPod } from './pod-strip-input.ts';

export type PodStripLayout = {
  widthPx: number;
  heightPx: number;
  /** 1 at a width of 1600 px: all sizes are multiples of it. */
  scale: number;
  titlePx: number;
  subtitlePx: number;
  graph: { leftPx: number; rightPx: number };
  /** Those drawn, the ones set apart first, then by samples; `index` is that of the input. */
  rows: { index: number; topPx: number; barPx: number; segments: Segment[] }[];
  rowHeightPx: number;
  barHeightPx: number;
  hiddenCount: number;
  legendPx: number;
  notePx: number;
};

/** `kind` is a suspect's rank, or what the rest of the bar is. */
export type Segment = { kind: number | 'own' | 'outside'; leftPx: number; rightPx: number };

/** More than a phone shows. */
const mostRows = 12;

/** In px at the reference width. */
const sizes = {
  margin: 32,
  title: 62,
  subtitle: 56,
  name: 46,
  bar: 44,
  gap: 22,
  /** Behind the longest bar, for its number of samples. */
  figure: 300,
  legend: 54,
  note: 34,
} as const;

/** Places one bar a pod, as long as it was busy, what it spent on suspects at its left end. */
export function layoutPodStrip(pods: readonly PodStripPod[], options: PodStripOptions): PodStripLayout {
  const { widthPx, scale, leftPx, rightPx } = layoutWidth(options);
  const px = (size: number) => Math.round(size * scale);
  const titlePx = px(sizes.margin * 0.75);
  const subtitlePx = titlePx + (options.title === '' ? 0 : px(sizes.title));
  const firstPx = subtitlePx + (options.subtitle === '' ? 0 : px(sizes.subtitle));
  const rowHeightPx = px(sizes.name + sizes.bar + sizes.gap);
  const most = Math.max(1, ...pods.map(({ sampleCount }) => sampleCount));
  const shown = orderPods(pods).slice(0, mostRows);
  const rows = shown.map((index, row) => {
    const topPx = firstPx + row * rowHeightPx;
    const segments = placeSegments(pods[index]!, leftPx, (rightPx - leftPx - px(sizes.figure)) / most);
    return { index, topPx, barPx: topPx + px(sizes.name), segments };
  });
  const legendPx = firstPx + Math.max(1, rows.length) * rowHeightPx;
  return {
    widthPx,
    scale,
    titlePx,
    subtitlePx,
    graph: { leftPx, rightPx },
    rows,
    rowHeightPx,
    barHeightPx: px(sizes.bar),
    hiddenCount: pods.length - shown.length,
    legendPx,
    notePx: legendPx + px(sizes.legend),
    heightPx: legendPx + px(sizes.legend + sizes.note + sizes.margin / 2),
  };
}

/** Who reads on a phone sees the first rows only. */
function orderPods(pods: readonly PodStripPod[]): number[] {
  const isApart = ({ apart }: PodStripPod) => Number(apart.busyRatio !== null || apart.function !== null);
  return [...pods.keys()].sort(
    (a, b) => isApart(pods[b]!) - isApart(pods[a]!) || pods[b]!.sampleCount - pods[a]!.sampleCount || a - b,
  );
}

function placeSegments(
  { sampleCount, parts, ownShare }: PodStripPod,
  leftPx: number,
  pxPerSample: number,
): Segment[] {
  const suspected = parts.reduce((sum, { share }) => sum + share, 0);
  const kinds: { kind: Segment['kind']; share: number }[] = [
    ...parts.map(({ rank, share }) => ({ kind: rank, share })),
    { kind: 'own', share: Math.max(0, ownShare - suspected) },
    { kind: 'outside', share: Math.max(0, 1 - Math.max(ownShare, suspected)) },
  ];
  const segments: Segment[] = [];
  let before = 0;
  const edge = (share: number) => leftPx + Math.round(share * sampleCount * pxPerSample);
  for (const { kind, share } of kinds) {
    const segment = { kind, leftPx: edge(before), rightPx: edge(before + share) };
    before += share;
    if (segment.rightPx > segment.leftPx) segments.push(segment);
  }
  return segments;
}
