import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCallTree } from '../../../storage/profile/call-tree.ts';
import { decodeProfile, encodeProfile } from '../../../storage/profile/codec.ts';
import { formatFolded } from '../../../storage/profile/folded.ts';
import { describeFrame } from '../../../storage/profile/frame-interner.ts';
import { DROPPED_FRAME, mapFrames } from '../../../storage/profile/map-frames.ts';
import { mergeProfiles } from '../../../storage/profile/merge.ts';
import { NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { measureQuality } from '../../../storage/profile/quality.ts';
import { selectSamples, sumSamples } from '../../../storage/profile/selection.ts';
import { buildTopTable } from '../../../storage/profile/top-table.ts';
import { formatTree, profileOf, treeOf } from '../../support/profiles.ts';

const sameNames = fc.constantFrom('main', 'handle', 'parse', 'render', '__proto__', 'constructor', 'a b');
const line = fc.record({
  timeMs: fc.integer({ min: 0, max: 10_000 }),
  tid: fc.integer({ min: 1, max: 3 }),
  stack: fc.array(sameNames, { minLength: 1, maxLength: 8 }),
  count: fc.integer({ min: 1, max: 50 }),
});
const anyFolded = fc
  .array(line, { minLength: 1, maxLength: 40 })
  .map((lines) => lines.map((l) => `@${l.timeMs} app/${l.tid}: ${l.stack.join(';')} ${l.count}`));

const topAsText = (profile: Profile) =>
  buildTopTable(profile).map(
    ({ frame, self, total }) => `${profile.frames.name[frame]} self ${self} total ${total}`,
  );

describe('call tree', () => {
  test('adds callee samples to every caller', () => {
    expect(
      treeOf(
        profileOf(`
          main;handle;parse 3
          main;handle;render 1`),
      ),
    ).toEqual([
      'all total 4 self 0',
      '  main total 4 self 0',
      '    handle total 4 self 0',
      '      parse total 3 self 3',
      '      render total 1 self 1',
    ]);
  });

  test('keeps commands apart when asked to', () => {
    const profile = profileOf(`
      java/1: run;work 2
      nginx/2: run 1`);
    expect(formatTree(buildCallTree(profile, {}, { groupByComm: true }))).toEqual([
      'all total 3 self 0',
      '  java total 2 self 0',
      '    run total 2 self 0',
      '      work total 2 self 2',
      '  nginx total 1 self 0',
      '    run total 1 self 1',
    ]);
  });

  test('of an empty selection is the root alone', () => {
    expect(formatTree(buildCallTree(profileOf('@0 main 1'), { fromMs: 5 }))).toEqual(['all total 0 self 0']);
  });

  test('counts a sample without frames on its command', () => {
    const builder = new ProfileBuilder({ format: 'folded' });
    const event = builder.event('cpu-clock', 'samples');
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'idle' });
    builder.addSample({ timeMs: 0, thread, stack: NO_STACK, event, count: 1, weight: 1 });
    expect([...formatFolded(builder.finish())]).toEqual(['idle 1']);
  });

  test('has callers before callees, and totals that are self plus callees, for any recording', () => {
    fc.assert(
      fc.property(anyFolded, (folded) => {
        const tree = buildCallTree(profileOf(folded.join('\n')), {}, { groupByComm: true });
        const callees = new Float64Array(tree.parent.length);
        tree.parent.forEach((parent, row) => {
          expect(parent).toBeLessThan(row);
          if (parent >= 0) callees[parent]! += tree.total[row]!;
        });
        tree.total.forEach((total, row) => {
          expect(total).toBe(tree.self[row]! + callees[row]!);
        });
      }),
    );
  });

  test('does not depend on the order of samples', () => {
    fc.assert(
      fc.property(anyFolded, (folded) => {
        expect(treeOf(profileOf(folded.toReversed().join('\n')))).toEqual(
          treeOf(profileOf(folded.join('\n'))),
        );
      }),
    );
  });
});

