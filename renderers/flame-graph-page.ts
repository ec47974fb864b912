import { type CodeCategory, codeCategories } from './code-category.ts';
import { drawDisc } from './flame-graph-badges.ts';
import type { Brush } from './flame-graph-brush.ts';
import { categoryPaint, pagePaint, suspectPaint } from './flame-graph-colours.ts';
import type { FlameGraphInput, FlameGraphOptions, FlameGraphSuspect } from './flame-graph-input.ts';
import { type FlameGraphLayout, mostSuspectLines } from './flame-graph-layout.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';
import { sumCategories } from './sum-categories.ts';

export function drawHeader(brush: Brush, { title, subtitle, suspects }: FlameGraphOptions): void {
  const { context, layout, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const drawLine = (text: string, topPx: number, size: number, weight?: 'bold') => {
    const measure = setFont(size, weight);
    context.fillText(fitSentence(cleanLabel(text), rightPx - leftPx, measure), leftPx, topPx + px(size / 2));
  };
  context.fillStyle = pagePaint.title;
  if (title !== '') drawLine(title, layout.titlePx, 46, 'bold');
  context.fillStyle = pagePaint.text;
  if (subtitle !== '') drawLine(subtitle, layout.subtitlePx, 29);
  for (const [index, suspect] of suspects.slice(0, mostSuspectLines).entries()) {
    drawSuspectLine(brush, suspect, layout.suspectsPx + (index + 0.5) * layout.suspectLinePx);
  }
}

/** ① computeDiscounts 61 % was 8 %; the name is cut to leave room for the numbers. */
function drawSuspectLine(brush: Brush, suspect: FlameGraphSuspect, middlePx: number): void {
  const { context, layout, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const radiusPx = px(25);
  const gapPx = px(18);
  drawDisc(brush, suspect.rank, leftPx + radiusPx, middlePx - px(2), radiusPx);
  const share = formatShare(suspect.share);
  const before = suspect.baselineShare == null ? '' : `was ${formatShare(suspect.baselineShare)}`;
  const beforePx = setFont(32)(before);
  const measure = setFont(40, 'bold');
  let xPx = leftPx + radiusPx * 2 + gapPx;
  const roomPx = rightPx - xPx - measure(share) - beforePx - gapPx * 2;
  const name = fitLabel(cleanLabel(suspect.name), roomPx, measure);
  context.fillStyle = pagePaint.title;
  context.fillText(name, xPx, middlePx);
  xPx += measure(name) + gapPx;
  context.fillStyle = suspectPaint.fill;
  context.fillText(share, xPx, middlePx);
  xPx += measure(share) + gapPx;
  setFont(32);
  context.fillStyle = pagePaint.quiet;
  context.fillText(before, xPx, middlePx);
}

/** What each colour means, and how much of the time was spent in code of that kind. */
export function drawLegend({ context, layout, px, setFont }: Brush, input: FlameGraphInput): void {
  const measure = setFont(29);
  const middlePx = layout.legendPx + px(20);
  const swatchPx = px(30);
  let xPx = layout.graph.leftPx;
  for (const { category, share } of shownCategories(layout, input)) {
    const { label, fills } = categoryPaint[category];
    const text = `${label} ${formatShare(share)}`;
    context.fillStyle = pagePaint.quiet;
    context.fillRect(xPx, middlePx - swatchPx / 2, swatchPx, swatchPx);
    context.fillStyle = fills[0];
    context.fillRect(xPx + 1, middlePx - swatchPx / 2 + 1, swatchPx - 2, swatchPx - 2);
    xPx += swatchPx + px(12);
    context.fillStyle = pagePaint.text;
    context.fillText(text, xPx, middlePx);
    xPx += measure(text) + px(40);
  }
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
export function drawNote({ context, layout, px, setFont }: Brush): void {
  const measure = setFont(21);
  const { leftPx, rightPx } = layout.graph;
  const missing = listMissing(layout);
  const shown = [missing.length === 0 ? '' : `Not drawn: ${missing.join('; ')}.`];
  for (const hint of ['Width: share of samples.', 'Percent of a colour: samples that end in it.']) {
    if (measure([...shown, hint].join(' ')) <= rightPx - leftPx) shown.push(hint);
  }
  context.fillStyle = pagePaint.quiet;
  const text = shown.join(' ').trim();
  context.fillText(fitSentence(text, rightPx - leftPx, measure), leftPx, layout.notePx + px(14));
}

function listMissing(layout: FlameGraphLayout): string[] {
  const missing: string[] = [];
  if (layout.foldedFrameCount > 0)
    missing.push(`${count(layout.foldedFrameCount, 'frame')} that only pass on (+)`);
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
export function drawEmpty({ context, layout, px, setFont }: Brush): void {
  const { leftPx, rightPx, topPx, bottomPx } = layout.graph;
  context.fillStyle = pagePaint.rule;
  context.fillRect(leftPx, topPx, rightPx - leftPx, bottomPx - topPx);
  setFont(40);
  context.fillStyle = pagePaint.text;
  context.fillText('No samples', leftPx + px(24), (topPx + bottomPx) / 2);
}
