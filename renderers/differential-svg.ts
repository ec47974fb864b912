import { describeDifferential } from './differential-description.ts';
import { drawDifferential } from './differential-flame-graph.ts';
import type { DifferentialInput, DifferentialOptions } from './differential-input.ts';
import { layoutDifferential } from './differential-layout.ts';
import { differentialStyle } from './differential-style.ts';
import { writeExplorable } from './flame-graph-svg.ts';
import { formatPoints } from './format-points.ts';
import { formatShare } from './format-share.ts';
import { type MeasureFont, openSvgContext } from './svg-context.ts';
import { wrapSvg } from './wrap-svg.ts';

/** The same as writeFlameGraphSvg for two recordings. What vanished can be read, but not zoomed. */
export function writeDifferentialSvg(
  input: DifferentialInput,
  options: Omit<DifferentialOptions, 'fontFamily'>,
  measure: MeasureFont,
): string {
  const layout = layoutDifferential(input, options);
  const { context, elements } = openSvgContext(measure);
  drawDifferential(context, input, layout, options);
  const style = differentialStyle(input, options.theme);
  const remark = (row: number) => {
    const before = input.baseline[row]!;
    const change = `was ${formatShare(before)}, ${formatPoints(input.total[row]! - before)} points`;
    return input.isAboveNoise(row) ? change : `${change}, may be chance`;
  };
  return wrapSvg(layout.flames, {
    title: options.title,
    description: describeDifferential(input, options),
    body: [
      elements(),
      writeExplorable(input, layout.flames, {
        style,
        unit: '',
        remark,
        theme: options.theme,
      }),
    ].join('\n'),
  });
}
