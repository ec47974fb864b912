import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Burst, findBursts } from '../../../storage/profile/bursts.ts';
import { findMaximalSegments } from '../../../storage/profile/maximal-segments.ts';
import { mergeProfiles } from '../../../storage/profile/merge.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { countByTime, NO_FUNCTION } from '../../../storage/profile/time-bins.ts';
import { profileOf } from '../../support/profiles.ts';
import { randomFrom } from '../../support/random.ts';
import { type Load, recordLoads } from './synthetic-recordings.ts';

const everything = { functionOf: (frame: number) => frame, takes: () => true };

/** `10.0-13.0 hot`: bounds, and the function that explains it best. */
function listBursts(profile: Profile): string[] {
  return findBursts(profile, everything).map(({ fromMs, toMs, functions }: Burst) => {
    const name = functions[0] === undefined ? '' : ` ${profile.frames.name[functions[0].frame]}`;
    return `${(fromMs / 1000).toFixed(0)}-${(toMs / 1000).toFixed(0)}${name}`;
  });
}

/** A server's ordinary work, `rate` samples a second in all: many functions, some large, most small. */
function ordinary(rate: number): Load[] {
  const parts = Array.from({ length: 20 }, (_, index) => 20 - index);
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part, index) => ({
    stack: `main;handle${index % 5};work${index}`,
    rate: () => (rate * part) / sum,
  }));
}

/** From a second of the wall clock on. */
function recordPod(
  pod: number,
  {
    second,
    seconds = 3,
    seed,
    loads = [],
  }: { second: number; seconds?: number; seed: number; loads?: Load[] },
): Profile {
  const profile = recordLoads(seconds, [...ordinary(100), ...loads], seed, `shop-${pod}`);
  return { ...profile, recording: { ...profile.recording, startedAtMs: 1e12 + second * 1000 } };
}

const during =
  (from: number, to: number, rate: number): Load['rate'] =>
  (second) =>
    second >= from && second < to ? rate : 0;

describe('bursts are found', () => {
  test.each<[string, string[], Load[]]>([
    [
      'a function that runs at no other time',
      ['10-13 hot'],
      [{ stack: 'main;hot', rate: during(10, 13, 80) }],
    ],
    [
      'one that also runs at other times',
      ['12-15 work3'],
      [{ stack: 'main;handle3;work3', rate: during(12, 15, 40) }],
    ],
    ['less than a second', ['10-11 hot'], [{ stack: 'main;hot', rate: during(10, 10.7, 100) }]],
    ['one that has not ended', ['24-30 hot'], [{ stack: 'main;hot', rate: during(24, 31, 60) }]],
    [
      'more of everything',
      ['10-13'],
      ordinary(150).map((load) => ({ ...load, rate: during(10, 13, load.rate(0)) })),
    ],
  ])('%s', (_, expected, loads) => {
    for (const seed of [1, 2, 3])
      expect(listBursts(recordLoads(30, [...ordinary(100), ...loads], seed))).toEqual(expected);
  });

  test('silence', () => {
    const loads = ordinary(100).map(({ stack, rate }) => ({
      stack,
      rate: (second: number) => (second >= 10 && second < 12 ? 0 : rate(second)),
    }));
    const [burst, ...others] = findBursts(recordLoads(30, loads, 1), everything);
    expect(burst).toMatchObject({ busyRatio: 0, functions: [] });
    expect(burst!.fromMs).toBeGreaterThan(9_800);
    expect(burst!.toMs).toBeLessThan(12_200);
    expect(others).toEqual([]);
  });

  test('two, the one with more evidence first, each with its own function', () => {
    const loads = [
      { stack: 'main;short', rate: during(5, 7, 60) },
      { stack: 'main;long', rate: during(15, 20, 60) },
    ];
    expect(listBursts(recordLoads(30, [...ordinary(100), ...loads], 1))).toEqual(['15-20 long', '5-7 short']);
  });

  test('the same one come again', () => {
    const rate = (second: number) => during(5, 7, 80)(second) + during(20, 22, 80)(second);
    expect(listBursts(recordLoads(30, [...ordinary(100), { stack: 'main;hot', rate }], 1)).sort()).toEqual([
      '20-22 hot',
      '5-7 hot',
    ]);
  });

  test('a minute of five', () => {
    const hot = { stack: 'main;hot', rate: during(100, 160, 40) };
    expect(listBursts(recordLoads(300, [...ordinary(100), hot], 1))).toEqual(['100-160 hot']);
  });

  test('with how busy it is, and the function before its callers', () => {
    const hot = { stack: 'main;handle1;retry;hot', rate: during(10, 13, 130) };
    const profile = recordLoads(30, [...ordinary(100), hot], 1);
    const [burst] = findBursts(profile, everything);
    expect(burst!.busyRatio).toBeCloseTo(2.3, 0);
    expect(burst!.functions.map(({ frame }) => profile.frames.name[frame])).toEqual([
      'hot',
      'retry',
      'handle1',
    ]);
    expect(burst!.functions[0]!.share).toBeCloseTo(0.57, 1);
    expect(burst!.functions[0]!.shareElsewhere).toBe(0);
  });
});

test('a burst is found though its pods were recorded at different times', () => {
  const hot = { stack: 'main;hot', rate: during(16, 19, 120) };
  const pods = [0, 1, 4].map((second, pod) =>
    recordPod(pod, { second, seconds: 40 - 2 * second, seed: pod + 1, loads: pod === 1 ? [hot] : [] }),
  );
  expect(listBursts(mergeProfiles(pods))).toEqual(['17-20 hot']);
});

