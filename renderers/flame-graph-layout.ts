import type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';
import {
  countDeeper,
  countNarrow,
  countRowsBelowSpires,
  findWideRows,
  type WideRows,
} from './flame-graph-rows.ts';
import { type FoldedTree, foldChains, foldNothing } from './fold-chains.ts';
import { type FlameGraphBoxes, placeBoxes, REST } from './place-boxes.ts';

export type FlameGraphLayout = {
  widthPx: number;
  heightPx: number;
  /** 1 at a width of 1600 px: all sizes are multiples of it. */
  scale: number;
  /** Top edges of the lines above and below the graph. */
  titlePx: number;
  subtitlePx: number;
  suspectsPx: number;
  suspectLinePx: number;
  legendPx: number;
  notePx: number;
  /** The area of the boxes and of the badges above them. */
  graph: { leftPx: number; rightPx: number; topPx: number; bottomPx: number };
  rowHeightPx: number;
  /** Root on top; at the bottom when absent. */
  growsDown?: true;
  /** `boxes.row` is a row of the input, or REST. */
  boxes: FlameGraphBoxes & {
    /** How many frames are folded into the box: they only pass on to each other. */
    foldedCount: Int32Array;
  };
  /** For each marked row wide enough: its box, or that of its nearest caller drawn. */
  marks: { rank: number; box: number }[];
  foldedFrameCount: number;
  /** Frames above the highest row drawn, and the share of the samples that reaches them. */
  deeperFrameCount: number;
  deeperRatio: number;
  /** Frames too narrow for a box, and the share of the samples in them. */
  narrowFrameCount: number;
  narrowRatio: number;
};

const referenceWidthPx = 1600;
export const defaultMinimumWidthPx = 0.5;

/** More would take the room of the graph. Those after them are still marked in it. */
export const mostSuspectLines = 5;

/** Of the width: Slack fits a picture into a square, and a higher one shrinks there. */
const defaultHeightRatio = 0.875;

/** In px at the reference width. Slack shows a phone about a quarter of it: 40 px become 10 px there. */
const sizes = {
  margin: 32,
  title: 62,
  subtitle: 46,
  suspect: 58,
  gap: 14,
  legend: 50,
  note: 34,
  badge: 84,
  /** A row is high while there are few, and never lower than a small label. */
  highestRow: 46,
  pleasantRow: 25,
  lowestRow: 17,
  /** The height that few and many rows are stretched or pressed into, as far as their limits allow. */
  pleasantGraph: 760,
} as const;

/**
 * Places every box of a flame graph, root at the bottom (of an icicle on top), and the lines around it.
 *
 * Where there are too many rows to read, those frames that merely pass on are folded, then the spires go,
 * and last, in a picture that would still be too high, the highest rows. What is missing is counted.
 *
 * @param belowPx height left free between the graph and its legend
 * @returns without boxes for an empty tree (`total[0]` is 0)
 */
export function layoutFlameGraph(
  input: FlameGraphInput,
  options: FlameGraphOptions,
  belowPx = 0,
): FlameGraphLayout {
  const page = layoutPage(options, belowPx);
  const { px, leftPx, rightPx } = page;
  const minimumRatio = (options.minimumWidthPx ?? defaultMinimumWidthPx) / (rightPx - leftPx);
  const pleasantCount = Math.floor(Math.min(px(sizes.pleasantGraph), page.roomPx) / px(sizes.pleasantRow));

  const wideAsRecorded = findWideRows(input, minimumRatio);
  const isHigh = wideAsRecorded.reaching.length > pleasantCount;
  const folded = isHigh ? foldChains(input) : foldNothing(input);
  const wide = isHigh ? findWideRows(folded.tree, minimumRatio) : wideAsRecorded;

  const headRoomPx = px(
    needsHeadRoom(folded.tree, wide, px(sizes.badge) / (rightPx - leftPx)) ? sizes.badge : sizes.gap,
  );
  const rows = chooseRows(wide, { pleasantCount, roomPx: page.roomPx - headRoomPx, px });
  const bottomPx = page.graphPx + headRoomPx + Math.max(2, rows.count) * rows.heightPx;
  const boxes = placeBoxes(folded.tree, wide, { rowCount: rows.count, leftPx, rightPx });
  return {
    ...page.lines,
    heightPx: bottomPx + page.footPx,
    legendPx: bottomPx + belowPx + px(sizes.gap),
    notePx: bottomPx + belowPx + px(sizes.gap) + px(sizes.legend),
    graph: { leftPx, rightPx, topPx: page.graphPx, bottomPx },
    rowHeightPx: rows.heightPx,
    ...(options.isIcicle ? { growsDown: true as const } : {}),
    boxes: nameRowsOfInput(boxes, folded),
    marks: findMarks(folded.tree, wide, boxes),
    foldedFrameCount: input.parent.length - folded.row.length,
    ...countDeeper(wide, rows.count),
    ...countNarrow(folded.tree, wide),
  };
}

