import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from 'canvas';
import pixelmatch from 'pixelmatch';

/** How far two pixels may be apart, and how many may be further: what differing machines have been seen to need. */
const pixelThreshold = 0.1;
const mostDiffering = 0.002;

type Pixels = { rgba: Uint8ClampedArray; widthPx: number; heightPx: number };

/**
 * Compares a PNG with test/data/golden/<name>.png. UPDATE_GOLDENS=1 accepts it as the new one: look at it
 * first. When they differ, <name>.actual.png and <name>.diff.png lie in test/output.
 */
export async function expectGolden(name: string, png: Uint8Array): Promise<void> {
  if (process.env.UPDATE_GOLDENS === '1') {
    writeFileSync(goldenPath(name), png);
    return;
  }
  const difference = await compareWithGolden(name, png);
  const actual = pathOf(`../output/${name}.actual.png`);
  const diff = pathOf(`../output/${name}.diff.png`);
  for (const path of [actual, diff]) rmSync(path, { force: true });
  if (difference === null) return;
  mkdirSync(pathOf('../output'), { recursive: true });
  writeFileSync(actual, png);
  if (difference.marked !== null) writeFileSync(diff, difference.marked);
  throw new Error(`Picture "${name}" ${difference.how}; look at ${actual}, accept with UPDATE_GOLDENS=1`);
}

/** @returns null when they are the same but for what differing machines may do; `marked` is a PNG */
export async function compareWithGolden(
  name: string,
  png: Uint8Array,
): Promise<{ how: string; marked: Uint8Array | null } | null> {
  if (!existsSync(goldenPath(name))) return { how: 'has no golden', marked: null };
  const wanted = await readPixels(readFileSync(goldenPath(name)));
  const found = await readPixels(png);
  const { widthPx, heightPx } = wanted;
  if (widthPx !== found.widthPx || heightPx !== found.heightPx) {
    const how = `is ${found.widthPx} x ${found.heightPx} px (golden: ${widthPx} x ${heightPx})`;
    return { how, marked: null };
  }
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  const marked = context.createImageData(widthPx, heightPx);
  const options = { threshold: pixelThreshold };
  const differing = pixelmatch(wanted.rgba, found.rgba, marked.data, widthPx, heightPx, options);
  const ratio = differing / (widthPx * heightPx);
  if (ratio <= mostDiffering) return null;
  context.putImageData(marked, 0, 0);
  const how = `differs from its golden in ${(ratio * 100).toFixed(2)} % of the pixels (allowed: ${mostDiffering * 100} %)`;
  return { how, marked: canvas.encodeSync('png') };
}

/** Decodes a PNG with a decoder that is not ours. */
export async function readPixels(png: Uint8Array): Promise<Pixels> {
  const image = await loadImage(png);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return { rgba: data, widthPx: image.width, heightPx: image.height };
}

/** How many pixels of the margins left and right of the graph are not white: a text ran over. */
export async function inkOutside(png: Uint8Array, leftPx: number, rightPx: number): Promise<number> {
  const { rgba, widthPx } = await readPixels(png);
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  // Letters may lean over the edge of their width by a px or two.
  const lean = 3;
  return pixels.filter((pixel, at) => {
    const x = at % widthPx;
    return (x < leftPx - lean || x >= rightPx + lean) && pixel !== 0xffffffff;
  }).length;
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function goldenPath(name: string): string {
  return pathOf(`../data/golden/${name}.png`);
}
