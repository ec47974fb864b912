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
  const golden = pathOf(`../data/golden/${name}.png`);
  const actual = pathOf(`../output/${name}.actual.png`);
  const diff = pathOf(`../output/${name}.diff.png`);
  if (process.env.UPDATE_GOLDENS === '1') {
    writeFileSync(golden, png);
    return;
  }
  for (const path of [actual, diff]) rmSync(path, { force: true });
  if (!existsSync(golden)) {
    writeOutput(actual, png);
    throw new Error(
      `Cannot compare "${name}": no golden yet; look at ${actual}, then run with UPDATE_GOLDENS=1`,
    );
  }
  const wanted = await readPixels(readFileSync(golden));
  const found = await readPixels(png);
  if (wanted.widthPx !== found.widthPx || wanted.heightPx !== found.heightPx) {
    writeOutput(actual, png);
    throw new Error(
      `Picture "${name}" is ${found.widthPx} x ${found.heightPx} px (golden: ${wanted.widthPx} x ${wanted.heightPx}); look at ${actual}`,
    );
  }
  const canvas = createCanvas(wanted.widthPx, wanted.heightPx);
  const context = canvas.getContext('2d');
  const marked = context.createImageData(wanted.widthPx, wanted.heightPx);
  const differing = pixelmatch(wanted.rgba, found.rgba, marked.data, wanted.widthPx, wanted.heightPx, {
    threshold: pixelThreshold,
  });
  const ratio = differing / (wanted.widthPx * wanted.heightPx);
  if (ratio <= mostDiffering) return;
  context.putImageData(marked, 0, 0);
  writeOutput(actual, png);
  writeOutput(diff, canvas.encodeSync('png'));
  throw new Error(
    `Picture "${name}" differs from its golden in ${(ratio * 100).toFixed(2)} % of the pixels (allowed: ${mostDiffering * 100} %); look at ${diff}`,
  );
}

/** Decodes a PNG with a decoder that is not ours. */
export async function readPixels(png: Uint8Array): Promise<Pixels> {
  const image = await loadImage(png);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return { rgba: data, widthPx: image.width, heightPx: image.height };
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function writeOutput(path: string, content: Uint8Array): void {
  mkdirSync(pathOf('../output'), { recursive: true });
  writeFileSync(path, content);
}
