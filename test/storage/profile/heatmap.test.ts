import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countOffsets } from '../../../storage/profile/heatmap.ts';

/** A heatmap as lines, the end of each second on top. */
function draw(counts: Uint32Array, rows: number): string[] {
  return Array.from({ length: rows }, (_, fromTop) => {
    const row = rows - 1 - fromTop;
    return Array.from({ length: counts.length / rows }, (_, second) => counts[second * rows + row]).join(' ');
  });
}

describe('sub-second offset heatmap', () => {
  test('has a column for each second and its beginning at the bottom', () => {
    expect(draw(countOffsets([0, 10, 260, 1000, 2750, 2999], 4), 4)).toEqual([
      '0 0 2',
      '0 0 0',
      '1 0 0',
      '2 1 0',
    ]);
  });

  test('begins with the whole second in which the first sample lies', () => {
    expect(draw(countOffsets([41_700, 42_100], 2), 2)).toEqual(['1 0', '0 1']);
  });

  test('takes rows that do not divide the second', () => {
    const counts = countOffsets(
      Array.from({ length: 49 }, (_, index) => (index * 1000) / 49),
      49,
    );
    expect([...counts]).toEqual(new Array(49).fill(1));
  });

  test('puts times that were computed on the border of a row above it', () => {
    const stamp = 5076.1 * 1000 - 5076 * 1000; // 100.00000000009095 or 99.99999999990905
    expect(countOffsets([stamp], 50).indexOf(1)).toBe(5);
    expect(countOffsets([999.999_999_9], 50)).toHaveLength(50);
  });

  test('leaves samples out, but keeps their seconds', () => {
    expect(
      draw(
        countOffsets([0, 1500, 2500], 2, (sample) => sample === 1),
        2,
      ),
    ).toEqual(['0 1 0', '0 0 0']);
  });

  test('of no samples is empty', () => {
    expect(countOffsets([], 50)).toHaveLength(0);
  });

  test('refuses rows and lengths that nobody could draw', () => {
    for (const rows of [0, -1, 2.5, 1001, Number.NaN])
      expect(() => countOffsets([0], rows)).toThrow(RangeError);
    expect(() => countOffsets([0, 1e12], 50)).toThrow(RangeError);
  });

  test('counts every sample once, in its own second and row, whatever the rows', () => {
    const microseconds = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(microseconds, fc.integer({ min: 1, max: 200 }), (unordered, rows) => {
        const timesMs = unordered.toSorted((a, b) => a - b).map((time) => time / 1000);
        const counts = countOffsets(timesMs, rows);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(timesMs.length);
        expect(counts.length % rows).toBe(0);
        const first = Math.floor((timesMs[0] ?? 0) / 1000);
        for (const timeMs of timesMs) {
          const cell = (timeMs / 1000 - first) * rows;
          // Rounded up, the last time may lie behind the last second.
          const rounded = counts[Math.floor(cell + 1e-6)] ?? 0;
          expect(Math.max(rounded, counts[Math.floor(cell)]!)).toBeGreaterThan(0);
        }
      }),
    );
  });
});
