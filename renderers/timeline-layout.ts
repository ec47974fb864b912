import { layoutTime, layoutTimePage, spanOf, type TimeLayout } from './time-layout.ts';
import { type TimelineInput, type TimelineOptions, timelineKinds } from './timeline-input.ts';

export type TimelineLayout = TimeLayout & {
  /** Those drawn, in the order of the input. */
  lanes: { topPx: number; bottomPx: number }[];
  laneHeightPx: number;
  hiddenCount: number;
  /** Samples of those not drawn, of all. */
  hiddenRatio: number;
  /** The most samples of a lane in a bin, which is as high as a lane; 0 for an empty recording. */
  maximum: number;
};

/** More than a phone shows. */
const mostLanes = 12;

/** In px at the reference width: lanes are high while there are few. */
const sizes = { name: 400, lane: 70, highestLane: 130, pleasantGraph: 560, laneGap: 8 } as const;

/** Places one lane below the other on one axis of time, all of one scale. */
export function layoutTimeline(input: TimelineInput, options: TimelineOptions): TimelineLayout {
  const page = layoutTimePage(options);
  const { px } = page;
  const shown = input.lanes.slice(0, mostLanes);
  const rows = Math.max(1, shown.length);
  const laneHeightPx = px(
    Math.max(sizes.lane, Math.min(sizes.highestLane, Math.floor(sizes.pleasantGraph / rows))),
  );
  const cells = {
    leftPx: page.leftPx + px(sizes.name),
    rightPx: page.rightPx,
    topPx: page.cellsPx,
    bottomPx: page.cellsPx + rows * laneHeightPx,
  };
  const binCount = (shown[0]?.counts.length ?? 0) / timelineKinds.length;
  const seconds = Math.max(1e-3, (binCount * input.binMs) / 1000);
  const place = { cells, seconds, secondsPerColumn: 1, columns: seconds };
  const total = input.lanes.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const drawn = shown.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  return {
    ...layoutTime(page, place, options, (burst) => spanOf(place, burst)),
    lanes: shown.map((_, row) => ({
      topPx: cells.topPx + row * laneHeightPx + px(sizes.laneGap),
      bottomPx: cells.topPx + (row + 1) * laneHeightPx,
    })),
    laneHeightPx,
    hiddenCount: input.lanes.length - shown.length,
    hiddenRatio: total === 0 ? 0 : (total - drawn) / total,
    maximum: shown.reduce((most, { counts }) => Math.max(most, highestBin(counts)), 0),
  };
}

function highestBin(counts: Float64Array): number {
  let most = 0;
  for (let at = 0; at < counts.length; at += timelineKinds.length) {
    let sum = 0;
    for (let kind = 0; kind < timelineKinds.length; kind++) sum += counts[at + kind]!;
    most = Math.max(most, sum);
  }
  return most;
}
