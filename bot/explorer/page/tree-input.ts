import type { DifferentialInput } from '../../../renderers/differential-input.ts';
import { differentialStyle } from '../../../renderers/differential-style.ts';
import type { FlameGraphInput } from '../../../renderers/flame-graph-input.ts';
import { type BoxStyle, plainStyle } from '../../../renderers/flame-graph-style.ts';
import type { Theme } from '../../../renderers/palette.ts';
import type { TreeAnswer } from '../../../workers/exploration.ts';

/** The tree of an answer as the renderers take it. */
export function toInput(tree: TreeAnswer): FlameGraphInput {
  const labelled =
    <Value>(values: readonly Value[]) =>
    (row: number) =>
      values[tree.label[row]!]!;
  return {
    parent: Int32Array.from(tree.parent),
    total: Float64Array.from(tree.total),
    self: Float64Array.from(tree.self),
    ...(tree.baseline === null ? {} : { baseline: Float64Array.from(tree.baseline) }),
    name: labelled(tree.names),
    category: labelled(tree.categories),
    mark: labelled(tree.marks),
  };
}

/** The same of a difference; null of another tree. */
function toDifferentialInput(tree: TreeAnswer): DifferentialInput | null {
  const { baseline, isAboveNoise } = tree;
  if (baseline === null || isAboveNoise === null) return null;
  return {
    ...toInput(tree),
    baseline: Float64Array.from(baseline),
    isAboveNoise: (row) => isAboveNoise[row] === 1,
  };
}

export function styleOf(tree: TreeAnswer, theme: Theme): BoxStyle {
  const differential = toDifferentialInput(tree);
  return differential === null ? plainStyle(toInput(tree), theme) : differentialStyle(differential, theme);
}

export function isMatch(tree: TreeAnswer, row: number): boolean {
  return tree.matches[tree.label[row]!] === 1;
}
