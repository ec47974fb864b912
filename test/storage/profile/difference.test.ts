import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildDifference,
  type Change,
  changeOf,
  compareFunctions,
  type Difference,
  type Normalization,
} from '../../../storage/profile/difference.ts';
import { estimateRate } from '../../../storage/profile/estimate.ts';
import type { Profile, Selection } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { profileOf } from '../../support/profiles.ts';

const sideOf = (profile: Profile, selections: readonly Selection[] = [{}]) => ({
  profile,
  selections,
  keyOf: (frame: number) => profile.frames.name[frame]!,
});

const differenceOf = (before: Profile, after: Profile, by?: Normalization): Difference =>
  buildDifference(sideOf(before), sideOf(after), by);

const changeOfRow = (difference: Difference, row: number): Change =>
  changeOf(difference, { before: difference.before.total[row]!, after: difference.after.total[row]! });

/** Rows as lines, in order of their path, with values before and after in percent: `app;main 50 -> 75 +25`. */
function linesOf(difference: Difference): string[] {
  const path: string[] = [];
  const lines = Array.from(difference.parent, (parent, row) => {
    path[row] = row === 0 ? 'all' : `${path[parent]};${difference.name(row)}`;
    const { before, after, delta, isAboveNoise } = changeOfRow(difference, row);
    const percent = (value: number) => String(Number((value * 100).toFixed(4)));
    const sign = delta.value > 0 ? '+' : '';
    return `${path[row]} ${percent(before.value)} -> ${percent(after.value)} ${sign}${percent(delta.value)}${isAboveNoise ? ' *' : ''}`;
  });
  return lines.sort();
}

const anyFolded = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 500 }),
      fc.constantFrom('web', 'job'),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((stacks) => stacks.map(([frames, count, comm]) => `${comm}/1: ${frames.join(';')} ${count}`));
const anyProfile = anyFolded.map((lines) => profileOf(lines.join('\n')));

describe('difference', () => {
  test('lays both sides over each other by call path', () => {
    const before = profileOf('main;parse 500\nmain;old 250\nmain 250');
    const after = profileOf('main;parse 500\nmain;new;parse 500\nmain 1000');
    expect(linesOf(differenceOf(before, after))).toEqual([
      'all 100 -> 100 0',
      'all;app 100 -> 100 0',
      'all;app;main 100 -> 100 0',
      'all;app;main;new 0 -> 25 +25 *',
      'all;app;main;new;parse 0 -> 25 +25 *',
      'all;app;main;old 25 -> 0 -25 *',
      'all;app;main;parse 50 -> 25 -25 *',
    ]);
  });

  test('sees no change in few samples, nor in less than a point', () => {
    const few = differenceOf(profileOf('a 5\nb 5'), profileOf('a 7\nb 3'));
    expect(linesOf(few).filter((line) => line.endsWith('*'))).toEqual([]);
    const small = differenceOf(profileOf('a 1000000\nb 5000'), profileOf('a 1000000\nb 10000'));
    expect(changeOfRow(small, 2).delta.low * changeOfRow(small, 2).delta.high).toBeGreaterThan(0);
    expect(linesOf(small).filter((line) => line.endsWith('*'))).toEqual([]);
  });

  test('takes commands that differ in a number for one, and says so', () => {
    const before = profileOf('pool-7/1: a 10\npool-8/2: a 10\nnode24/3: a 5');
    const after = profileOf('pool-1/1: a 40\nnode24/3: a 10');
    expect(linesOf(differenceOf(before, after))).toEqual([
      'all 100 -> 100 0',
      'all;node24 20 -> 20 0',
      'all;node24;a 20 -> 20 0',
      'all;pool-* 80 -> 80 0',
      'all;pool-*;a 80 -> 80 0',
    ]);
  });

  test('counts frames without a key on their caller, at last on the command', () => {
    const keyOf = (profile: Profile) => (frame: number) => {
      const name = profile.frames.name[frame]!;
      return name.startsWith('lib') ? null : name;
    };
    const [before, after] = [profileOf('own;lib1 60\nlib2 40'), profileOf('lib1;own 75\nown;lib3;lib1 25')];
    const difference = buildDifference(
      { profile: before, selections: [{}], keyOf: keyOf(before) },
      { profile: after, selections: [{}], keyOf: keyOf(after) },
    );
    expect(linesOf(difference)).toEqual([
      'all 100 -> 100 0',
      'all;app 100 -> 100 0',
      'all;app;own 60 -> 100 +40 *',
    ]);
    expect(difference.before.self[1]).toBe(40);
  });

  test('takes several ranges of one recording together', () => {
    const profile = profileOf('@0 quiet 5\n@1000 burst 9\n@2000 quiet 3\n@3000 late 2');
    const difference = buildDifference(
      sideOf(profile, [{ toMs: 1000 }, { fromMs: 2000 }]),
      sideOf(profile, [{ fromMs: 1000, toMs: 2000 }]),
    );
    expect(difference.before.total[0]).toBe(10);
    expect(difference.after.total[0]).toBe(9);
  });
});

