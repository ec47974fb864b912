import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePods } from '../../../workers/snapshot/compare-pods.ts';
import { profileOf } from '../../support/profiles.ts';

const suspects = [{ rank: 1, function: 'computeDiscounts' }];
const compare = (folded: string) =>
  comparePods({ profile: profileOf(folded), selection: {}, application: null, suspects });

/** A pod that spends 5 % on computeDiscounts, and `more` samples on top of it. */
const pod = (name: string, more = 0, times = 1) => `
  app@${name}/1: main;handle;computeDiscounts ${50 * times + more}
  app@${name}/1: main;handle;render ${700 * times}
  app@${name}/1: main;read ${250 * times}`;

describe('pods of a snapshot beside each other', () => {
  test('the odd one out is named with what it does and the others do not', () => {
    const pods = compare(pod('shop-1') + pod('shop-2') + pod('shop-3', 1_000));
    expect(pods.map(({ pod: name }) => name)).toEqual(['shop-1', 'shop-2', 'shop-3']);
    expect(pods[2]).toMatchObject({
      sampleCount: 2_000,
      parts: [{ rank: 1, share: 0.525 }],
      apart: { busyRatio: 2, function: { name: 'computeDiscounts', share: 0.525, shareElsewhere: 0.05 } },
    });
    for (const other of pods.slice(0, 2)) expect(other.apart).toEqual({ busyRatio: null, function: null });
  });

  test('one that only has more of the same to do is named for that', () => {
    const [, , third] = compare(pod('shop-1') + pod('shop-2') + pod('shop-3', 0, 3));
    expect(third!.apart).toEqual({ busyRatio: 3, function: null });
  });

  test('one that does almost nothing is named too', () => {
    const silent = 'app@shop-3/1: main;read 4';
    expect(compare(`${pod('shop-1')}${pod('shop-2')}\n${silent}`)[2]!.apart.busyRatio).toBeCloseTo(0.004, 3);
  });

  test('where most differ none stands out', () => {
    const folded = ['shop-1', 'shop-2', 'shop-3'].map((name) => `app@${name}/1: main;only_${name} 1000`);
    expect(compare(folded.join('\n')).map(({ apart }) => apart.function)).toEqual([null, null, null]);
  });

  test('there is nothing to compare with one pod, or outside a cluster', () => {
    expect(compare(pod('shop-1'))).toEqual([]);
    expect(compare('app/1: main;handle 10')).toEqual([]);
  });

  test('chance sets no pod apart', () => {
    const counts = fc.array(fc.integer({ min: 85, max: 115 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(counts, (numbers) => {
        const folded = numbers.map(
          (count, at) => `app@shop-${at % 3}/1: main;${at < 3 ? 'read' : 'render'} ${count}`,
        );
        for (const { apart } of compare(folded.join('\n'))) {
          expect(apart).toEqual({ busyRatio: null, function: null });
        }
      }),
    );
  });
});