describe('no burst is seen', () => {
  test.each([10, 99, 400, 2000])('in steady load of %i samples a second', (rate) => {
    for (let seed = 0; seed < (rate > 1000 ? 3 : 12); seed++)
      expect(listBursts(recordLoads(20 + seed, ordinary(rate), seed))).toEqual([]);
  });

  test.each([
    [0, 200],
    [50, 100],
    [100, 10],
    [20, 400],
  ])('in a ramp from %i to %i samples a second', (from, to) => {
    const ramp = { stack: 'main;ramp', rate: (second: number) => from + ((to - from) * second) / 30 };
    for (const seed of [1, 2, 3]) {
      expect(listBursts(recordLoads(30, [ramp, { stack: 'main;other', rate: () => 50 }], seed))).toEqual([]);
    }
  });

  test.each([1, 4])('in what comes again every %i s', (every) => {
    const collection = { stack: 'main;collect', rate: (second: number) => (second % every < 0.2 ? 200 : 0) };
    for (const seed of [1, 2, 3])
      expect(listBursts(recordLoads(30, [...ordinary(100), collection], seed))).toEqual([]);
  });

  test('in load that wavers more than by chance', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = randomFrom(seed);
      const loads = ordinary(100).map(({ stack, rate }) => {
        const factors = Array.from({ length: 300 }, () => 0.4 + 1.2 * random());
        return { stack, rate: (second: number) => rate(second) * factors[Math.floor(second * 10)]! };
      });
      expect(listBursts(recordLoads(30, loads, seed))).toEqual([]);
    }
  });

  test('when a caller appears that moves no time, as when it is no longer compiled into its own', () => {
    const before = { stack: 'main;work', rate: during(0, 22, 90) };
    const after = { stack: 'main;lambda;work', rate: during(22, 31, 90) };
    expect(listBursts(recordLoads(30, [before, after], 1))).toEqual([]);
  });

  test('where more pods were recorded at once than elsewhere', () => {
    for (const seed of [1, 2, 3]) {
      const oneAfterAnother = [0, 14, 14].map((second, pod) =>
        recordPod(pod, { second, seed: seed + 10 * pod }),
      );
      expect(listBursts(mergeProfiles(oneAfterAnother))).toEqual([]);
      const apartAtTheEnds = [0, 1, 4].map((second, pod) =>
        recordPod(pod, { second, seconds: 40 - 2 * second, seed: seed + 10 * pod }),
      );
      expect(listBursts(mergeProfiles(apartAtTheEnds))).toEqual([]);
    }
  });

  test('without times, without samples, in a moment', () => {
    expect(findBursts(profileOf('main;hot 500'), everything)).toEqual([]);
    expect(findBursts(profileOf(''), everything)).toEqual([]);
    expect(findBursts(profileOf('@0 main;hot 500'), everything)).toEqual([]);
  });

  test('in what is not taken', () => {
    const hot = { stack: 'main;hot', rate: during(10, 13, 80) };
    const profile = recordLoads(30, [...ordinary(100), hot], 1);
    const { stacks, frames, samples } = profile;
    const isHot = (stack: number) => frames.name[stacks.frame[stack]!] === 'hot';
    const takes = (sample: number) => !isHot(samples.stack[sample]!);
    expect(findBursts(profile, { functionOf: (frame) => frame, takes })).toEqual([]);
  });
});

test('counts by time follow recursion once, and the innermost function', () => {
  const profile = profileOf(`
    @0 a;b;a;c 1
    @100 a;x 2
    @1000 b 4`);
  const functionOf = (frame: number) => (profile.frames.name[frame] === 'x' ? NO_FUNCTION : frame);
  const bins = countByTime(profile, functionOf, () => true)!;
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  expect(sum(bins.all)).toBe(7);
  expect(bins.all[0]).toBe(1);
  expect(bins.all.at(-1)).toBe(4);
  expect(
    bins.functions
      .map(({ frame, total, self }) => `${profile.frames.name[frame]} total ${sum(total)} self ${sum(self)}`)
      .sort(),
  ).toEqual(['a total 3 self 2', 'b total 5 self 4', 'c total 1 self 1']);
});

describe('maximal segments', () => {
  test('are those of the paper', () => {
    const scores = [4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5];
    expect(findMaximalSegments(scores)).toEqual([
      { from: 0, to: 1, sum: 4 },
      { from: 2, to: 3, sum: 3 },
      { from: 4, to: 11, sum: 7 },
    ]);
  });

  test('are what the definition gives, for any scores', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 40 }), (scores) => {
        expect(findMaximalSegments(scores)).toEqual(byDefinition(scores, 0, scores.length));
      }),
    );
  });
});

/** The shortest of the runs with the largest sum, then the same left and right of it. */
function byDefinition(
  scores: number[],
  first: number,
  end: number,
): { from: number; to: number; sum: number }[] {
  let best = { from: 0, to: 0, sum: 0 };
  for (let from = first; from < end; from++) {
    let sum = 0;
    for (let to = from + 1; to <= end; to++) {
      sum += scores[to - 1]!;
      const isShorter = sum === best.sum && to - from < best.to - best.from;
      if (sum > best.sum || isShorter) best = { from, to, sum };
    }
  }
  if (best.sum <= 0) return [];
  return [...byDefinition(scores, first, best.from), best, ...byDefinition(scores, best.to, end)];
}
