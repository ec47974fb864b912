import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from 'canvas';
import type { Context2D } from '../../renderers/context-2d.ts';
import { openSvgContext } from '../../renderers/svg-context.ts';
import { wrapSvg } from '../../renderers/wrap-svg.ts';
import { encodeIndexedPng } from './indexed-png.ts';

export type Picture = { bytes: Uint8Array; widthPx: number; heightPx: number; altText: string };

/** A name of our own: a font of the same name on the machine must not take its place. */
const fontFamily = 'Avalanche Sans';
export const pictureFont = `"${fontFamily}"`;
let fontIsRegistered = false;

/** A picture that is the same as PNG and as SVG: nothing in it answers clicks. */
export async function paintStill(
  kind: 'png' | 'svg' | undefined,
  layout: { widthPx: number; heightPx: number },
  { title, altText, paint }: { title: string; altText: string; paint: (context: Context2D) => void },
): Promise<Picture> {
  const { widthPx, heightPx } = layout;
  if (kind !== 'svg') return { bytes: await paintPng(layout, paint), widthPx, heightPx, altText };
  const { context, elements } = openSvgContext(measureFont);
  paint(context);
  const bytes = encodeSvg(wrapSvg(layout, { title, description: altText, body: elements() }));
  return { bytes, widthPx, heightPx, altText };
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

/** For files whose reader has fonts of his own: DejaVu Sans is as wide as any of them. */
export function measureFont(font: string, text: string): number {
  registerFont();
  const context = createCanvas(1, 1).getContext('2d');
  context.font = font.replace(/px .*/s, `px ${pictureFont}`);
  return context.measureText(text).width;
}

export function encodeSvg(text: string): Uint8Array {
  return new TextEncoder().encode(text);
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
