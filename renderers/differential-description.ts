import { joinSentences, shortName } from './describe.ts';
import { listOutermost, placeElided } from './differential-elided.ts';
import type { DifferentialInput, DifferentialOptions, FunctionDelta } from './differential-input.ts';
import { formatPoints } from './format-points.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel } from './label.ts';

const mostNamed = 5;

/**
 * What a differential flame graph shows, in words: what grew, what shrank, what vanished.
 *
 * @returns at most 1,000 characters, one line
 */
export function describeDifferential(input: DifferentialInput, options: DifferentialOptions): string {
  const { title, baselineTitle, subtitle, unit, growths, shrinkages } = options;
  const unitName = unit === 'cpu' ? 'percent of one CPU' : 'percentage points';
  return joinSentences([
    `Differential flame graph: ${shortName(title)} against ${shortName(baselineTitle)}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    growths.length === 0
      ? 'Nothing grew above the noise.'
      : `Grew most, in ${unitName}: ${listDeltas(growths)}.`,
    shrinkages.length === 0 ? '' : `Shrank most: ${listDeltas(shrinkages)}.`,
    describeElided(input),
  ]);
}

function listDeltas(deltas: readonly FunctionDelta[]): string {
  return deltas
    .slice(0, mostNamed)
    .map(
      ({ name, before, after }) =>
        `${shortName(name)} ${formatPoints(after - before)} (${formatShare(before)} to ${formatShare(after)})`,
    )
    .join(', ');
}

function describeElided(input: DifferentialInput): string {
  const elided = placeElided(input, { leftPx: 0, rightPx: 1000, minimumWidthPx: 1 });
  const rows = elided === null ? [] : listOutermost(elided.boxes);
  if (rows.length === 0) return '';
  const named = rows
    .slice(0, mostNamed)
    .map((row) => `${shortName(input.name(row))} ${formatShare(input.baseline[row]!)}`);
  const more = rows.length > mostNamed ? ` and ${rows.length - mostNamed} more` : '';
  return `Gone, with its share of the baseline: ${named.join(', ')}${more}.`;
}
