import type { Context2D } from './context-2d.ts';
import { type Brush as AnyBrush, makeBrush } from './flame-graph-brush.ts';
import { clearPage, drawHeader } from './flame-graph-page.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel, fitLabel, fitSentence } from './label.ts';
import { drawSwatches } from './legend.ts';
import type { Palette } from './palette.ts';
import { drawBurstLines, drawBursts, drawSelected, drawSelectedLegend, drawTimeAxis } from './time-page.ts';
import { sumKinds } from './timeline-description.ts';
import {
  type TimelineInput,
  type TimelineKind,
  type TimelineOptions,
  timelineKinds,
} from './timeline-input.ts';
import { layoutTimeline, type TimelineLayout } from './timeline-layout.ts';

export { describeTimeline } from './timeline-description.ts';
export type { TimelineInput, TimelineOptions } from './timeline-input.ts';
export { layoutTimeline };

type Brush = AnyBrush<TimelineLayout>;

/**
 * Draws how busy each thread was over time, and with what: one lane below the other, all of one scale.
 *
 *     shop in prod
 *     2,970 samples · cpu-clock · 2 pods
 *     ① second 4.1 to 6.8  2.3 times as busy, mostly recomputeDiscounts
 *                        ①
 *     http-nio-8080  ▁▂┌────┐▂▁
 *     1,152 samples  ▂▃│▇█▇▆│▃▂
 *     GC Thread#0    ▁▁│▂▁▂▁│▁▁
 *     37 samples       └────┘
 *                    0 s   5 s     and the time of day where it is known
 *     ■ recomputeDiscounts 12 %  ■ other own code 61 %  ■ outside own code 27 %
 *
 * @param context of a canvas of `layout.widthPx` by `layout.heightPx`; all of it is painted over
 */
export function drawTimeline(
  context: Context2D,
  input: TimelineInput,
  layout: TimelineLayout,
  options: TimelineOptions,
): void {
  const brush = makeBrush(context, layout, options);
  clearPage(brush);
  drawHeader(brush, options);
  drawBurstLines(brush, options.bursts);
  if (layout.maximum === 0) drawEmpty(brush);
  for (const [row, lane] of layout.lanes.entries()) drawLane(brush, input.lanes[row]!, lane);
  drawTimeAxis(brush, options);
  drawSelected(brush);
  drawBursts(brush);
  drawLegend(brush, input, options);
  drawNote(brush, input);
}

function drawLane(
  brush: Brush,
  { name, pod, sampleCount, counts }: TimelineInput['lanes'][number],
  { topPx, bottomPx }: TimelineLayout['lanes'][number],
): void {
  const { context, layout, palette, px, setFont } = brush;
  const { leftPx, rightPx } = layout.cells;
  const namePx = leftPx - layout.graph.leftPx - px(16);
  const middlePx = (topPx + bottomPx) / 2;
  const measure = setFont(30);
  context.fillStyle = palette.title;
  context.fillText(fitLabel(cleanLabel(name), namePx, measure), layout.graph.leftPx, middlePx - px(13));
  const measureSmall = setFont(22);
  const samples = count(sampleCount, 'sample');
  context.fillStyle = palette.quiet;
  const podPx = namePx - measureSmall(`${samples} · `);
  const shownPod = pod === '' ? '' : ` · ${fitLabel(cleanLabel(pod), podPx, measureSmall)}`;
  context.fillText(samples + shownPod, layout.graph.leftPx, middlePx + px(17));
  context.fillStyle = palette.rest.fill;
  context.fillRect(leftPx, topPx, rightPx - leftPx, bottomPx - topPx);
  if (layout.maximum > 0) drawBins(brush, counts, { topPx, bottomPx });
}

/** One pass for each kind; what is marked stands on the ground, where heights are told best. */
function drawBins(
  { context, layout, palette }: Brush,
  counts: Float64Array,
  { topPx, bottomPx }: TimelineLayout['lanes'][number],
): void {
  const binCount = counts.length / timelineKinds.length;
  const { leftPx, rightPx } = layout.cells;
  const pxPerSample = (bottomPx - topPx) / layout.maximum;
  const below = new Float64Array(binCount);
  const edgePx = (bin: number) => leftPx + Math.round((bin * (rightPx - leftPx)) / binCount);
  for (const [at, kind] of timelineKinds.entries()) {
    context.fillStyle = fillOf(kind, palette);
    for (let bin = 0; bin < binCount; bin++) {
      const samples = counts[bin * timelineKinds.length + at]!;
      if (samples === 0) continue;
      const fromPx = bottomPx - Math.round(below[bin]! * pxPerSample);
      below[bin]! += samples;
      const toPx = bottomPx - Math.round(below[bin]! * pxPerSample);
      context.fillRect(edgePx(bin), toPx, Math.max(1, edgePx(bin + 1) - edgePx(bin)), fromPx - toPx);
    }
  }
}

/** What each colour means, with its share of the samples; then the bar of what was asked for. */
function drawLegend(brush: Brush, input: TimelineInput, { selected }: TimelineOptions): void {
  const { palette, layout, setFont } = brush;
  const sums = sumKinds(input.lanes);
  const total = sums.marked + sums.own + sums.outside;
  const share = (kind: TimelineKind) => ` ${formatShare(total === 0 ? 0 : sums[kind] / total)}`;
  const roomPx = (layout.graph.rightPx - layout.graph.leftPx) * (selected === null ? 0.4 : 0.2);
  const marked = fitLabel(input.marked.map(cleanLabel).join(', '), roomPx, setFont(29));
  const entries = [
    ...(sums.marked > 0 ? [{ fill: fillOf('marked', palette), text: marked + share('marked') }] : []),
    { fill: fillOf('own', palette), text: `${sums.marked > 0 ? 'other ' : ''}own code${share('own')}` },
    { fill: fillOf('outside', palette), text: `outside own code${share('outside')}` },
  ];
  const xPx = drawSwatches(brush, entries);
  if (selected !== null) drawSelectedLegend(brush, xPx, selected);
}

/** What is missing, then how to read it. */
function drawNote({ context, layout, palette, px, setFont }: Brush, { binMs }: TimelineInput): void {
  const measure = setFont(21);
  const { hiddenCount, hiddenRatio, maximum } = layout;
  const hidden =
    hiddenCount === 0
      ? ''
      : `Not drawn: ${count(hiddenCount, 'thread')} with fewer samples (${formatShare(hiddenRatio)}). `;
  const note = `${hidden}Full height: ${count(maximum, 'sample')} in ${formatBin(binMs)}, in every lane. Own code with what it calls.`;
  context.fillStyle = palette.quiet;
  const roomPx = layout.graph.rightPx - layout.graph.leftPx;
  context.fillText(fitSentence(note, roomPx, measure), layout.graph.leftPx, layout.notePx + px(14));
}

function fillOf(kind: TimelineKind, { suspect, category }: Palette): string {
  if (kind === 'marked') return suspect.fill;
  return category[kind === 'own' ? 'own' : 'runtime'].fills[0];
}

function count(number: number, noun: string): string {
  return `${Math.round(number).toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

function formatBin(binMs: number): string {
  return binMs < 1000 ? `${Math.round(binMs)} ms` : `${(binMs / 1000).toFixed(1)} s`;
}

/** Where the lanes would be. */
function drawEmpty({ context, layout, palette, px, setFont }: Brush): void {
  setFont(40);
  context.fillStyle = palette.text;
  const { leftPx, topPx, bottomPx } = layout.cells;
  context.fillText('No samples', leftPx + px(24), (topPx + bottomPx) / 2);
}
