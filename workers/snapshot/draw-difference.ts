import type { FunctionDelta } from '../../renderers/differential-flame-graph.ts';
import { changeOf } from '../../storage/profile/difference.ts';
import { type Comparison, shownName } from './compare-recordings.ts';
import { describeTotals } from './describe-comparison.ts';
import { drawDifferentialPicture, type Picture, type PictureLook } from './picture.ts';

/** As many growths are marked in the picture as have a line above it. */
const mostMarked = 3;

/** The differential flame graph of a comparison: widths now, colours what became of it, what vanished below. */
export async function drawDifference(comparison: Comparison, look: PictureLook = {}): Promise<Picture> {
  const { difference, before, after } = comparison;
  const { normalizedBy, parent } = difference;
  const grown = comparison.changes.filter(({ change }) => change.delta.value > 0);
  const shrunk = comparison.changes.filter(({ change }) => change.delta.value < 0);
  const rankOfKey = new Map(grown.slice(0, mostMarked).map(({ key }, index) => [key, index + 1]));
  const normalize = (values: Float64Array, unit: number) => values.map((value) => value * unit);
  const isAboveNoise = Uint8Array.from(parent, (_, row) => {
    const count = { before: difference.before.total[row]!, after: difference.after.total[row]! };
    return changeOf(difference, count).isAboveNoise ? 1 : 0;
  });
  return await drawDifferentialPicture({
    input: {
      parent,
      total: normalize(difference.after.total, difference.after.unit),
      self: normalize(difference.after.self, difference.after.unit),
      baseline: normalize(difference.before.total, difference.before.unit),
      isAboveNoise: (row) => isAboveNoise[row] === 1,
      name: (row) => {
        const anatomy = comparison.anatomyOf(row);
        return anatomy === null ? difference.name(row) : shownName(anatomy);
      },
      category: (row) => comparison.anatomyOf(row)?.category ?? 'unknown',
      // A command's box is more than what grew in it outside own code, so it has no badge.
      mark: (row) =>
        comparison.anatomyOf(row) === null ? 0 : (rankOfKey.get(comparison.keyOfRow(row)) ?? 0),
    },
    title: after.name,
    baselineTitle: before.name,
    subtitle: describeTotals(comparison),
    unit: normalizedBy === 'time' ? 'cpu' : 'samples',
    growths: grown.map(toDelta),
    shrinkages: shrunk.map(toDelta),
    ...look,
  });
}

function toDelta({ name, change }: Comparison['changes'][number]): FunctionDelta {
  return { name, before: change.before.value, after: change.after.value };
}
