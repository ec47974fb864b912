import type { Context2D } from './context-2d.ts';
import { escapeXml } from './escape-xml.ts';

/** Of a text in a font as the context takes it (`bold 30px "DejaVu Sans"`), in px. */
export type MeasureFont = (font: string, text: string) => number;

/** From the middle of a line of text down to its baseline, in sizes of the font. */
const baselineRatio = 0.36;

/**
 * A 2D context that writes SVG: what a renderer paints on it becomes elements, letters stay letters.
 *
 * Rectangles of one colour in a row become one path, so that a flame graph of 5,000 boxes is as many short
 * path commands and not as many elements.
 *
 * @param measure of the fonts that the reader will probably have; SVG itself measures nothing
 */
export function openSvgContext(measure: MeasureFont): { context: Context2D; elements(): string } {
  const elements: string[] = [];
  let rectangles: { fill: string; path: string[] } = { fill: '', path: [] };
  let path: string[] = [];
  let dash: readonly number[] = [];

  const endRectangles = () => {
    if (rectangles.path.length > 0) {
      elements.push(`<path fill="${escapeXml(rectangles.fill)}" d="${rectangles.path.join('')}"/>`);
    }
    rectangles = { fill: '', path: [] };
  };
  const add = (element: string) => {
    endRectangles();
    elements.push(element);
  };
  const strokeAttributes = () => {
    const dashes = dash.length === 0 ? '' : ` stroke-dasharray="${dash.map(short).join(' ')}"`;
    const ends = `stroke-linejoin="${escapeXml(String(context.lineJoin))}" stroke-linecap="${escapeXml(String(context.lineCap))}"`;
    return `stroke="${escapeXml(String(context.strokeStyle))}" stroke-width="${short(context.lineWidth)}" ${ends}${dashes}`;
  };

  const context: Context2D = {
    fillStyle: '#000000',
    strokeStyle: '#000000',
    font: '10px sans-serif',
    lineWidth: 1,
    lineJoin: 'miter',
    lineCap: 'butt',
    textAlign: 'left',
    textBaseline: 'alphabetic',
    fillRect(x, y, width, height) {
      const fill = String(context.fillStyle);
      if (rectangles.fill !== fill) {
        endRectangles();
        rectangles = { fill, path: [] };
      }
      rectangles.path.push(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`);
    },
    strokeRect(x, y, width, height) {
      add(
        `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="none" ${strokeAttributes()}/>`,
      );
    },
    fillText(text, x, y) {
      const font = readFont(context.font);
      const baseline = context.textBaseline === 'middle' ? y + font.sizePx * baselineRatio : y;
      const anchor = { right: ' text-anchor="end"', center: ' text-anchor="middle"' }[
        String(context.textAlign)
      ];
      const weight = font.isBold ? ' font-weight="bold"' : '';
      const fill = escapeXml(String(context.fillStyle));
      add(
        `<text x="${short(x)}" y="${short(baseline)}" font-size="${short(font.sizePx)}"${weight}${anchor ?? ''} fill="${fill}">${escapeXml(text)}</text>`,
      );
    },
    measureText: (text) => ({ width: measure(context.font, text) }),
    beginPath() {
      path = [];
    },
    moveTo(x, y) {
      path.push(`M${short(x)} ${short(y)}`);
    },
    lineTo(x, y) {
      path.push(`L${short(x)} ${short(y)}`);
    },
    /** As two halves: an arc of SVG that ends where it begins is nothing. */
    arc(x, y, radius, startAngle, endAngle) {
      const middleAngle = (startAngle + endAngle) / 2;
      const at = (angle: number) =>
        `${short(x + radius * Math.cos(angle))} ${short(y + radius * Math.sin(angle))}`;
      const half = (angle: number) => `A${short(radius)} ${short(radius)} 0 0 1 ${at(angle)}`;
      path.push(`${path.length === 0 ? 'M' : 'L'}${at(startAngle)}${half(middleAngle)}${half(endAngle)}`);
    },
    setLineDash(segments) {
      dash = [...segments];
    },
    fill() {
      add(`<path fill="${escapeXml(String(context.fillStyle))}" d="${path.join('')}"/>`);
    },
    stroke() {
      add(`<path fill="none" ${strokeAttributes()} d="${path.join('')}"/>`);
    },
  };
  return {
    context,
    elements() {
      endRectangles();
      return elements.join('\n');
    },
  };
}

/** Two decimals are finer than any screen. */
function short(number: number): string {
  return String(Math.round(number * 100) / 100);
}

function readFont(font: string): { isBold: boolean; sizePx: number } {
  return { isBold: font.startsWith('bold '), sizePx: Number.parseFloat(font.replace(/^bold /, '')) };
}
