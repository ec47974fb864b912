import { escapeXml } from './escape-xml.ts';
import { exploreSvg, type SvgTree } from './explore-svg.ts';
import { drawFlameGraph } from './flame-graph.ts';
import { describeFlameGraph } from './flame-graph-description.ts';
import type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';
import { boxTopPx, type FlameGraphLayout, layoutFlameGraph } from './flame-graph-layout.ts';
import { type BoxStyle, plainStyle } from './flame-graph-style.ts';
import { type FoldedTree, foldChains, foldNothing } from './fold-chains.ts';
import { cleanLabel } from './label.ts';
import { palettes, type Theme } from './palette.ts';
import { REST } from './place-boxes.ts';
import { foundPaints } from './search-style.ts';
import { type MeasureFont, openSvgContext } from './svg-context.ts';
import { wrapSvg } from './wrap-svg.ts';

/** What is narrower cannot be seen even when its caller's caller has the whole width. */
const leastRatio = 0.0002;

/** Bounds the file: 20,000 frames are about 1 MB. */
const mostRows = 20_000;

/** Of the frames that are folded into one: more names than this nobody reads. */
const mostFoldedNames = 12;

/**
 * A flame graph as an SVG file of its own: the picture as drawFlameGraph paints it, and in a browser zoom and
 * search over all of the tree, frames too narrow or too deep for it included.
 *
 * @param options without `fontFamily`: the reader's fonts are not known, see `measure`
 */
export function writeFlameGraphSvg(
  input: FlameGraphInput,
  options: Omit<FlameGraphOptions, 'fontFamily'>,
  measure: MeasureFont,
): string {
  const layout = layoutFlameGraph(input, options);
  const { context, elements } = openSvgContext(measure);
  drawFlameGraph(context, input, layout, options);
  const style = plainStyle(input, options.theme);
  return wrapSvg(layout, {
    title: options.title,
    description: describeFlameGraph(input, options),
    body: [
      elements(),
      writeExplorable(input, layout, {
        style,
        unit: 'sample',
        remark: () => '',
        theme: options.theme,
      }),
    ].join('\n'),
  });
}

/** The part that answers clicks: one see-through rectangle a box, the tree, and the script over both. */
export function writeExplorable(
  input: FlameGraphInput,
  layout: FlameGraphLayout,
  look: { style: BoxStyle; unit: string; remark: (row: number) => string; theme: Theme | undefined },
): string {
  if (layout.boxes.row.length === 0) return '';
  const folded = layout.foldedFrameCount > 0 ? foldChains(input) : foldNothing(input);
  const rows = chooseRows(input, folded);
  const newRow = new Map(Array.from(rows, (row, at) => [row, at]));
  const boxes = Array.from(layout.boxes.row.keys()).filter(
    (box) => layout.boxes.row[box] !== REST && newRow.has(layout.boxes.row[box]!),
  );
  const tree = describeTree(input, layout, { ...look, folded, rows, newRow, boxes });
  return `<g fill="#ffffff" fill-opacity="0">
${boxes.map((box) => writeHitBox(input, layout, box)).join('\n')}
</g>
<metadata>${escapeXml(JSON.stringify(tree))}</metadata>
<script><![CDATA[(${exploreSvg.toString()})(document.currentScript.ownerSVGElement);]]></script>`;
}

function writeHitBox({ name }: FlameGraphInput, layout: FlameGraphLayout, box: number): string {
  const { row, leftPx, rightPx } = layout.boxes;
  const place = `x="${leftPx[box]}" y="${boxTopPx(layout, box)}" width="${rightPx[box]! - leftPx[box]!}" height="${layout.rowHeightPx}"`;
  return `<rect class="box" ${place}><title>${escapeXml(cleanLabel(name(row[box]!)))}</title></rect>`;
}

/** Rows of the input that lead a chain, callers first; the widest of them where there are too many. */
function chooseRows({ total }: FlameGraphInput, folded: FoldedTree): Int32Array {
  const wide = folded.row.filter((row) => total[row]! >= total[0]! * leastRatio);
  if (wide.length <= mostRows) return wide;
  const least = Float64Array.from(wide, (row) => total[row]!).sort()[wide.length - mostRows]!;
  return wide.filter((row) => total[row]! > least);
}

function describeTree(
  input: FlameGraphInput,
  { graph, growsDown, rowHeightPx, widthPx, heightPx, scale, boxes: placed }: FlameGraphLayout,
  {
    style,
    unit,
    remark,
    theme = 'light',
    folded,
    rows,
    newRow,
    boxes,
  }: {
    style: BoxStyle;
    unit: string;
    remark: (row: number) => string;
    theme: Theme | undefined;
    folded: FoldedTree;
    rows: Int32Array;
    newRow: Map<number, number>;
    boxes: readonly number[];
  },
): SvgTree {
  const names = openTable<string>();
  const remarks = openTable<string>();
  const paints = openTable<string>();
  const numbers = (of: (row: number) => number) => Array.from(rows, of);
  const { leftPx, rightPx, topPx, bottomPx } = graph;
  const palette = palettes[theme];
  const { headOf, passingOn } = listFolded(input, folded);
  return {
    parent: numbers((row) => newRow.get(headOf[input.parent[row]!]!) ?? -1),
    total: numbers((row) => input.total[row]!),
    self: numbers((row) => input.self[row]!),
    name: numbers((row) => names.add(cleanLabel(input.name(row)))),
    remark: numbers((row) =>
      remarks.add([remark(row), passingOn(row)].filter((part) => part !== '').join(' · ')),
    ),
    paint: numbers((row) => {
      const { fill, text } = style.paint(row);
      return paints.add(JSON.stringify({ fill, text }));
    }),
    names: names.values(),
    remarks: remarks.values(),
    paints: paints.values().map((paint) => JSON.parse(paint)),
    unit,
    scale,
    graph: { leftPx, rightPx, topPx, bottomPx },
    growsDown: growsDown === true,
    colours: {
      bar: palette.rest.fill,
      text: palette.title,
      ground: palette.background,
      found: foundPaints[theme],
    },
    rowHeightPx,
    widthPx,
    heightPx,
    boxRows: boxes.map((box) => newRow.get(placed.row[box]!)!),
  };
}

/** What each folded row was folded into, and in words what was folded into a row. */
function listFolded({ parent, name }: FlameGraphInput, { row: heads }: FoldedTree) {
  const headOf = new Int32Array(parent.length);
  const isHead = new Uint8Array(parent.length);
  for (const row of heads) isHead[row] = 1;
  const names = new Map<number, string[]>();
  for (let row = 0; row < parent.length; row++) {
    const head = isHead[row] === 1 ? row : headOf[parent[row]!]!;
    headOf[row] = head;
    if (head === row) continue;
    const list = names.get(head);
    if (list === undefined) names.set(head, [cleanLabel(name(row))]);
    else list.push(cleanLabel(name(row)));
  }
  const passingOn = (row: number) => {
    const list = names.get(row) ?? [];
    if (list.length === 0) return '';
    const more = list.length > mostFoldedNames ? ` and ${list.length - mostFoldedNames} more` : '';
    return `passes on through ${list.slice(0, mostFoldedNames).join(', ')}${more}`;
  };
  return { headOf, passingOn };
}

/** Each value once, by its number. */
function openTable<Value>() {
  const numbers = new Map<Value, number>();
  return {
    add(value: Value): number {
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      return number;
    },
    values: () => [...numbers.keys()],
  };
}
