import type { Context2D } from './context-2d.ts';
import { drawBoxes, drawLabels, drawSuspectFrames } from './flame-graph-boxes.ts';
import { makeBrush } from './flame-graph-brush.ts';
import type { FlameGraphInput } from './flame-graph-input.ts';
import { type BoxLayout, boxTopPx } from './flame-graph-layout.ts';
import { findWideRows } from './flame-graph-rows.ts';
import type { BoxStyle } from './flame-graph-style.ts';
import { foldChains, foldNothing } from './fold-chains.ts';
import type { Theme } from './palette.ts';
import { placeBoxes, REST } from './place-boxes.ts';
import { zoomTree } from './zoom-tree.ts';

export type FlameGraphView = BoxLayout & { widthPx: number; heightPx: number; rowCount: number };

/** At a scale of 1, in CSS px of a screen; a finger hits 24 px. */
const sizes = { row: 20, touchRow: 26, narrowest: 0.5 } as const;

/** Labels are laid out for the picture's 1600 px: 18 there are 12 px here. */
const labelScale = 2 / 3;

/**
 * Places a flame graph for a page that scrolls: root on top, no lines around it, one row zoomed into.
 *
 * @param pixelRatio px of the canvas for each CSS px; all sizes given and returned are px of the canvas
 * @param isFolded whether frames that only pass on are one box
 * @returns boxes whose `row` is a row of `input`, or REST; none for an empty tree
 */
export function layoutFlameGraphView(
  input: FlameGraphInput,
  {
    widthPx,
    zoom,
    pixelRatio,
    isFolded,
    isTouched,
  }: { widthPx: number; zoom: number; pixelRatio: number; isFolded: boolean; isTouched: boolean },
): FlameGraphView {
  const zoomed = zoomTree(input, zoom);
  const folded = isFolded ? foldChains(zoomed.tree) : foldNothing(zoomed.tree);
  const wide = findWideRows(folded.tree, (sizes.narrowest * pixelRatio) / widthPx);
  const rowCount = wide.reaching.length;
  const rowHeightPx = Math.round((isTouched ? sizes.touchRow : sizes.row) * pixelRatio);
  const boxes = placeBoxes(folded.tree, wide, { rowCount, leftPx: 0, rightPx: widthPx });
  const row = boxes.row.map((of) => (of === REST ? REST : zoomed.row[folded.row[of]!]!));
  const foldedCount = boxes.row.map((of) => (of === REST ? 0 : folded.foldedCount[of]!));
  const marks: BoxLayout['marks'] = [];
  for (const [box, of] of row.entries()) {
    if (of !== REST && input.mark(of) > 0) marks.push({ rank: input.mark(of), box });
  }
  const heightPx = rowCount * rowHeightPx;
  return {
    scale: labelScale * pixelRatio,
    graph: { leftPx: 0, rightPx: widthPx, topPx: 0, bottomPx: heightPx },
    growsDown: true,
    rowHeightPx,
    boxes: { ...boxes, row, foldedCount },
    marks,
    widthPx,
    heightPx,
    rowCount,
  };
}

/**
 * Paints the rows of a view that are in sight.
 *
 * @param scrollPx how much of it is above the canvas
 */
export function drawFlameGraphView(
  context: Context2D,
  input: FlameGraphInput,
  view: FlameGraphView,
  {
    style,
    scrollPx,
    heightPx,
    theme,
    fontFamily,
  }: { style: BoxStyle; scrollPx: number; heightPx: number; theme: Theme; fontFamily?: string },
): void {
  const layout = inSight(view, scrollPx, heightPx);
  const brush = makeBrush(context, layout, { fontFamily, theme });
  context.fillStyle = brush.palette.background;
  context.fillRect(0, 0, view.widthPx, heightPx);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  drawBoxes(brush, style);
  drawLabels(brush, input, { style, badges: [] });
  drawSuspectFrames(brush);
}

/** The boxes that the canvas shows, so that a deep stack costs no more than what is seen of it. */
function inSight(view: FlameGraphView, scrollPx: number, heightPx: number): FlameGraphView {
  const { boxes, rowHeightPx, graph } = view;
  const first = Math.floor(scrollPx / rowHeightPx);
  const last = Math.ceil((scrollPx + heightPx) / rowHeightPx);
  const shown = Int32Array.from(boxes.depth.keys()).filter(
    (box) => boxes.depth[box]! >= first && boxes.depth[box]! <= last,
  );
  const newBox = new Map(Array.from(shown, (box, at) => [box, at]));
  const pick = (values: Int32Array) => shown.map((box) => values[box]!);
  return {
    ...view,
    graph: { ...graph, topPx: -scrollPx },
    boxes: {
      row: pick(boxes.row),
      parent: pick(boxes.parent),
      depth: pick(boxes.depth),
      leftPx: pick(boxes.leftPx),
      rightPx: pick(boxes.rightPx),
      foldedCount: pick(boxes.foldedCount),
    },
    marks: view.marks.flatMap(({ rank, box }) => {
      const at = newBox.get(box);
      return at === undefined ? [] : [{ rank, box: at }];
    }),
  };
}

/** The box at a place of the view, scrolled or not as `yPx` is; -1 where there is none. */
export function boxAt(view: FlameGraphView, xPx: number, yPx: number): number {
  const { boxes, rowHeightPx } = view;
  const depth = Math.floor(yPx / rowHeightPx);
  for (let box = 0; box < boxes.row.length; box++) {
    if (boxes.depth[box] === depth && xPx >= boxes.leftPx[box]! && xPx < boxes.rightPx[box]!) return box;
  }
  return -1;
}

/** Where a box is, for a frame around it. */
export function boxPlace(view: FlameGraphView, box: number) {
  const { boxes, rowHeightPx } = view;
  const leftPx = boxes.leftPx[box]!;
  return { leftPx, topPx: boxTopPx(view, box), widthPx: boxes.rightPx[box]! - leftPx, heightPx: rowHeightPx };
}
