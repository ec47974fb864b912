import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumOutermost } from '../../../workers/suspect/sum-outermost.ts';

/** Stacks of small numbers, outermost first; 0 is a frame of nobody. */
const sampled = fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), { maxLength: 12 });

function treeOf(samples: readonly number[][]) {
  const rows = new Map<string, number>();
  const parent: number[] = [];
  const row: number[] = [];
  const counts: number[] = [];
  for (const stack of samples) {
    let caller = -1;
    for (const [depth, owner] of stack.entries()) {
      const path = stack.slice(0, depth + 1).join();
      if (!rows.has(path)) {
        rows.set(path, parent.length);
        parent.push(caller);
        row.push(owner - 1);
        counts.push(0);
      }
      caller = rows.get(path)!;
    }
    counts[caller]!++;
  }
  return {
    stacks: { parent: Int32Array.from(parent), row: Int32Array.from(row) },
    counts: Float64Array.from(counts),
  };
}

test('totals count recursion once, calls go to the next owner further out', () => {
  fc.assert(
    fc.property(sampled, (samples) => {
      const { stacks, counts } = treeOf(samples);
      const { totals, calls } = sumOutermost(stacks, counts, 3);
      for (let owner = 0; owner < 3; owner++) {
        expect(totals[owner]).toBe(samples.filter((stack) => stack.includes(owner + 1)).length);
        for (let caller = 0; caller < 3; caller++) {
          const called = samples.map((stack) => {
            const owned = stack.filter((frame) => frame !== 0);
            return owned.filter((frame, place) => frame === owner + 1 && owned[place - 1] === caller + 1)
              .length;
          });
          const expected = owner === caller ? 0 : called.reduce((all, one) => all + one, 0);
          expect(calls.get(owner)?.get(caller) ?? 0).toBe(expected);
        }
      }
    }),
  );
});
