import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCallTree } from '../../../storage/profile/call-tree.ts';
import { selectSamples, sumSamples } from '../../../storage/profile/selection.ts';
import type { Part } from '../../../workers/jobs.ts';
import { complementOf, selectPart } from '../../../workers/snapshot/select-part.ts';
import { nameFrames } from '../../../workers/suspect/frames/name-frames.ts';
import { formatTree, profileOf } from '../../support/profiles.ts';

const whole: Part = { window: {}, clock: null, burst: null, only: null, threads: null, without: null };

/** 03:12:00 UTC of some day, and nine seconds from then. */
const startedAtMs = Date.UTC(2026, 10, 25, 3, 12, 0);
const recorded = profileOf(`
  @0    http-1@shop-3/1: main;handle;render 5
  @1000 http-2@shop-30/2: main;handle;total 7
  @4000 GC@shop-3/3: start;v8::internal::Heap::Scavenge;mark 11
  @9000 worker@shop-3/4: main;sweep 13`);
const profile = { ...recorded, recording: { ...recorded.recording, startedAtMs } };
const named = nameFrames(profile, null);
const select = (part: Partial<Part>) => selectPart(named, { ...whole, ...part });
const sum = (part: Partial<Part>) => sumSamples(profile, select(part).selection);
const clock = (from: string, to: string) => ({ fromMs: timeOf(from), toMs: timeOf(to) });
const timeOf = (text: string) => Date.parse(`1970-01-01T${text}Z`);

describe('a part of a snapshot', () => {
  test.each<[string, Partial<Part>, number, string]>([
    ['a stretch of time', { window: { fromMs: 500, toMs: 5_000 } }, 18, '0.5 s to 5 s'],
    ['a burst', { window: { fromMs: 500, toMs: 5_000 }, burst: 2 }, 18, 'burst 2, 0.5 s to 5 s'],
    ['times of the day', { clock: clock('03:12:01', '03:12:05') }, 18, '03:12:01 to 03:12:05 UTC'],
    ['a pod, and not one whose name goes on', { only: 'shop-3' }, 29, 'only pod shop-3'],
    ['a part of a name', { only: '30' }, 7, 'only pod shop-30'],
    ['several pods', { only: 'shop-*' }, 36, 'only pods shop-3, shop-30'],
    ['a function, where no pod is called so', { only: 'HANDLE' }, 12, 'only below "HANDLE"'],
    ['threads', { threads: 'http-*' }, 12, 'only 2 threads like "http-*"'],
    ['one without garbage collection', { without: 'gc' }, 25, 'without garbage collection'],
    ['one without a function', { without: 'handle' }, 24, 'without "handle"'],
    [
      'all of it together',
      { only: 'shop-3', without: 'GC', window: { fromMs: 0, toMs: 5_000 } },
      5,
      '0 s to 5 s, only pod shop-3, without garbage collection',
    ],
  ])('is %s', (_name, part, samples, words) => {
    expect([sum(part), select(part).words]).toEqual([samples, words]);
  });

  test.each([
    ['h*-1', 5],
    ['*-*', 12],
    ['*', 36],
    ['*ttp*2', 7],
    ['**w*r**', 13],
  ])('is threads called %s', (threads, samples) => {
    expect(sum({ threads })).toBe(samples);
  });

  test('is refused at once where the pattern would keep a regular expression busy for hours', () => {
    const long = nameFrames(profileOf(`@0 ${'a'.repeat(250)}/1: main 1`), null);
    const threads = `${'*a'.repeat(100)}*b`;
    expect(() => selectPart(long, { ...whole, threads })).toThrow('none is called so');
  });

  test('draws the same samples as it counts, whatever the frames are called', () => {
    const { selection } = select({ without: 'GC' });
    expect(formatTree(buildCallTree(named.profile, selection))).toEqual([
      'all total 25 self 0',
      '  main total 25 self 0',
      '    sweep total 13 self 13',
      '    handle total 12 self 0',
      '      total total 7 self 7',
      '      render total 5 self 5',
    ]);
  });

  test.each<[string, Partial<Part>, RegExp]>([
    ['no pod', { only: 'shop-4' }, /no pod and no function .*its pods are shop-3, shop-30/],
    ['no thread', { threads: 'kafka' }, /there are GC, http-1, http-2, worker/],
    ['no function', { without: 'parse' }, /no function or module is called so/],
    ['a time before', { clock: clock('02:00:00', '02:10:00') }, /from 03:12:00 to 03:12:09 UTC/],
    ['nothing together', { only: 'shop-30', threads: 'worker' }, /no sample fits all of it/],
  ])('that is %s is refused with what there is', (_name, part, message) => {
    expect(() => select(part)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/_EMPTY$/),
        message: expect.stringMatching(message),
      }),
    );
  });

  test('times across midnight are found on either day', () => {
    const late = {
      ...profile,
      recording: { ...profile.recording, startedAtMs: Date.UTC(2026, 10, 25, 23, 59, 58) },
    };
    const across = nameFrames(late, null);
    const part = { ...whole, clock: { fromMs: timeOf('23:59:00'), toMs: timeOf('00:00:03') + 86_400_000 } };
    expect(sumSamples(late, selectPart(across, part).selection)).toBe(23);
    const next = { ...whole, clock: clock('00:00:05', '00:00:10') };
    expect(sumSamples(late, selectPart(across, next).selection)).toBe(13);
  });

  test('without a clock in the recording only offsets are understood', () => {
    expect(() =>
      selectPart(nameFrames(recorded, null), { ...whole, clock: clock('03:12:00', '03:13:00') }),
    ).toThrow(/offsets like "5s-8s"/);
  });

  test('and the rest of it are everything, and names are never patterns of a machine', () => {
    const anything = fc.record({
      only: fc.option(fc.oneof(fc.string(), fc.constantFrom('shop-3', 'handle', '(', '.*', '[', '*'))),
      without: fc.option(fc.constantFrom('GC', 'handle', '\\\\', '^main$', 'render')),
      window: fc.constantFrom({}, { fromMs: 500 }, { toMs: 5_000 }),
    });
    fc.assert(
      fc.property(anything, (part) => {
        try {
          const { selection } = select(part);
          const rest = complementOf(profile, selection, selectSamples(profile, selection));
          expect(sumSamples(profile, selection) + sumSamples(profile, rest)).toBe(36);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/_EMPTY$/) });
        }
      }),
    );
  });
});
