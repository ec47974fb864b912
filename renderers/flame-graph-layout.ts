import type { CodeCategory } from './code-category.ts';

/** A call tree, callers first: `parent[row] < row`, row 0 is the root and its parent is -1. */
export type FlameGraphInput = {
  parent: Int32Array;
  /** In any unit, with all callees; `total[0]` is what all widths are measured against. */
  total: Float64Array;
  self: Float64Array;
  name(row: number): string;
  category(row: number): CodeCategory;
  /** Rank of the suspect this row belongs to, from 1; 0 for none. */
  mark(row: number): number;
};

export type FlameGraphSuspect = {
  rank: number;
  name: string;
  share: number;
  /** The same share when all was well; left out or null without a baseline. */
  baselineShare?: number | null | undefined;
};

export type FlameGraphOptions = {
  /** One line in large type; '' for a picture without. */
  title: string;
  /** Samples, window, event, pods. */
  subtitle: string;
  /** In order of rank; each has a line in large type. */
  suspects: readonly FlameGraphSuspect[];
  /** 1600 by default. All sizes follow it. */
  widthPx?: number | undefined;
  /** By default 0.9 of the width: a higher picture shrinks in Slack, which fits it into a square. */
  maximumHeightPx?: number | undefined;
  /** Narrower boxes are drawn together with their siblings. */
  minimumWidthPx?: number | undefined;
  fontFamily?: string | undefined;
};

/** `boxes.row[box] === REST`: siblings too narrow to draw, taken together. */
export const REST = -1;

/** Boxes callers first. Edges are whole px, so that edges are sharp and neighbours meet without overlap. */
export type FlameGraphBoxes = {
  /** Row of the input, or REST. */
  row: Int32Array;
  /** Box of the caller, -1 for the root. */
  parent: Int32Array;
  /** 0 for the lowest drawn. */
  depth: Int32Array;
  leftPx: Int32Array;
  /** Exclusive. Equal to `leftPx` when the box falls between two px. */
  rightPx: Int32Array;
};

export type FlameGraphLayout = {
  widthPx: number;
  heightPx: number;
  /** 1 at a width of 1600 px: all sizes are multiples of it. */
  scale: number;
  /** Baselines and edges of what stands around the graph. */
  titlePx: number;
  subtitlePx: number;
  suspectsPx: number;
  suspectLinePx: number;
  legendPx: number;
  notePx: number;
  /** The area of the boxes and of the badges above them. */
  graph: { leftPx: number; rightPx: number; topPx: number; bottomPx: number };
  rowHeightPx: number;
  boxes: FlameGraphBoxes;
  /** For each marked row that is in the picture: its box, or that of its nearest caller drawn. */
  marks: { rank: number; box: number }[];
  /** Callers that all samples share, left out at the bottom to make room. */
  trunkRowCount: number;
  /** Frames above the highest row drawn, and the share of the samples in them. */
  deeperFrameCount: number;
  deeperRatio: number;
  /** Frames too narrow for a box, and the share of the samples in them. */
  narrowFrameCount: number;
  narrowRatio: number;
};

const referenceWidthPx = 1600;
const defaultMinimumWidthPx = 0.5;

/** In px at the reference width. Slack shows a phone about a quarter of it: 40 px become 10 px there. */
const sizes = {
  margin: 32,
  title: 62,
  subtitle: 46,
  suspect: 58,
  gap: 14,
  legend: 50,
  note: 34,
  badge: 60,
  /** A row is high while there are few, and never lower than a small label. */
  highestRow: 46,
  lowestRow: 17,
  /** The height that few and many rows are stretched or pressed into, as far as their limits allow. */
  pleasantGraph: 760,
} as const;

/**
 * Places every box of a flame graph, root at the bottom, and the lines around it.
 *
 * Siblings stand in order of size, largest first, not by name: who is called at night looks for the hottest
 * path, and so finds it along the left edge from the root up. Equal sizes are ordered by name, so that the
 * same recording always gives the same picture.
 *
 * A picture that would be too high first loses the trunk (callers that hold every sample), then its
 * highest rows; what is missing is counted.
 *
 * @returns for an empty tree (`total[0]` is 0) no boxes
 */
