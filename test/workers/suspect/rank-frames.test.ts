import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateDifference, estimateShare } from '../../../storage/profile/estimate.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { nameFrames } from '../../../workers/suspect/frames/name-frames.ts';
import { measureOwnTime, type OwnTime } from '../../../workers/suspect/own-time.ts';
import { rankFrames } from '../../../workers/suspect/rank-frames.ts';
import { cautiousCostRatio } from '../../../workers/suspect/statistics.ts';
import { profileOf } from './profiles.ts';

function ownTimeOf(profile: Profile): OwnTime {
  return measureOwnTime(nameFrames(profile, null), {});
}

/** `name self/total`, by name. */
function showFunctions(folded: string): string[] {
  return [...ownTimeOf(profileOf(folded)).functions.values()]
    .map(({ name, self, total }) => `${name} ${self}/${total}`)
    .sort();
}

function rank(folded: string, baseline: string | null): string[] {
  const ranked = rankFrames(
    ownTimeOf(profileOf(folded)),
    baseline === null ? null : ownTimeOf(profileOf(baseline)),
  );
  return ranked.map(({ function: { name }, confidence }) => `${name} ${confidence}`);
}

describe('own time', () => {
  test('gives the time of skipped callees to the nearest own caller', () => {
    expect(
      showFunctions(`
        libc:start_thread;main;parse;libc:memcpy 3
        libc:start_thread;main;parse;zlib:inflate;kernel:page_fault 2
        libc:start_thread;main;libc:qsort;compare 4
        libc:start_thread;main 1`),
    ).toEqual(['compare 4/4', 'main 1/10', 'parse 5/5']);
  });

  test('counts recursion once', () => {
    expect(showFunctions('main;walk;walk;libc:memcpy;walk 5\nmain;walk;visit;walk 2')).toEqual([
      'main 0/7',
      'visit 0/2',
      'walk 7/7',
    ]);
  });

  test('samples under no own function are outside, idle ones are left out', () => {
    const time = ownTimeOf(
      profileOf(`
        swapper|kernel:start_secondary;kernel:do_idle;kernel:default_idle 40
        swapper|unknown: 10
        swapper|kernel:do_idle_irq;kernel:net_rx_action 3
        shop|main 5
        shop|jvm:start_thread;jvm:G1ConcurrentRefine 2`),
    );
    expect({ busy: time.busy, idle: time.idle }).toEqual({ busy: 10, idle: 50 });
    expect([...time.outside]).toEqual([
      ['kernel', 3],
      ['garbage collection', 2],
    ]);
  });

  test('gives the time of callbacks without a name to the function they are written in', () => {
    const apply = 'JS:*apply file:///srv/app/a.mjs:3:1';
    expect(
      showFunctions(`
        ${apply};JS:* file:///srv/app/a.mjs:5:9 4
        ${apply};JS:* file:///srv/app/a.mjs:5:9;JS:* file:///srv/app/a.mjs:6:9 2
        ${apply};JS:* file:///srv/app/b.mjs:5:9 1
        ${apply} 1
        JS:*later file:///srv/app/a.mjs:20:1 1
        ${apply};JS:* file:///srv/app/a.mjs:22:9 1`),
    ).toEqual(['(anonymous a.mjs:22) 1/1', '(anonymous b.mjs:5) 1/1', 'apply 7/9', 'later 1/1']);
  });

  test('names the caller most samples came from', () => {
    const { functions } = ownTimeOf(profileOf('main;a;libc:f;work 9\nmain;b;work 3'));
    const work = [...functions.values()].find(({ name }) => name === 'work')!;
    expect(functions.get(work.caller!.key)?.name).toBe('a');
    expect(work.caller?.ratio).toBe(0.75);
  });
});