describe('top table', () => {
  test('counts a recursive function once a sample', () => {
    expect(
      topAsText(
        profileOf(`
          main;walk;walk;walk 4
          main;walk;visit;walk 2
          main 1`),
      ),
    ).toEqual(['walk self 6 total 6', 'main self 1 total 7', 'visit self 0 total 2']);
  });

  test('survives a stack of 100,000 frames', () => {
    const deep = Array.from({ length: 100_000 }, (_, depth) => (depth % 2 === 0 ? 'even' : 'odd')).join(';');
    expect(topAsText(profileOf(`${deep} 3`))).toEqual(['odd self 3 total 3', 'even self 0 total 3']);
  });
});

describe('selection', () => {
  const profile = profileOf(`
    @100 web/1: a 1
    @200 web/2: b 2
    @300 job/3: c 4`);

  test.each([
    [{}, 7],
    [{ fromMs: 100 }, 6],
    [{ toMs: 100 }, 1],
    [{ fromMs: 100, toMs: 200 }, 2],
    [{ fromMs: 100, toMs: 100 }, 0],
    [{ fromMs: 900 }, 0],
    [{ comms: ['web'] }, 3],
    [{ tids: [2, 3] }, 6],
    [{ comms: ['web'], tids: [3] }, 0],
    [{ event: 1 }, 0],
  ])('%j holds samples worth %i', (selection, expected) => {
    expect(sumSamples(profile, selection)).toBe(expected);
  });

  test('times count from the first sample, whatever the clock of the recording', () => {
    expect([...profile.samples.timeMs]).toEqual([0, 100, 200]);
    expect(profile.recording.durationMs).toBe(200);
  });

  test('one sample without a time makes a recording without times', () => {
    const untimed = profileOf('a 1\nb 2');
    expect(untimed.recording.hasTimes).toBe(false);
    expect(selectSamples(untimed)).toHaveLength(2);
  });

  test('never mixes events: the first one is the default', () => {
    const builder = new ProfileBuilder({ format: 'perf-script' });
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'app' });
    for (const [name, weight] of [
      ['cycles', 5],
      ['page-faults', 7],
      ['cycles', 6],
    ] as const) {
      const event = builder.event(name, 'events');
      builder.addSample({ timeMs: 0, thread, stack: NO_STACK, event, count: 1, weight });
    }
    const both = builder.finish();
    expect(sumSamples(both, {}, 'weight')).toBe(11);
    expect(sumSamples(both, { event: 1 }, 'weight')).toBe(7);
  });
});

describe('mapped frames', () => {
  test('equal results are one frame, dropped ones leave their callees to the caller', () => {
    const { profile, newRow } = mapFrames(
      profileOf(`
        main;~parse;read 1
        main;*parse;glue;read 2`),
      (row) => nameless(row),
    );
    expect(treeOf(profile)).toEqual([
      'all total 3 self 0',
      '  main total 3 self 0',
      '    parse total 3 self 0',
      '      read total 3 self 3',
    ]);
    expect(newRow).toContain(DROPPED_FRAME);
    function nameless(row: number) {
      const frame = describeFrame(before.frames, row);
      return frame.name === 'glue' ? null : { ...frame, name: frame.name.replace(/^[~*]/, '') };
    }
  });
  const before = profileOf(`
    main;~parse;read 1
    main;*parse;glue;read 2`);

  test('keep every sample, whatever is dropped', () => {
    fc.assert(
      fc.property(anyFolded, sameNames, (folded, dropped) => {
        const profile = profileOf(folded.join('\n'));
        const mapped = mapFrames(profile, (row) =>
          profile.frames.name[row] === dropped ? null : describeFrame(profile.frames, row),
        );
        expect(sumSamples(mapped.profile)).toBe(sumSamples(profile));
        expect(buildCallTree(mapped.profile).total[0]).toBe(sumSamples(profile));
      }),
    );
  });
});