export function layoutFlameGraph(input: FlameGraphInput, options: FlameGraphOptions): FlameGraphLayout {
  const widthPx = options.widthPx ?? referenceWidthPx;
  const scale = widthPx / referenceWidthPx;
  const px = (size: number) => Math.round(size * scale);
  const maximumHeightPx = options.maximumHeightPx ?? Math.round(widthPx * 0.9);

  const titlePx = px(sizes.margin * 0.75);
  const subtitlePx = titlePx + (options.title === '' ? 0 : px(sizes.title));
  const suspectsPx = subtitlePx + (options.subtitle === '' ? 0 : px(sizes.subtitle));
  const suspectLinePx = px(sizes.suspect);
  const topPx = suspectsPx + options.suspects.length * suspectLinePx + px(sizes.gap);
  const footPx = px(sizes.gap) + px(sizes.legend) + px(sizes.note) + px(sizes.margin * 0.5);
  const leftPx = px(sizes.margin);
  const rightPx = widthPx - leftPx;

  const wide = findWideRows(input, (options.minimumWidthPx ?? defaultMinimumWidthPx) / (rightPx - leftPx));
  const headRoomPx = options.suspects.length === 0 ? 0 : px(sizes.badge * 1.3);
  const roomPx = Math.max(px(sizes.lowestRow) * 2, maximumHeightPx - topPx - footPx - headRoomPx);
  const rows = chooseRows(input, wide, roomPx, px);
  const bottomPx = topPx + headRoomPx + Math.max(1, rows.count) * rows.heightPx;

  const { boxes, boxOfRow } = placeBoxes(input, wide, rows, leftPx, rightPx);
  return {
    widthPx,
    heightPx: bottomPx + footPx,
    scale,
    titlePx,
    subtitlePx,
    suspectsPx,
    suspectLinePx,
    legendPx: bottomPx + px(sizes.gap),
    notePx: bottomPx + px(sizes.gap) + px(sizes.legend),
    graph: { leftPx, rightPx, topPx, bottomPx },
    rowHeightPx: rows.heightPx,
    boxes,
    marks: findMarks(input, wide, boxOfRow),
    trunkRowCount: rows.first,
    ...countDeeper(input, wide, rows),
    ...countNarrow(input, wide),
  };
}

/** The top edge of a box. */
export function boxTopPx(layout: FlameGraphLayout, box: number): number {
  return layout.graph.bottomPx - (layout.boxes.depth[box]! + 1) * layout.rowHeightPx;
}

/** Rows wide enough for a box, callers first, and how deep each lies; depth -1 for the others. */
type WideRows = { rows: Int32Array; depth: Int32Array; maximumDepth: number };

function findWideRows({ parent, total }: FlameGraphInput, minimumRatio: number): WideRows {
  const depth = new Int32Array(parent.length).fill(-1);
  const rows = new Int32Array(parent.length);
  const minimum = total[0]! * minimumRatio;
  let length = 0;
  let maximumDepth = -1;
  for (let row = 0; row < parent.length && total[0]! > 0; row++) {
    const callerDepth = row === 0 ? -1 : depth[parent[row]!]!;
    if (row > 0 && (callerDepth === -1 || total[row]! < minimum || total[row] === 0)) continue;
    depth[row] = callerDepth + 1;
    if (callerDepth + 1 > maximumDepth) maximumDepth = callerDepth + 1;
    rows[length++] = row;
  }
  return { rows: rows.subarray(0, length), depth, maximumDepth };
}

/** Which depths are drawn: from `first` (left out below: the trunk), `count` rows. */
type Rows = { first: number; count: number; heightPx: number; root: number };

function chooseRows(
  input: FlameGraphInput,
  wide: WideRows,
  roomPx: number,
  px: (size: number) => number,
): Rows {
  const wanted = wide.maximumDepth + 1;
  const most = Math.max(1, Math.floor(roomPx / px(sizes.lowestRow)));
  const trunk = wanted > most ? findTrunk(input, wanted - most) : { length: 0, row: 0 };
  const count = Math.min(wanted - trunk.length, most);
  const pleasantPx = Math.min(px(sizes.pleasantGraph), roomPx);
  const heightPx = Math.floor(pleasantPx / Math.max(1, count));
  return {
    first: trunk.length,
    root: trunk.row,
    count,
    heightPx: Math.min(px(sizes.highestRow), Math.max(px(sizes.lowestRow), heightPx)),
  };
}

/** Follows the one callee that holds everything its caller does, not past a suspect, at most so many steps. */
function findTrunk(input: FlameGraphInput, mostSteps: number): { length: number; row: number } {
  const only = new Int32Array(input.parent.length).fill(-1);
  for (let row = 1; row < input.parent.length; row++) {
    const caller = input.parent[row]!;
    if (input.total[row] === input.total[caller]) only[caller] = row;
  }
  let row = 0;
  let length = 0;
  while (length < mostSteps && only[row] !== -1 && input.mark(row) === 0) {
    row = only[row]!;
    length++;
  }
  return { length, row };
}