describe('difference by time', () => {
  const recorded = (rateHz: number | null, samples: [ms: number, count: number][]): Profile => {
    const builder = new ProfileBuilder({ format: 'perf-script', rateHz });
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'app' });
    const stack = builder.stack(-1, builder.frame({ name: 'work', module: '', kind: 0 }));
    const event = builder.event('cycles', 'events');
    for (const [timeMs, count] of samples)
      builder.addSample({ timeMs, thread, stack, event, count, weight: 1 });
    return builder.finish();
  };

  test('shows how many CPUs are taken, whatever the rates and lengths', () => {
    const before = recorded(100, [
      [0, 250],
      [5_000, 250],
    ]);
    const after = recorded(50, [
      [0, 250],
      [2_000, 250],
    ]);
    const { before: was, after: is, delta } = changeOfRow(differenceOf(before, after, 'time'), 0);
    expect([was.value, is.value, delta.value]).toEqual([1, 5, 4]);
    expect(linesOf(differenceOf(before, after))[0]).toBe('all 100 -> 100 0');
  });

  test.each([
    [
      recorded(null, [
        [0, 1],
        [5_000, 1],
      ]),
      'its sampling rate',
    ],
    [recorded(99, [[0, 1]]), 'how long it is'],
    [profileOf('main 3'), 'how long it is'],
  ])('cannot be told of a recording that lacks what it needs', (profile, missing) => {
    expect(() => differenceOf(profile, profile, 'time')).toThrow(
      expect.objectContaining({ code: 'NOT_COMPARABLE', message: expect.stringContaining(missing) }),
    );
  });

  test('has an interval that holds the count it was made of', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.double({ min: 1e-9, max: 10, noNaN: true }), (count, unit) => {
        const { value, low, high } = estimateRate(count, unit);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThan(value);
      }),
    );
    expect(estimateRate(100, 1)).toEqual({
      value: 100,
      low: expect.closeTo(82.2, 1),
      high: expect.closeTo(121.6, 1),
    });
  });
});

describe('difference of any two recordings', () => {
  test('is zero everywhere of a recording and itself', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const difference = differenceOf(profile, profile);
        for (let row = 0; row < difference.parent.length; row++) {
          expect(changeOfRow(difference, row)).toMatchObject({ delta: { value: 0 }, isAboveNoise: false });
        }
      }),
    );
  });

  test('adds up: a row changes as its callees and itself do', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (before, after) => {
        const difference = differenceOf(before, after);
        const delta = (side: 'self' | 'total', row: number) =>
          difference.after[side][row]! * difference.after.unit -
          difference.before[side][row]! * difference.before.unit;
        const sums = Float64Array.from(difference.parent, (_, row) => delta('self', row));
        for (let row = sums.length - 1; row > 0; row--) sums[difference.parent[row]!]! += sums[row]!;
        for (let row = 0; row < sums.length; row++) {
          expect(sums[row]).toBeCloseTo(delta('total', row), 10);
          expect(changeOfRow(difference, row).delta.value).toBeCloseTo(delta('total', row), 10);
        }
        expect(sums[0]).toBeCloseTo(0, 10);
      }),
    );
  });

  test('is the opposite when the sides are swapped', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (before, after) => {
        const lines = linesOf(differenceOf(before, after));
        const swapped = linesOf(differenceOf(after, before)).map((line) =>
          line.replace(/ (\S+) -> (\S+) (\S+)/, (_, was, is, delta: string) => {
            const opposite = delta.startsWith('+') ? delta.replace('+', '-') : delta.replace('-', '+');
            return ` ${is} -> ${was} ${opposite}`;
          }),
        );
        expect(swapped).toEqual(lines);
      }),
    );
  });

  test('has intervals that are opposite too', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (before, after) => {
        const bySelf = ({ self }: { self: Change }) => self.delta;
        const [there, back] = [differenceOf(before, after), differenceOf(after, before)].map((difference) =>
          compareFunctions(difference)
            .map(bySelf)
            .sort((a, b) => Math.abs(a.value) - Math.abs(b.value)),
        );
        expect(there!.map(({ high }) => high).sort()).toEqual(back!.map(({ low }) => -low).sort());
      }),
    );
  });

  test('by samples is the same however large one side is', () => {
    fc.assert(
      fc.property(anyFolded, anyProfile, fc.integer({ min: 2, max: 9 }), (lines, after, factor) => {
        const scaled = lines.map((line) => line.replace(/\d+$/, (count) => String(Number(count) * factor)));
        const withoutStars = (difference: Difference) =>
          linesOf(difference).map((line) => line.replace(' *', ''));
        expect(withoutStars(differenceOf(profileOf(scaled.join('\n')), after))).toEqual(
          withoutStars(differenceOf(profileOf(lines.join('\n')), after)),
        );
      }),
    );
  });

  test('does not depend on the order of the samples', () => {
    fc.assert(
      fc.property(anyFolded, anyProfile, (lines, after) => {
        const [one, other] = [lines, lines.toReversed()].map((each) => profileOf(each.join('\n')));
        expect(linesOf(differenceOf(one!, after))).toEqual(linesOf(differenceOf(other!, after)));
      }),
    );
  });

  test('gives every sample to one function or command', () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (before, after) => {
        const functions = compareFunctions(differenceOf(before, after));
        const sum = (side: 'before' | 'after') =>
          functions.reduce((all, { self }) => all + self[side].value, 0);
        expect([sum('before'), sum('after')]).toEqual([expect.closeTo(1, 10), expect.closeTo(1, 10)]);
        for (const { total } of functions) expect(total.after.value).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('functions are compared wherever they are called, recursion once', () => {
  const difference = differenceOf(
    profileOf('main;walk;walk 40\nmain 60'),
    profileOf('main;walk;walk;walk 70\nmain;other;walk 10\nmain 20'),
  );
  const rows = compareFunctions(difference).map(
    ({ row, self, total }) =>
      `${difference.name(row)} self ${Math.round(self.delta.value * 100)} total ${Math.round(total.delta.value * 100)}`,
  );
  expect(rows).toEqual([
    'walk self 40 total 40',
    'main self -40 total 0',
    'other self 0 total 10',
    'app self 0 total 0',
  ]);
});
