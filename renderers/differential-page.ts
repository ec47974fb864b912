import { listOutermost } from './differential-elided.ts';
import { type DifferentialInput, type DifferentialOptions, mostGrowthLines } from './differential-input.ts';
import type { DifferentialLayout } from './differential-layout.ts';
import { deltaPaints, deltaSteps } from './differential-style.ts';
import { drawBoxes, drawLabels } from './flame-graph-boxes.ts';
import type { Brush } from './flame-graph-brush.ts';
import { boxTopPx } from './flame-graph-layout.ts';
import { drawHeader, drawHeadLines, titleSize } from './flame-graph-page.ts';
import type { BoxStyle } from './flame-graph-style.ts';
import { formatPoints } from './format-points.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';

/** What is compared with what, and the largest growths: ① computeDiscounts +53, 8.0 % → 61 %. */
export function drawDifferentialHeader(brush: Brush, options: DifferentialOptions): void {
  drawHeader(brush, { title: fitTitle(brush, options), subtitle: options.subtitle });
  const lines = options.growths.slice(0, mostGrowthLines).map(({ name, before, after }, index) => ({
    rank: index + 1,
    name,
    figure: formatPoints(after - before),
    colour: deltaPaints[brush.theme].more[3].fill,
    remark: `${formatShare(before)} → ${formatShare(after)}`,
  }));
  const nothing = { rank: 0, name: 'Nothing grew above the noise', figure: '', remark: '' };
  drawHeadLines(brush, lines.length > 0 ? lines : [{ ...nothing, colour: brush.palette.text }]);
}

/** Both names stay to be seen: where one line is too short for them, each is cut to its part of it. */
function fitTitle({ layout, setFont }: Brush, { title, baselineTitle }: DifferentialOptions): string {
  const measure = setFont(titleSize, 'bold');
  const [now, between, before] = [cleanLabel(title), ' against ', cleanLabel(baselineTitle)];
  const roomPx = layout.graph.rightPx - layout.graph.leftPx - measure(between);
  if (measure(now) + measure(before) <= roomPx) return now + between + before;
  const nowPx = Math.max(roomPx / 2, roomPx - measure(before));
  const fittedNow = fitLabel(now, nowPx, measure);
  return fittedNow + between + fitLabel(before, roomPx - measure(fittedNow), measure);
}

/** What vanished, with a dashed edge, so that nobody takes it for what runs now, and its names above. */
export function drawElided(
  brush: Brush,
  { captionPx, strip, reduction }: NonNullable<DifferentialLayout['elided']>,
  { input, style }: { input: DifferentialInput; style: BoxStyle },
): void {
  const { context, layout, palette, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const names = listOutermost(strip.boxes).map(
    (row) => `${cleanLabel(input.name(row))} ${formatPoints(input.total[row]! - input.baseline[row]!)}`,
  );
  const width = reduction === 1 ? '' : ` (drawn 1/${reduction.toFixed(1)} as wide)`;
  const measure = setFont(25);
  context.fillStyle = palette.text;
  const caption = `Gone, or nearly${width}: ${names.join(', ')}`;
  context.fillText(fitSentence(caption, rightPx - leftPx, measure), leftPx, captionPx + px(18));
  const stripBrush = { ...brush, layout: strip };
  drawBoxes(stripBrush, style);
  // What grew elsewhere is no suspect here.
  drawLabels(stripBrush, { ...input, mark: () => 0 }, { style, badges: [] });
  drawDashes(stripBrush);
}

/** Of two colours, so that they show on every other. */
function drawDashes({ context, layout, palette, px }: Brush): void {
  const { depth, leftPx, rightPx } = layout.boxes;
  context.lineWidth = Math.max(1, px(2));
  for (const [colour, dashes] of [
    [palette.background, []],
    [palette.title, [px(9), px(6)]],
  ] as const) {
    context.strokeStyle = colour;
    context.setLineDash([...dashes]);
    for (let box = 0; box < depth.length; box++) {
      const widthPx = rightPx[box]! - leftPx[box]!;
      if (widthPx < px(6)) continue;
      const topPx = boxTopPx(layout, box);
      context.strokeRect(leftPx[box]! + 0.5, topPx + 0.5, widthPx - 2, layout.rowHeightPx - 2);
    }
  }
}

/** less ▮−30 ▮−10 ▮−3 ▮− ▯noise ▮+ ▮+3 ▮+10 ▮+30 more: from which change on a colour is taken. */
export function drawDeltaLegend(
  { context, layout, theme, palette, px, setFont }: Brush,
  unit: DifferentialOptions['unit'],
): void {
  const middlePx = layout.legendPx + px(20);
  const heightPx = px(34);
  const { more, less, noise } = deltaPaints[theme];
  let xPx = layout.graph.leftPx;
  const drawText = (text: string) => {
    const measure = setFont(29);
    context.fillStyle = palette.text;
    context.fillText(text, xPx, middlePx);
    xPx += measure(text) + px(14);
  };
  const drawSwatch = (text: string, paint: { fill: string; text: string }) => {
    const measure = setFont(24);
    const widthPx = Math.max(px(70), measure(text) + px(24));
    context.fillStyle = paint.fill;
    context.fillRect(xPx, middlePx - heightPx / 2, widthPx, heightPx);
    context.fillStyle = paint.text;
    context.fillText(text, xPx + (widthPx - measure(text)) / 2, middlePx);
    xPx += widthPx + px(4);
  };
  const number = (least: number) => String(Math.round(least * 100));
  drawText('less');
  for (const [step, least] of [...deltaSteps.entries()].reverse()) {
    drawSwatch(`−${number(least)}`, less[step]!);
  }
  drawSwatch('may be chance', noise);
  for (const [step, least] of deltaSteps.entries()) drawSwatch(`+${number(least)}`, more[step]!);
  xPx += px(10);
  drawText(unit === 'cpu' ? 'more, in points of one CPU' : 'more, in percentage points');
}