function placeBoxes(
  input: FlameGraphInput,
  wide: WideRows,
  rows: Rows,
  leftPx: number,
  rightPx: number,
): { boxes: FlameGraphBoxes; boxOfRow: Map<number, number> } {
  const callees = groupCallees(input, wide);
  const pxPerUnit = (rightPx - leftPx) / input.total[0]!;
  const placed: number[][] = [[], [], [], [], []];
  const boxOfRow = new Map<number, number>();
  const exactLeft: number[] = [];
  const add = (row: number, parent: number, depth: number, left: number, right: number) => {
    const values = [row, parent, depth, Math.round(left), Math.round(right)];
    for (const [column, value] of values.entries()) placed[column]!.push(value);
    exactLeft.push(left);
  };
  if (rows.count > 0) add(rows.root, -1, 0, leftPx, rightPx);
  for (let box = 0; box < exactLeft.length; box++) {
    const row = placed[0]![box]!;
    if (row === REST) continue;
    boxOfRow.set(row, box);
    const depth = placed[2]![box]! + 1;
    if (depth >= rows.count) continue;
    let left = exactLeft[box]!;
    let drawn = 0;
    for (const callee of callees.of(row)) {
      const right = left + input.total[callee]! * pxPerUnit;
      add(callee, box, depth, left, right);
      left = right;
      drawn += input.total[callee]!;
    }
    const rest = input.total[row]! - input.self[row]! - drawn;
    // Sums of fractions are not exact: less than a px is no sign of a missing callee.
    if (rest * pxPerUnit >= 1) add(REST, box, depth, left, left + rest * pxPerUnit);
  }
  const [row, parent, depth, lefts, rights] = placed.map((column) => Int32Array.from(column));
  return {
    boxes: { row: row!, parent: parent!, depth: depth!, leftPx: lefts!, rightPx: rights! },
    boxOfRow,
  };
}

/** The wide callees of each row, largest first. */
function groupCallees({ parent, total, name }: FlameGraphInput, { rows }: WideRows) {
  const first = new Int32Array(parent.length + 1);
  for (const row of rows) if (row > 0) first[parent[row]! + 1]!++;
  for (let row = 0; row < parent.length; row++) first[row + 1]! += first[row]!;
  const next = first.slice();
  const callees = new Int32Array(rows.length);
  for (const row of rows) if (row > 0) callees[next[parent[row]!]!++] = row;
  return {
    of: (row: number): Int32Array =>
      callees
        .subarray(first[row]!, first[row + 1]!)
        .sort((a, b) => total[b]! - total[a]! || compareNames(name(a), name(b)) || a - b),
  };
}

/** By code unit: the same order on every machine, whatever its language. */
function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function findMarks(
  input: FlameGraphInput,
  { rows }: WideRows,
  boxOfRow: ReadonlyMap<number, number>,
): FlameGraphLayout['marks'] {
  const marks: FlameGraphLayout['marks'] = [];
  for (const row of rows) {
    const rank = input.mark(row);
    if (rank === 0) continue;
    let shown = row;
    while (shown > 0 && !boxOfRow.has(shown)) shown = input.parent[shown]!;
    const box = boxOfRow.get(shown);
    if (box !== undefined) marks.push({ rank, box });
  }
  return marks;
}

function countDeeper(
  { parent, total }: FlameGraphInput,
  wide: WideRows,
  rows: Rows,
): { deeperFrameCount: number; deeperRatio: number } {
  const firstHidden = rows.first + rows.count;
  let deeperFrameCount = 0;
  let deeper = 0;
  for (const row of wide.rows) {
    if (wide.depth[row]! < firstHidden) continue;
    deeperFrameCount++;
    if (wide.depth[parent[row]!]! < firstHidden) deeper += total[row]!;
  }
  return { deeperFrameCount, deeperRatio: deeper === 0 ? 0 : deeper / total[0]! };
}

function countNarrow(
  { parent, total }: FlameGraphInput,
  wide: WideRows,
): { narrowFrameCount: number; narrowRatio: number } {
  let narrow = 0;
  for (let row = 1; row < parent.length; row++) {
    if (wide.depth[row] === -1 && wide.depth[parent[row]!] !== -1) narrow += total[row]!;
  }
  return narrow === 0
    ? { narrowFrameCount: 0, narrowRatio: 0 }
    : { narrowFrameCount: parent.length - wide.rows.length, narrowRatio: narrow / total[0]! };
}