/** What of a layout the boxes need: their places, and no page around them. */
export type BoxLayout = Pick<
  FlameGraphLayout,
  'scale' | 'graph' | 'rowHeightPx' | 'growsDown' | 'boxes' | 'marks'
>;

/** The top edge of a box. */
export function boxTopPx({ graph, boxes, rowHeightPx, growsDown }: BoxLayout, box: number): number {
  const depth = boxes.depth[box]!;
  return growsDown ? graph.topPx + depth * rowHeightPx : graph.bottomPx - (depth + 1) * rowHeightPx;
}

/** The scale of a picture, and what of its width the graph has. */
export function layoutWidth({ widthPx = referenceWidthPx }: Pick<FlameGraphOptions, 'widthPx'>) {
  const scale = widthPx / referenceWidthPx;
  const marginPx = Math.round(sizes.margin * scale);
  return { widthPx, scale, leftPx: marginPx, rightPx: widthPx - marginPx };
}

/** All but the graph: which lines there are depends on the options alone. */
function layoutPage(options: FlameGraphOptions, belowPx: number) {
  const { widthPx, scale, leftPx, rightPx } = layoutWidth(options);
  const px = (size: number) => Math.round(size * scale);
  const titlePx = px(sizes.margin * 0.75);
  const subtitlePx = titlePx + (options.title === '' ? 0 : px(sizes.title));
  const suspectsPx = subtitlePx + (options.subtitle === '' ? 0 : px(sizes.subtitle));
  const suspectLinePx = px(sizes.suspect);
  const graphPx =
    suspectsPx + Math.min(mostSuspectLines, options.suspects.length) * suspectLinePx + px(sizes.gap);
  const footPx = belowPx + px(sizes.gap) + px(sizes.legend) + px(sizes.note) + px(sizes.margin / 2);
  const heightPx = options.maximumHeightPx ?? Math.round(widthPx * defaultHeightRatio);
  return {
    px,
    lines: { widthPx, scale, titlePx, subtitlePx, suspectsPx, suspectLinePx },
    graphPx,
    footPx,
    leftPx,
    rightPx,
    roomPx: Math.max(0, heightPx - graphPx - footPx),
  };
}

function chooseRows(
  wide: WideRows,
  { pleasantCount, roomPx, px }: { pleasantCount: number; roomPx: number; px: (size: number) => number },
): { count: number; heightPx: number } {
  const most = Math.max(2, Math.floor(roomPx / px(sizes.lowestRow)));
  const count = Math.min(most, countRowsBelowSpires(wide, pleasantCount));
  const evenPx = Math.floor(Math.min(px(sizes.pleasantGraph), roomPx) / Math.max(1, count));
  return { count, heightPx: Math.min(px(sizes.highestRow), Math.max(px(sizes.lowestRow), evenPx)) };
}

/** Whether a suspect has no box as wide as its badge, which then stands above the flames. */
function needsHeadRoom({ total, mark }: FlameGraphInput, { rows }: WideRows, badgeRatio: number): boolean {
  const widest = new Map<number, number>();
  for (const row of rows) {
    const rank = mark(row);
    if (rank > 0) widest.set(rank, Math.max(total[row]!, widest.get(rank) ?? 0));
  }
  return [...widest.values()].some((value) => value < total[0]! * badgeRatio);
}

function findMarks(
  { parent, mark }: FlameGraphInput,
  { rows }: WideRows,
  boxes: FlameGraphBoxes,
): FlameGraphLayout['marks'] {
  const boxOfRow = new Map<number, number>();
  for (const [box, row] of boxes.row.entries()) if (row !== REST) boxOfRow.set(row, box);
  const marks: FlameGraphLayout['marks'] = [];
  for (const row of rows) {
    const rank = mark(row);
    if (rank === 0) continue;
    let shown = row;
    while (!boxOfRow.has(shown)) shown = parent[shown]!;
    marks.push({ rank, box: boxOfRow.get(shown)! });
  }
  return marks;
}

function nameRowsOfInput(
  boxes: FlameGraphBoxes,
  { row, foldedCount }: FoldedTree,
): FlameGraphLayout['boxes'] {
  return {
    ...boxes,
    row: boxes.row.map((ofTree) => (ofTree === REST ? REST : row[ofTree]!)),
    foldedCount: boxes.row.map((ofTree) => (ofTree === REST ? 0 : foldedCount[ofTree]!)),
  };
}
