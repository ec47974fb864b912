import { drawFlameGraph, layoutFlameGraph } from '../../../renderers/flame-graph.ts';
import { writeFlameGraphSvg } from '../../../renderers/flame-graph-svg.ts';
import { zoomTree } from '../../../renderers/zoom-tree.ts';
import type { TreeAnswer } from '../../../workers/exploration.ts';
import { toInput } from './tree-input.ts';

/** What is zoomed into, as the picture in a thread looks. */
export async function drawPicture(
  tree: TreeAnswer,
  kind: 'svg' | 'png',
  title: string,
  part: string,
): Promise<Blob> {
  const input = zoomTree(toInput(tree), tree.zoomed).tree;
  const samples = `${Math.round(input.total[0]!).toLocaleString('en')} samples`;
  const options = {
    title,
    subtitle: [samples, part].filter((text) => text !== '').join(' · '),
    suspects: [],
  };
  if (kind === 'svg')
    return new Blob([writeFlameGraphSvg(input, options, measureFont)], { type: 'image/svg+xml' });
  const layout = layoutFlameGraph(input, options);
  const canvas = document.createElement('canvas');
  canvas.width = layout.widthPx;
  canvas.height = layout.heightPx;
  drawFlameGraph(canvas.getContext('2d')!, input, layout, options);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('Cannot make a PNG of the canvas');
  return blob;
}

let measuring: CanvasRenderingContext2D | undefined;

function measureFont(font: string, text: string): number {
  measuring ??= document.createElement('canvas').getContext('2d')!;
  measuring.font = font;
  return measuring.measureText(text).width;
}
