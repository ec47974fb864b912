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
import {
  describeFlameGraph,
  drawFlameGraph,
  type FlameGraphInput,
  type FlameGraphOptions,
  layoutFlameGraph,
} from '../../renderers/flame-graph.ts';
import { encodeIndexedPng } from './indexed-png.ts';

export type Picture = { png: Uint8Array; widthPx: number; heightPx: number; altText: string };

/** A name of our own: a font of the same name on the machine must not take its place. */
const fontFamily = 'Avalanche Sans';
export const pictureFont = `"${fontFamily}"`;
let fontIsRegistered = false;

/** Draws a flame graph as PNG, letter for letter the same on every machine. */
export async function drawFlameGraphPicture({
  input,
  ...options
}: { input: FlameGraphInput } & Omit<FlameGraphOptions, 'fontFamily'>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutFlameGraph(input, drawing);
  const png = await paintPng(layout, (context) => drawFlameGraph(context, input, layout, drawing));
  const { widthPx, heightPx } = layout;
  return { png, widthPx, heightPx, altText: describeFlameGraph(input, drawing) };
}

/** The same for two recordings. */
export async function drawDifferentialPicture({
  input,
  ...options
}: { input: DifferentialInput } & Omit<DifferentialOptions, 'fontFamily'>): Promise<Picture> {
  const drawing = { ...options, fontFamily: pictureFont };
  const layout = layoutDifferential(input, drawing);
  const png = await paintPng(layout.flames, (context) => drawDifferential(context, input, layout, drawing));
  const { widthPx, heightPx } = layout.flames;
  return { png, widthPx, heightPx, altText: describeDifferential(input, drawing) };
}

/** Paints with the font of our own and encodes what came of it. */
export async function paintPng(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  paint: (context: Context2D) => void,
): Promise<Uint8Array> {
  registerFont();
  const canvas = createCanvas(widthPx, heightPx);
  paint(canvas.getContext('2d'));
  return await encodeIndexedPng(canvas.data(), widthPx, heightPx);
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
