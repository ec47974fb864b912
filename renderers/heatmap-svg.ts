import {
  describeHeatmap,
  drawHeatmap,
  type HeatmapInput,
  type HeatmapOptions,
  layoutHeatmap,
} from './heatmap.ts';
import { type MeasureFont, openSvgContext } from './svg-context.ts';
import { wrapSvg } from './wrap-svg.ts';

/** The heatmap as an SVG file of its own. */
export function writeHeatmapSvg(
  input: HeatmapInput,
  options: Omit<HeatmapOptions, 'fontFamily'>,
  measure: MeasureFont,
): string {
  const layout = layoutHeatmap(input, options);
  const { context, elements } = openSvgContext(measure);
  drawHeatmap(context, input, layout, options);
  return wrapSvg(layout, {
    title: options.title,
    description: describeHeatmap(input, options),
    body: elements(),
  });
}
