import { type CodeCategory, categoryLabels, codeCategories } from './code-category.ts';
import { drawDisc } from './flame-graph-badges.ts';
import type { Brush } from './flame-graph-brush.ts';
import type { FlameGraphInput, FlameGraphSuspect } from './flame-graph-input.ts';
import { type FlameGraphLayout, mostSuspectLines } from './flame-graph-layout.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';
import { drawSwatches } from './legend.ts';
import { sumCategories } from './sum-categories.ts';

/** What any picture has: its size, and two lines above a graph. */
type PageLayout = Pick<FlameGraphLayout, 'scale' | 'widthPx' | 'heightPx' | 'titlePx' | 'subtitlePx'> & {
  graph: { leftPx: number; rightPx: number };
};

/** The background everywhere, and texts placed by the middle of their left edge. */
export function clearPage({ context, layout, palette }: Brush<PageLayout>): void {
  context.fillStyle = palette.background;
  context.fillRect(0, 0, layout.widthPx, layout.heightPx);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
}

export const titleSize = 46;

export function drawHeader(
  brush: Brush<PageLayout>,
  { title, subtitle }: { title: string; subtitle: string },
): void {
  const { context, layout, palette, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const drawLine = (text: string, topPx: number, size: number, weight?: 'bold') => {
    const measure = setFont(size, weight);
    context.fillText(fitSentence(cleanLabel(text), rightPx - leftPx, measure), leftPx, topPx + px(size / 2));
  };
  context.fillStyle = palette.title;
  if (title !== '') drawLine(title, layout.titlePx, titleSize, 'bold');
  context.fillStyle = palette.text;
  if (subtitle !== '') drawLine(subtitle, layout.subtitlePx, 29);
}

/** A line in large type: ① computeDiscounts 61 % was 8 %, with its figure in a strong colour. No disc for a rank of 0. */
export type HeadLine = { rank: number; name: string; figure: string; colour: string; remark: string };

export function drawSuspectLines(brush: Brush, suspects: readonly FlameGraphSuspect[]): void {
  const lines = suspects.map(({ rank, name, share, baselineShare }) => ({
    rank,
    name,
    figure: formatShare(share),
    colour: brush.palette.alarm,
    remark: baselineShare == null ? '' : `was ${formatShare(baselineShare)}`,
  }));
  drawHeadLines(brush, lines);
}

/** As many of them as the layout has lines for. */
export function drawHeadLines(brush: Brush, lines: readonly HeadLine[]): void {
  const { suspectsPx, suspectLinePx } = brush.layout;
  for (const [index, line] of lines.slice(0, mostSuspectLines).entries()) {
    drawHeadLine(brush, line, suspectsPx + (index + 0.5) * suspectLinePx);
  }
}

/** The name is cut to leave room for the numbers. */
function drawHeadLine(
  brush: Brush,
  { rank, name, figure, colour, remark }: HeadLine,
  middlePx: number,
): void {
  const { context, layout, palette, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const radiusPx = px(25);
  const gapPx = px(18);
  if (rank > 0) drawDisc(brush, rank, leftPx + radiusPx, middlePx - px(2), radiusPx);
  const remarkPx = setFont(32)(remark);
  const measure = setFont(40, 'bold');
  let xPx = leftPx + (rank > 0 ? radiusPx * 2 + gapPx : 0);
  const roomPx = rightPx - xPx - measure(figure) - remarkPx - gapPx * 2;
  const shown = fitLabel(cleanLabel(name), roomPx, measure);
  context.fillStyle = palette.title;
  context.fillText(shown, xPx, middlePx);
  xPx += measure(shown) + gapPx;
  context.fillStyle = colour;
  context.fillText(figure, xPx, middlePx);
  xPx += measure(figure) + gapPx;
  setFont(32);
  context.fillStyle = palette.quiet;
  context.fillText(remark, xPx, middlePx);
}

/** What each colour means, and how much of the time was spent in code of that kind. */
export function drawLegend(brush: Brush, input: FlameGraphInput): void {
  const entries = shownCategories(brush.layout, input).map(({ category, share }) => ({
    fill: brush.palette.category[category].fills[0],
    text: `${categoryLabels[category]} ${formatShare(share)}`,
  }));
  drawSwatches(brush, entries);
}

/** Kinds that have a share or a box, in the order of the table. Boxes of command names count as unknown and need none. */
function shownCategories(
  { boxes }: FlameGraphLayout,
  input: FlameGraphInput,
): { category: CodeCategory; share: number }[] {
  const sums = sumCategories(input);
  const drawn = new Set<CodeCategory>();
  for (const row of boxes.row) if (row > 0 && input.mark(row) === 0) drawn.add(input.category(row));
  return codeCategories
    .filter((category) => sums[category] > 0 || (category !== 'unknown' && drawn.has(category)))
    .map((category) => ({ category, share: sums[category] / input.total[0]! }));
}

/** What is missing in the picture, then, where there is room, how to read it. */
export function drawNote(
  { context, layout, palette, px, setFont }: Brush,
  { hints, foldedSign }: { hints: readonly string[]; foldedSign: string },
): void {
  const measure = setFont(21);
  const { leftPx, rightPx } = layout.graph;
  const missing = listMissing(layout, foldedSign);
  const shown = [missing.length === 0 ? '' : `Not drawn: ${missing.join('; ')}.`];
  for (const hint of hints) {
    if (measure([...shown, hint].join(' ')) <= rightPx - leftPx) shown.push(hint);
  }
  context.fillStyle = palette.quiet;
  const text = shown.join(' ').trim();
  context.fillText(fitSentence(text, rightPx - leftPx, measure), leftPx, layout.notePx + px(14));
}

/** @param foldedSign what marks boxes of folded frames */
function listMissing(layout: FlameGraphLayout, foldedSign: string): string[] {
  const missing: string[] = [];
  if (layout.foldedFrameCount > 0)
    missing.push(`${count(layout.foldedFrameCount, 'frame')} that only pass on${foldedSign}`);
  if (layout.deeperFrameCount > 0) {
    missing.push(`${count(layout.deeperFrameCount, 'deeper frame')} (${formatShare(layout.deeperRatio)})`);
  }
  if (layout.narrowFrameCount > 0) {
    missing.push(
      `${count(layout.narrowFrameCount, 'frame')} too narrow (${formatShare(layout.narrowRatio)})`,
    );
  }
  return missing;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** Where the boxes would be. */
export function drawEmpty({ context, layout, palette, px, setFont }: Brush): void {
  const { leftPx, rightPx, topPx, bottomPx } = layout.graph;
  context.fillStyle = palette.rule;
  context.fillRect(leftPx, topPx, rightPx - leftPx, bottomPx - topPx);
  setFont(40);
  context.fillStyle = palette.text;
  context.fillText('No samples', leftPx + px(24), (topPx + bottomPx) / 2);
}