describe('ranking', () => {
  test('with a baseline, what grew comes first, not what is hot', () => {
    const before = 'main;render 700\nmain;discount 100\nmain;load 200';
    expect(rank('main;render 500\nmain;discount 350\nmain;load 150', before)).toEqual(['discount high']);
  });

  test('a caller is not ranked for what its callee grew', () => {
    const before = 'main;handle 300\nmain;handle;price 100\nmain;load 600';
    expect(rank('main;handle 300\nmain;handle;price 500\nmain;load 600', before)).toEqual(['price high']);
  });

  test('cost that moved from one callee to another names the one it moved to, not their caller', () => {
    const before = 'main;handle;a 400\nmain;handle;b 100\nmain;load 500';
    expect(rank('main;handle;a 100\nmain;handle;b 400\nmain;load 500', before)).toEqual(['b high']);
  });

  test('a caller that grew as a whole follows its callee', () => {
    const before = 'main;score;line 10\nmain;load 900';
    expect(rank('main;score;line 500\nmain;load 500', before)).toEqual(['line high', 'score high']);
  });

  test('twice the load is no change', () => {
    const before = 'main;a 200\nmain;b 300\nmain;c 500';
    expect(rank('main;a 400\nmain;b 600\nmain;c 1000', before)).toEqual([]);
  });

  test('growth within the noise is no growth', () => {
    expect(rank('main;a 220\nmain;b 780', 'main;a 200\nmain;b 800')).toEqual([]);
  });

  test('small growth is weak, however many samples prove it', () => {
    expect(rank('main;a 24000\nmain;b 76000', 'main;a 20000\nmain;b 80000')).toEqual(['a weak']);
  });

  test('without a baseline, the hottest comes first and nothing is more than likely', () => {
    expect(rank('main;a;libc:memcpy 500\nmain;b 150\nmain;c 90', null)).toEqual([
      'a likely',
      'b weak',
      'c weak',
    ]);
    expect(rank('main;a 60\nmain;b 940', null)).toEqual(['b likely']);
  });

  test('under 30 samples nothing is named', () => {
    expect(rank('main;a 29', null)).toEqual([]);
    expect(rank('main;a 30', null)).toEqual(['a weak']);
    expect(rank('main;a 29\nmain;b 100', 'main;b 1000')).toEqual([]);
  });

  test('a deploy that moved lines or folders does not make a function new', () => {
    const named = (folder: string, line: number) =>
      `main;JS:*handle file://${folder}/server.mjs:${line}:3 400\nmain;load 600`;
    const frames = (text: string) => text.replaceAll('main;', '');
    expect(rank(frames(named('/srv/releases/2', 20)), frames(named('/srv/releases/1', 12)))).toEqual([]);
  });
});

describe('properties', () => {
  const name = fc.constantFrom(
    'main',
    'a',
    'b',
    'c',
    'libc:memcpy',
    'kernel:schedule',
    'zlib:inflate',
    'unknown:',
  );
  const lines = fc.array(
    fc.tuple(fc.array(name, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 40 })),
    { minLength: 1, maxLength: 12 },
  );
  const fold = (stacks: [string[], number][]) =>
    stacks.map(([frames, count]) => `${frames.join(';')} ${count}`).join('\n');

  test('own shares and what is outside make up all busy samples', () => {
    fc.assert(
      fc.property(lines, (stacks) => {
        const time = ownTimeOf(profileOf(fold(stacks)));
        const own = [...time.functions.values()].reduce((sum, { self }) => sum + self, 0);
        const outside = [...time.outside.values()].reduce((sum, count) => sum + count, 0);
        expect(own + outside).toBe(time.busy);
        for (const { self, total, work } of time.functions.values()) {
          expect(self).toBeLessThanOrEqual(total);
          expect(total).toBeLessThanOrEqual(time.busy);
          expect([...work.values()].reduce((sum, count) => sum + count, 0)).toBe(self);
        }
      }),
    );
  });

  test('the order of samples does not matter', () => {
    const shuffled = lines.chain((stacks) =>
      fc.tuple(fc.constant(stacks), fc.shuffledSubarray(stacks, { minLength: stacks.length })),
    );
    fc.assert(
      fc.property(shuffled, lines, ([stacks, reordered], before) => {
        expect(rank(fold(reordered), fold(before))).toEqual(rank(fold(stacks), fold(before)));
        expect(rank(fold(reordered), null)).toEqual(rank(fold(stacks), null));
      }),
    );
  });

  test('a recording compared with itself has no suspects', () => {
    fc.assert(
      fc.property(lines, (stacks) => {
        expect(rank(fold(stacks), fold(stacks))).toEqual([]);
      }),
    );
  });

  test('an interval holds its value and narrows with more samples', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }), (count, more) => {
        const total = count + more;
        const { value, low, high } = estimateShare(count, total);
        expect(low).toBeLessThanOrEqual(value + 1e-12);
        expect(high).toBeGreaterThanOrEqual(value - 1e-12);
        const wider = high - low;
        const tenfold = estimateShare(count * 10, total * 10);
        expect(tenfold.high - tenfold.low).toBeLessThan(wider);
      }),
    );
  });
});

describe('statistics', () => {
  // Values of the published formulas, reckoned by hand.
  test('Wilson interval', () => {
    const { low, high } = estimateShare(20, 100);
    expect([low, high].map((value) => value.toFixed(4))).toEqual(['0.1334', '0.2888']);
    expect(estimateShare(0, 10).low).toBe(0);
    expect(estimateShare(0, 0)).toEqual({ value: 0, low: 0, high: 1 });
  });

  test('Newcombe interval of a difference', () => {
    const { value, low, high } = estimateDifference(estimateShare(56, 70), estimateShare(48, 80));
    expect([value, low, high].map((number) => number.toFixed(4))).toEqual(['0.2000', '0.0524', '0.3339']);
  });

  test('a cost ratio is cautious', () => {
    expect(cautiousCostRatio(estimateShare(5000, 10_000), estimateShare(3333, 10_000))).toBeGreaterThan(1.8);
    expect(cautiousCostRatio(estimateShare(5, 10), estimateShare(3, 10))).toBeLessThan(1);
  });
});
