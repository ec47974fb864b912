import * as fc from 'fast-check';
import type { CodeCategory } from '../../renderers/code-category.ts';
import type { FlameGraphInput, FlameGraphOptions } from '../../renderers/flame-graph.ts';
import { buildCallTree } from '../../storage/profile/call-tree.ts';
import { profileOf } from '../support/profiles.ts';

export const categoryOfPrefix: Record<string, CodeCategory> = {
  lib: 'library',
  rt: 'runtime',
  k: 'kernel',
  '?': 'unknown',
};

/**
 * A flame graph's input from folded stacks. `lib:`, `rt:`, `k:` and `?:` before a name are its kind, without
 * one it is own code; the frames of `suspects` are marked in their order.
 */
export function inputOf(folded: string, suspects: readonly string[] = []): FlameGraphInput {
  const tree = buildCallTree(profileOf(folded));
  const partsOf = (row: number) => /^(?:(lib|rt|k|\?):)?(.*)$/s.exec(tree.name(row))!;
  return {
    ...tree,
    name: (row) => partsOf(row)[2]!,
    category: (row) => categoryOfPrefix[partsOf(row)[1] ?? ''] ?? 'own',
    mark: (row) => (row === 0 ? 0 : suspects.indexOf(partsOf(row)[2]!) + 1),
  };
}

export function optionsOf(options: Partial<FlameGraphOptions> = {}): FlameGraphOptions {
  return { title: 'shop in demo', subtitle: '100 samples', suspects: [], ...options };
}

const frameName = fc.constantFrom('a', 'b', 'c', 'lib:d', 'lib:e', 'rt:f', 'rt:g', 'k:h', '?:i');

/** Any recording: one to many stacks, shallow or deep, of few names, so that paths meet and recurse. */
export const foldedStacks = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 4, arbitrary: fc.array(frameName, { minLength: 1, maxLength: 12 }) },
        { weight: 1, arbitrary: fc.array(frameName, { minLength: 40, maxLength: 200 }) },
      ),
      fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1_000_000 })),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((stacks) => stacks.map(([frames, count]) => `${frames.join(';')} ${count}`).join('\n'));

/** Any code points, lone surrogates and controls included; half of them from the first 256. */
export const anyText = fc.string({
  unit: fc
    .oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0x10ffff }))
    .map((code) => String.fromCodePoint(code)),
  maxLength: 500,
});
