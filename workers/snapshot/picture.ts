import type { Context2D } from '../../renderers/context-2d.ts';
import {
  type DifferentialInput,
  type DifferentialOptions,
  describeDifferential,
  drawDifferential,
  layoutDifferential,
} from '../../renderers/differential-flame-graph.ts';
import { writeDifferentialSvg } from '../../renderers/differential-svg.ts';
import {
  describeFlameGraph,
  drawFlameGraph,
  type FlameGraphInput,
  type FlameGraphOptions,
  layoutFlameGraph,
} from '../../renderers/flame-graph.ts';
import { writeFlameGraphSvg } from '../../renderers/flame-graph-svg.ts';
import {
  describeHeatmap,
  drawHeatmap,
  type HeatmapInput,
  type HeatmapOptions,
  layoutHeatmap,
} from '../../renderers/heatmap.ts';
import type { Theme } from '../../renderers/palette.ts';
import {
  describePodStrip,
  drawPodStrip,
  layoutPodStrip,
  type PodStripOptions,
  type PodStripPod,
} from '../../renderers/pod-strip.ts';
import {
  describeTimeline,
  drawTimeline,
  layoutTimeline,
  type TimelineInput,
  type TimelineOptions,
} from '../../renderers/timeline.ts';
import {
  describeTopTable,
  drawTopTable,
  layoutTopTable,
  type TopTableInput,
  type TopTableOptions,
} from '../../renderers/top-table.ts';
import { encodeSvg, measureFont, type Picture, paintPng, paintStill, pictureFont } from './paint-picture.ts';

/** A PNG for Slack, or an SVG file of its own with zoom and search. */
type PictureKind = 'png' | 'svg';

export type { Picture } from './paint-picture.ts';

/** How any picture can be wanted: a light PNG of 1600 px by default. */
export type PictureLook = {
  kind?: PictureKind | undefined;
  widthPx?: number | undefined;
  theme?: Theme | undefined;
};

type Drawing<Input, Options> = { input: Input; kind?: PictureKind | undefined } & Omit<Options, 'fontFamily'>;

/** Draws a flame graph, as PNG letter for letter the same on every machine. */
export async function drawFlameGraphPicture({
  input,
  kind = 'png',
  ...options
}: Drawing<FlameGraphInput, FlameGraphOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutFlameGraph(input, drawing);
  const bytes =
    kind === 'svg'
      ? encodeSvg(writeFlameGraphSvg(input, options, measureFont))
      : await paintPng(layout, (context) => drawFlameGraph(context, input, layout, drawing));
  return { bytes, ...sizeOf(layout), altText: describeFlameGraph(input, drawing) };
}

/** The same for two recordings. */
export async function drawDifferentialPicture({
  input,
  kind = 'png',
  ...options
}: Drawing<DifferentialInput, DifferentialOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutDifferential(input, drawing);
  const bytes =
    kind === 'svg'
      ? encodeSvg(writeDifferentialSvg(input, options, measureFont))
      : await paintPng(layout.flames, (context) => drawDifferential(context, input, layout, drawing));
  return { bytes, ...sizeOf(layout.flames), altText: describeDifferential(input, drawing) };
}

/** The same for when the work was done. */
export async function drawHeatmapPicture({
  input,
  kind,
  ...options
}: Drawing<HeatmapInput, HeatmapOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutHeatmap(input, drawing);
  const altText = describeHeatmap(input, drawing);
  const paint = (context: Context2D) => drawHeatmap(context, input, layout, drawing);
  return await paintStill(kind, layout, { title: options.title, altText, paint });
}

/** Pods beside each other. */
export async function drawPodStripPicture({
  pods,
  kind,
  ...options
}: { pods: readonly PodStripPod[]; kind?: PictureLook['kind'] } & Omit<
  PodStripOptions,
  'fontFamily'
>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutPodStrip(pods, drawing);
  const altText = describePodStrip(pods, drawing);
  const paint = (context: Context2D) => drawPodStrip(context, pods, layout, drawing);
  return await paintStill(kind, layout, { title: options.title, altText, paint });
}

/** What each thread did over time. */
export async function drawTimelinePicture({
  input,
  kind,
  ...options
}: Drawing<TimelineInput, TimelineOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutTimeline(input, drawing);
  const altText = describeTimeline(input, drawing);
  const paint = (context: Context2D) => drawTimeline(context, input, layout, drawing);
  return await paintStill(kind, layout, { title: options.title, altText, paint });
}

/** The functions in which the samples end. */
export async function drawTopTablePicture({
  input,
  kind,
  ...options
}: Drawing<TopTableInput, TopTableOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutTopTable(input, drawing);
  const altText = describeTopTable(input, drawing);
  const paint = (context: Context2D) => drawTopTable(context, input, layout, drawing);
  return await paintStill(kind, layout, { title: options.title, altText, paint });
}

function sizeOf({ widthPx, heightPx }: { widthPx: number; heightPx: number }) {
  return { widthPx, heightPx };
}
