import { placeElided } from './differential-elided.ts';
import { type DifferentialInput, type DifferentialOptions, mostGrowthLines } from './differential-input.ts';
import {
  defaultMinimumWidthPx,
  type FlameGraphLayout,
  layoutFlameGraph,
  layoutWidth,
} from './flame-graph-layout.ts';
import { REST } from './place-boxes.ts';

export type DifferentialLayout = {
  /** The page, and the boxes of what the recording compared has. */
  flames: FlameGraphLayout;
  /** The strip of what only the baseline has, in the same terms; null when nothing vanished. */
  elided: { captionPx: number; strip: FlameGraphLayout; reduction: number } | null;
};

/** In px at the reference width. */
const sizes = { caption: 40, row: 32, gap: 16 } as const;

/** Places the flame graph of the recording compared, and below it a strip of what vanished. */
export function layoutDifferential(
  input: DifferentialInput,
  options: DifferentialOptions,
): DifferentialLayout {
  const { scale, leftPx, rightPx } = layoutWidth(options);
  const px = (size: number) => Math.round(size * scale);
  const minimumWidthPx = options.minimumWidthPx ?? defaultMinimumWidthPx;
  const elided = placeElided(input, { leftPx, rightPx, minimumWidthPx });
  const rowHeightPx = px(sizes.row);
  const belowPx = elided === null ? 0 : px(sizes.gap) + px(sizes.caption) + elided.rowCount * rowHeightPx;
  const flames = layoutPresent(input, options, belowPx);
  if (elided === null) return { flames, elided };
  const captionPx = flames.graph.bottomPx + px(sizes.gap);
  const topPx = captionPx + px(sizes.caption);
  const bottomPx = topPx + elided.rowCount * rowHeightPx;
  const { boxes, reduction } = elided;
  const strip = {
    ...flames,
    graph: { leftPx, rightPx, topPx, bottomPx },
    rowHeightPx,
    boxes: { ...boxes, foldedCount: new Int32Array(boxes.row.length) },
    marks: [],
  };
  return { flames, elided: { captionPx, strip, reduction } };
}

/** Without the rows that only the baseline has, which would be counted as too narrow. */
function layoutPresent(
  input: DifferentialInput,
  { growths, ...options }: DifferentialOptions,
  belowPx: number,
): FlameGraphLayout {
  const { parent, total, self, baseline } = input;
  const rows = Int32Array.from(parent.keys()).filter((row) => row === 0 || total[row]! > 0);
  const newRow = new Int32Array(parent.length);
  rows.forEach((row, at) => {
    newRow[row] = at;
  });
  const present = {
    parent: rows.map((row) => (row === 0 ? -1 : newRow[parent[row]!]!)),
    total: Float64Array.from(rows, (row) => total[row]!),
    self: Float64Array.from(rows, (row) => self[row]!),
    baseline: Float64Array.from(rows, (row) => baseline[row]!),
    name: (at: number) => input.name(rows[at]!),
    category: (at: number) => input.category(rows[at]!),
    mark: (at: number) => input.mark(rows[at]!),
  };
  // That there are none takes a line too.
  const lineCount = Math.max(1, Math.min(mostGrowthLines, growths.length));
  const lines = Array.from({ length: lineCount }, (_, index) => ({ rank: index + 1, name: '', share: 0 }));
  const layout = layoutFlameGraph(present, { ...options, suspects: lines }, belowPx);
  const row = layout.boxes.row.map((at) => (at === REST ? REST : rows[at]!));
  return { ...layout, boxes: { ...layout.boxes, row } };
}
