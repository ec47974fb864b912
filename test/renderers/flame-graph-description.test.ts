import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeFlameGraph } from '../../renderers/flame-graph.ts';
import { anyText, foldedStacks, inputOf, optionsOf } from './flame-graph-input.ts';

describe('description of a flame graph', () => {
  test('names suspects, the hot path with its shares, and the kinds of code', () => {
    const input = inputOf(`
      rt:start;loop;handle;computeDiscounts;lib:round 40
      rt:start;loop;handle;computeDiscounts 21
      rt:start;loop;handle;render 19
      rt:start;loop;k:write 20`);
    const description = describeFlameGraph(
      input,
      optionsOf({ suspects: [{ rank: 1, name: 'computeDiscounts', share: 0.61, baselineShare: 0.08 }] }),
    );
    expect(description).toBe(
      'Flame graph of shop in demo. 100 samples. Suspects: 1 computeDiscounts 61 % (was 8.0 %). ' +
        'Hottest path from the root: start 100 %, loop 100 %, handle 80 %, computeDiscounts 61 %, round 40 %. ' +
        'Time by kind of code: own code 40 %, libraries 40 %, kernel 20 %.',
    );
  });

  test('leaves frames out of the path that only pass on', () => {
    const tower = Array.from({ length: 50 }, (_, index) => `f${index}`).join(';');
    expect(describeFlameGraph(inputOf(`${tower};leaf 10`), optionsOf())).toContain(
      'root: f0 100 %, leaf 100 %.',
    );
  });

  test('says that there are no samples', () => {
    expect(describeFlameGraph(inputOf(''), optionsOf({ subtitle: '' }))).toBe(
      'Flame graph of shop in demo. It is empty: no samples.',
    );
  });

  test('is one line of at most 1,000 characters whatever the names', () => {
    fc.assert(
      fc.property(foldedStacks, anyText, (folded, text) => {
        const suspects = Array.from({ length: 9 }, (_, index) => ({
          rank: index + 1,
          name: text,
          share: 0.1,
        }));
        const input = { ...inputOf(folded), name: () => text };
        const description = describeFlameGraph(input, optionsOf({ title: text, subtitle: text, suspects }));
        expect(description.length).toBeLessThanOrEqual(1000);
        expect(description).toMatch(/^[^\n\r\0]+$/);
      }),
    );
  });
});
