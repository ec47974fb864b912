import type { DifferentialInput, DifferentialOptions } from '../../renderers/differential-flame-graph.ts';
import { buildDifference, changeOf } from '../../storage/profile/difference.ts';
import { profileOf } from '../support/profiles.ts';
import { categoryOfPrefix } from './flame-graph-input.ts';

/** A differential's input from two recordings as folded stacks; frames of `grown` are marked in their order. */
export function differentialOf(
  before: string,
  after: string,
  grown: readonly string[] = [],
): DifferentialInput {
  const [was, is] = [before, after].map((folded) => {
    const profile = profileOf(folded);
    return { profile, selections: [{}], keyOf: (frame: number) => profile.frames.name[frame]! };
  });
  const difference = buildDifference(was!, is!);
  const partsOf = (row: number) => /^(?:(lib|rt|k|\?):)?(.*)$/s.exec(difference.name(row))!;
  const share = (values: Float64Array, unit: number) => values.map((value) => value * unit);
  return {
    parent: difference.parent,
    total: share(difference.after.total, difference.after.unit),
    self: share(difference.after.self, difference.after.unit),
    baseline: share(difference.before.total, difference.before.unit),
    isAboveNoise: (row) =>
      changeOf(difference, { before: difference.before.total[row]!, after: difference.after.total[row]! })
        .isAboveNoise,
    name: (row) => partsOf(row)[2]!,
    category: (row) => categoryOfPrefix[partsOf(row)[1] ?? ''] ?? 'own',
    mark: (row) => (row === 0 ? 0 : grown.indexOf(partsOf(row)[2]!) + 1),
  };
}

export function differentialOptionsOf(options: Partial<DifferentialOptions> = {}): DifferentialOptions {
  return {
    title: 'now',
    baselineTitle: 'healthy',
    subtitle: '1,000 samples against 2,000 · share of samples',
    unit: 'samples',
    growths: [],
    shrinkages: [],
    ...options,
  };
}
