import type { Context2D } from './context-2d.ts';
import { joinSentences } from './describe.ts';
import { describeApart } from './describe-pod.ts';
import { type Brush, makeBrush } from './flame-graph-brush.ts';
import { clearPage, drawHeader } from './flame-graph-page.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';
import { drawSwatches } from './legend.ts';
import type { Palette } from './palette.ts';
import type { PodStripOptions, PodStripPod } from './pod-strip-input.ts';
import { layoutPodStrip, type PodStripLayout, type Segment } from './pod-strip-layout.ts';
import { rankSign } from './rank-sign.ts';

export type { PodStripOptions, PodStripPod } from './pod-strip-input.ts';
export { layoutPodStrip };

/**
 * Draws pods beside each other, so that the odd one out stands out.
 *
 *     shop in prod, 3 pods
 *     shop-3  computeDiscounts 61 %, elsewhere 4.0 %; 2.4 times as busy
 *     ██① 61 %██████████▒▒▒▒░░░░ 2,431 samples
 *     shop-1
 *     █▒▒▒▒▒▒░░░ 1,012
 *
 * @param context of a canvas of `layout.widthPx` by `layout.heightPx`; all of it is painted over
 */
export function drawPodStrip(
  context: Context2D,
  pods: readonly PodStripPod[],
  layout: PodStripLayout,
  options: PodStripOptions,
): void {
  const brush = makeBrush(context, layout, options);
  clearPage(brush);
  drawHeader(brush, options);
  for (const row of layout.rows) drawPod(brush, pods[row.index]!, row);
  drawLegend(brush, pods);
  drawNote(brush);
}

/**
 * The same in words.
 *
 * @returns at most 1,000 characters, one line
 */
export function describePodStrip(pods: readonly PodStripPod[], { title, subtitle }: PodStripOptions): string {
  const apart = pods.filter((pod) => describeApart(pod.apart).length > 0);
  const describe = (pod: PodStripPod) => `${cleanLabel(pod.pod)}: ${describeApart(pod.apart).join('; ')}`;
  return joinSentences([
    `Pods beside each other${title === '' ? '' : `: ${cleanLabel(title)}`}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    apart.length === 0
      ? 'No pod stands out.'
      : `${apart.length === 1 ? 'One stands' : `${apart.length} stand`} out. ${apart.map(describe).join('. ')}.`,
  ]);
}

type StripBrush = Brush<PodStripLayout>;

function drawPod(brush: StripBrush, pod: PodStripPod, row: PodStripLayout['rows'][number]): void {
  const { context, layout, palette, px, setFont } = brush;
  const { leftPx, rightPx } = layout.graph;
  const middlePx = row.topPx + px(22);
  const apart = describeApart(pod.apart);
  const measureName = setFont(32, apart.length === 0 ? undefined : 'bold');
  const name = fitLabel(
    cleanLabel(pod.pod),
    (rightPx - leftPx) * (apart.length === 0 ? 1 : 0.45),
    measureName,
  );
  context.fillStyle = palette.title;
  context.fillText(name, leftPx, middlePx);
  const remarkPx = leftPx + measureName(name) + px(20);
  const measure = setFont(32);
  context.fillStyle = palette.alarm;
  const whole = apart.join('; ');
  const remark = measure(whole) <= rightPx - remarkPx ? whole : (apart[0] ?? '');
  context.fillText(fitSentence(remark, rightPx - remarkPx, measure), remarkPx, middlePx);
  for (const segment of row.segments) drawSegment(brush, pod, segment, row.barPx);
  const samples = `${Math.round(pod.sampleCount).toLocaleString('en')} samples`;
  setFont(27);
  context.fillStyle = palette.quiet;
  const endPx = row.segments.at(-1)?.rightPx ?? leftPx;
  context.fillText(samples, endPx + px(12), row.barPx + layout.barHeightPx / 2);
}

function drawSegment(
  { context, layout, palette, px, setFont }: StripBrush,
  { parts }: PodStripPod,
  { kind, leftPx, rightPx }: Segment,
  barPx: number,
): void {
  const widthPx = rightPx - leftPx;
  const { fill, text } = paintOf(kind, palette);
  context.fillStyle = fill;
  context.fillRect(leftPx, barPx, Math.max(1, widthPx - (widthPx > 3 ? 1 : 0)), layout.barHeightPx);
  if (typeof kind === 'string') return;
  const share = parts.find(({ rank }) => rank === kind)?.share ?? 0;
  const measure = setFont(27, 'bold');
  const label = [`${rankSign(kind)} ${formatShare(share)}`, rankSign(kind), ''].find(
    (form) => measure(form) <= widthPx - px(16),
  );
  context.fillStyle = text;
  context.fillText(label ?? '', leftPx + px(8), barPx + layout.barHeightPx / 2);
}

function drawLegend(brush: StripBrush, pods: readonly PodStripPod[]): void {
  const { palette } = brush;
  const hasSuspects = pods.some(({ parts }) => parts.length > 0);
  drawSwatches(brush, [
    ...(hasSuspects ? [{ fill: palette.suspect.fill, text: 'suspects' }] : []),
    { fill: paintOf('own', palette).fill, text: hasSuspects ? 'other own code' : 'own code' },
    { fill: paintOf('outside', palette).fill, text: 'outside own code' },
  ]);
}

function drawNote({ context, layout, palette, px, setFont }: StripBrush): void {
  const measure = setFont(21);
  const { hiddenCount } = layout;
  const hidden = hiddenCount === 0 ? '' : `Not drawn: ${hiddenCount} pods that were less busy. `;
  const note = `${hidden}Length: samples of work. Own code with what it calls in libraries, runtime and kernel.`;
  context.fillStyle = palette.quiet;
  const roomPx = layout.graph.rightPx - layout.graph.leftPx;
  context.fillText(fitSentence(note, roomPx, measure), layout.graph.leftPx, layout.notePx + px(14));
}

function paintOf(kind: Segment['kind'], palette: Palette): { fill: string; text: string } {
  if (typeof kind === 'number') return palette.suspect;
  const { fills, text } = palette.category[kind === 'own' ? 'own' : 'runtime'];
  return { fill: fills[0], text };
}
