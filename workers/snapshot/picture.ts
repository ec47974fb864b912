import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from 'canvas';
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
let fontIsRegistered = false;

/** Draws a flame graph as PNG, letter for letter the same on every machine. */
export async function drawFlameGraphPicture({
  input,
  ...options
}: { input: FlameGraphInput } & Omit<FlameGraphOptions, 'fontFamily'>): Promise<Picture> {
  registerFont();
  const drawing = { ...options, fontFamily: `"${fontFamily}"` };
  const layout = layoutFlameGraph(input, drawing);
  const canvas = createCanvas(layout.widthPx, layout.heightPx);
  drawFlameGraph(canvas.getContext('2d'), input, layout, drawing);
  return {
    png: await encodeIndexedPng(canvas.data(), layout.widthPx, layout.heightPx),
    widthPx: layout.widthPx,
    heightPx: layout.heightPx,
    altText: describeFlameGraph(input, drawing),
  };
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
