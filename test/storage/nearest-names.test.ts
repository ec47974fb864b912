import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearestNames } from '../../storage/nearest-names.ts';

test.each([
  ['snapshto', 'snapshot', 1],
  ['snpshot', 'snapshot', 1],
  ['snapshots', 'snapshot', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['ca', 'abc', 3],
])('from %j to %j it is %d steps', (from, to, steps) => {
  expect(editDistance(from, to)).toBe(steps);
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

test('distance is none to itself, the same both ways, and within the lengths', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(editDistance(a, a)).toBe(0);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      if (a !== b) expect(distance).toBeGreaterThan(0);
    }),
  );
});

test('distance grows by one at most with one mistake more', () => {
  fc.assert(
    fc.property(word, word, fc.nat(), (a, b, at) => {
      const place = at % (b.length + 1);
      const mistaken = `${b.slice(0, place)}x${b.slice(place)}`;
      expect(Math.abs(editDistance(a, mistaken) - editDistance(a, b))).toBeLessThanOrEqual(1);
    }),
  );
});

test('nearest names come best first, and none when nothing is near', () => {
  const commands = ['snapshot', 'suspects', 'status', 'list', 'help'];
  expect(nearestNames('snapshto', commands)).toEqual(['snapshot']);
  expect(nearestNames('STATUS', commands)).toEqual(['status']);
  expect(nearestNames('sus', commands)).toEqual(['suspects']);
  expect(nearestNames('hlep', commands)).toEqual(['help']);
  expect(nearestNames('deploy', commands)).toEqual([]);
  expect(nearestNames('', commands)).toEqual([]);
  expect(nearestNames('aa', ['ab', 'ac', 'ad', 'ae'], 2)).toEqual(['ab', 'ac']);
  expect(didYouMean('lits', commands)).toBe(' (did you mean "list"?)');
  expect(didYouMean('deploy', commands)).toBe('');
});

test('nearest names take no longer for a text of any length', () => {
  const started = performance.now();
  expect(
    nearestNames(
      'x'.repeat(1_000_000),
      Array.from({ length: 1_000 }, (_, n) => `name-${n}`),
    ),
  ).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_000);
});