describe('merged pods', () => {
  const pod = (name: string, startedAtMs: number | null, folded: string): Profile => {
    const profile = profileOf(folded);
    return {
      ...profile,
      recording: { ...profile.recording, startedAtMs },
      threads: profile.threads.map((thread) => ({ ...thread, pod: name })),
    };
  };

  test('share one frame table and stay apart as threads', () => {
    const merged = mergeProfiles([pod('a', null, '@0 main;parse 2'), pod('b', null, '@0 main;render 3')]);
    expect(merged.frames.name).toEqual(['main', 'parse', 'render']);
    expect(sumSamples(merged, { pods: ['b'] })).toBe(3);
    expect(sumSamples(merged)).toBe(5);
  });

  test('are aligned by wall clock where all of them have it', () => {
    const late = pod('b', 3_000, '@5000 main 1');
    expect([...mergeProfiles([pod('a', 1_000, '@0 main 1'), late]).samples.timeMs]).toEqual([0, 2_000]);
    expect([...mergeProfiles([pod('a', null, '@0 main 1'), late]).samples.timeMs]).toEqual([0, 0]);
  });

  test('of nothing are our own mistake', () => {
    expect(() => mergeProfiles([])).toThrow(RangeError);
  });
});

describe('stored profile', () => {
  test('reads back as it was written, for any recording', () => {
    fc.assert(
      fc.property(anyFolded, (folded) => {
        const profile = profileOf(folded.join('\n'));
        expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
      }),
    );
  });

  test('keeps what a recording without samples says of itself', () => {
    const empty = new ProfileBuilder({ format: 'perf-script', host: 'ünï', lostCount: 3 }).finish();
    expect(decodeProfile(encodeProfile(empty))).toEqual(empty);
  });

  test('refuses what is cut off or altered, and never crashes on it', () => {
    const bytes = encodeProfile(profileOf('@0 main;parse 3\n@5 main 1'));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const altered = Uint8Array.from(bytes);
        altered[position]! ^= change;
        for (const broken of [altered, bytes.subarray(0, position)]) {
          try {
            const profile = decodeProfile(broken);
            buildCallTree(profile);
          } catch (error) {
            expect(error).toHaveProperty('code', expect.stringMatching(/RECORDING_DAMAGED|PROFILE_VERSION/));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('refuses or reads it, whichever bit of it is turned round', () => {
    const bytes = encodeProfile(profileOf('@0 main;parse 3\n@5 main 1'));
    const codes = new Set<unknown>();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Uint8Array.from(bytes);
      altered[bit >>> 3]! ^= 1 << (bit & 7);
      try {
        buildCallTree(decodeProfile(altered));
      } catch (error) {
        codes.add((error as { code?: unknown }).code);
      }
    }
    expect(codes).toEqual(new Set(['RECORDING_DAMAGED', 'PROFILE_VERSION']));
  });

  test('of a later version says which one it is', () => {
    const bytes = encodeProfile(profileOf('main 1'));
    bytes[8] = 9;
    expect(() => decodeProfile(bytes)).toThrow(/its format is version 9 \(this program reads 1\)/);
  });
});

describe('folded stacks', () => {
  test('name the command first, and keep their separators out of names', () => {
    const builder = new ProfileBuilder({ format: 'perf-script' });
    const frame = builder.frame({ name: 'Lorg/a/B;::call\nx', module: '', kind: 0 });
    builder.addSample({
      timeMs: 0,
      thread: builder.thread({ pod: '', pid: 1, tid: 1, comm: 'java' }),
      stack: builder.stack(NO_STACK, frame),
      event: builder.event('cycles', 'events'),
      count: 1,
      weight: 250,
    });
    const profile = builder.finish();
    expect([...formatFolded(profile)]).toEqual(['java;Lorg/a/B:::call x 1']);
    expect([...formatFolded(profile, {}, { by: 'weight' })]).toEqual(['java;Lorg/a/B:::call x 250']);
  });
});

describe('quality', () => {
  test('says what is thin, and why', () => {
    const quality = measureQuality(profileOf('main;[unknown] 9\nmain;work;loop 3'));
    expect(quality).toMatchObject({ sampleCount: 12, unknownRatio: 0.75, lostCount: 0 });
    expect(quality.remarks).toEqual([
      expect.stringContaining('only 12 samples'),
      expect.stringContaining('have no name'),
      expect.stringContaining('under 3 frames deep'),
    ]);
  });

  test('has nothing to say of a good recording', () => {
    expect(measureQuality(profileOf('main;work;loop 500')).remarks).toEqual([]);
  });
});
