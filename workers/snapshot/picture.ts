import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from 'canvas';
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
import { writeHeatmapSvg } from '../../renderers/heatmap-svg.ts';
import type { Theme } from '../../renderers/palette.ts';
import {
  describePodStrip,
  drawPodStrip,
  layoutPodStrip,
  type PodStripOptions,
  type PodStripPod,
} from '../../renderers/pod-strip.ts';
import { encodeIndexedPng } from './indexed-png.ts';

/** A PNG for Slack, or an SVG file of its own with zoom and search. */
type PictureKind = 'png' | 'svg';
/** How any picture can be wanted: a light PNG of 1600 px by default. */
export type PictureLook = {
  kind?: PictureKind | undefined;
  widthPx?: number | undefined;
  theme?: Theme | undefined;
};
export type Picture = { bytes: Uint8Array; widthPx: number; heightPx: number; altText: string };

/** A name of our own: a font of the same name on the machine must not take its place. */
const fontFamily = 'Avalanche Sans';
const pictureFont = `"${fontFamily}"`;
let fontIsRegistered = false;

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
      ? encode(writeFlameGraphSvg(input, options, measureFont))
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
      ? encode(writeDifferentialSvg(input, options, measureFont))
      : await paintPng(layout.flames, (context) => drawDifferential(context, input, layout, drawing));
  return { bytes, ...sizeOf(layout.flames), altText: describeDifferential(input, drawing) };
}

/** The same for when the work was done. */
export async function drawHeatmapPicture({
  input,
  kind = 'png',
  ...options
}: Drawing<HeatmapInput, HeatmapOptions>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutHeatmap(input, drawing);
  const bytes =
    kind === 'svg'
      ? encode(writeHeatmapSvg(input, options, measureFont))
      : await paintPng(layout, (context) => drawHeatmap(context, input, layout, drawing));
  return { bytes, ...sizeOf(layout), altText: describeHeatmap(input, drawing) };
}

/** Pods beside each other. */
export async function drawPodStripPicture({
  pods,
  ...options
}: { pods: readonly PodStripPod[] } & Omit<PodStripOptions, 'fontFamily'>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutPodStrip(pods, drawing);
  const bytes = await paintPng(layout, (context) => drawPodStrip(context, pods, layout, drawing));
  return { bytes, ...sizeOf(layout), altText: describePodStrip(pods, drawing) };
}

/** Paints with the font of our own and encodes what came of it. */
async function paintPng(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  paint: (context: Context2D) => void,
): Promise<Uint8Array> {
  registerFont();
  const canvas = createCanvas(widthPx, heightPx);
  paint(canvas.getContext('2d'));
  return await encodeIndexedPng(canvas.data(), widthPx, heightPx);
}

/** For files whose reader has fonts of his own: DejaVu Sans is as wide as any of them. */
function measureFont(font: string, text: string): number {
  registerFont();
  const context = createCanvas(1, 1).getContext('2d');
  context.font = font.replace(/px .*/s, `px ${pictureFont}`);
  return context.measureText(text).width;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function sizeOf({ widthPx, heightPx }: { widthPx: number; heightPx: number }) {
  return { widthPx, heightPx };
}

function registerFont(): void {
  if (fontIsRegistered) return;
  const { resolve } = createRequire(import.meta.url);
  for (const file of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
    const path = resolve(`dejavu-fonts-ttf/ttf/${file}`);
    if (GlobalFonts.registerFromPath(path, fontFamily) === null) {
      throw new Error(`Cannot register the font "${path}": the canvas does not read it`);
    }
  }
  fontIsRegistered = true;
}
