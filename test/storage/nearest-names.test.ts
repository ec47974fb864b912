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

// No place is changed twice, so the triangle inequality does not hold ("ca" to "ac" to "abc"): a mistake counts as one
// on the word itself, or behind everything else.
test('one mistake is a distance of one', () => {
  fc.assert(
    fc.property(word, fc.nat(), (name, at) => {
      const place = at % (name.length + 1);
      const [before, after] = [name.slice(0, place), name.slice(place)];
      expect(editDistance(name, `${before}x${after}`)).toBe(1);
      if (after !== '') expect(editDistance(name, `${before}x${after.slice(1)}`)).toBe(1);
      if (after !== '') expect(editDistance(name, before + after.slice(1))).toBe(1);
      if (after.length >= 2 && after[0] !== after[1]) {
        expect(editDistance(name, before + after[1] + after[0] + after.slice(2))).toBe(1);
      }
    }),
  );
});

test('distance grows by one at most with one letter more at the end', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, `${b}x`)).toBeLessThanOrEqual(editDistance(a, b) + 1);
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
