import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { type Comparison, compareRecordings, restOf } from '../../../workers/snapshot/compare-recordings.ts';
import {
  describeComparison,
  formatVerdict,
  listChanges,
} from '../../../workers/snapshot/describe-comparison.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { profileOf } from '../suspect/profiles.ts';

const settings = { application: null, normalizedBy: 'samples' } as const;
const compare = (before: Profile, after: Profile): Comparison =>
  compareRecordings(
    { profile: before, selections: [{}], name: 'before' },
    { profile: after, selections: [{}], name: 'after' },
    settings,
  );

const linesOf = ({ changes }: Comparison) =>
  changes.map(({ name, change }) => `${name} ${Math.round(change.delta.value * 100)}`);

/** One frame below `main`, in its own words; as often as `count` says. */
function frameProfile(frames: [name: string, module: string, count: number][], event = 'cycles'): Profile {
  const builder = new ProfileBuilder({ format: 'perf-script' });
  const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'node' });
  for (const [name, module, count] of frames) {
    const stack = builder.stack(NO_STACK, builder.frame({ name, module, kind: FrameKind.Jit }));
    const sample = { timeMs: 0, thread, stack, event: builder.event(event, 'events') };
    builder.addSample({ ...sample, count, weight: count });
  }
  return builder.finish();
}

describe('compared recordings', () => {
  test('take compiler tiers, other lines, other folders and other process ids for one function', () => {
    const before = frameProfile([
      ['JS:~handle file:///srv/v1/server.mjs:8:86', '/tmp/perf-11.map', 300],
      ["JS:*'handle file:///srv/v1/server.mjs:8:86", '/tmp/perf-11.map', 700],
    ]);
    const after = frameProfile([['JS:^handle file:///srv/v2/server.mjs:19:4', '/tmp/perf-4711.map', 500]]);
    const { functions, changes } = compare(before, after);
    expect(functions).toMatchObject([{ name: 'handle', total: { delta: { value: 0 } } }]);
    expect(changes).toEqual([]);
  });

  test('name where a change comes together when it is spread over too many leaves', () => {
    const leaves = Array.from({ length: 40 }, (_, leaf) => `emit${leaf}`);
    const graph = (count: number) => [
      ...leaves.map((leaf) => `main;render;emit;${leaf} ${count}`),
      ...leaves.map((leaf) => `main;read;parse;${leaf}x 5`),
    ];
    const comparison = compare(profileOf(graph(5).join('\n')), profileOf(graph(10).join('\n')));
    expect(linesOf(comparison).sort()).toEqual(['emit 17', 'parse -17']);
    expect(formatVerdict(comparison)).toBe('emit grew most: +17 points (50 % to 67 %)');
  });

  test('take addresses without a name for one, since they are others in every run', () => {
    const before = frameProfile([
      ['0x7f21aabbccdd', '[unknown]', 60],
      ['0x7f21aabbcc00', '[unknown]', 40],
    ]);
    const after = frameProfile([['0x55e0deadbeef', '[unknown]', 100]]);
    const { functions } = compare(before, after);
    expect(functions.map(({ name, total }) => [name, total.delta.value])).toEqual([['[unknown]', 0]]);
  });

  test('blame the own function for what it calls, and a command for what runs outside own code', () => {
    const before = profileOf('main;applyRules;libc:malloc 100\nmain;render 800\njvm:GCTask 100');
    const after = profileOf(
      'main;applyRules;libc:malloc 400\nmain;applyRules;libc:free 200\nmain;render 100\njvm:GCTask 300',
    );
    expect(linesOf(compare(before, after))).toEqual([
      'render -70',
      'applyRules 50',
      'shop outside own code 20',
    ]);
  });

  test('name any function where no own one grew', () => {
    const before = profileOf('main;libc:parse 900\nmain;libc:copy 100');
    const after = profileOf('main;libc:parse 500\nmain;libc:copy 500');
    expect(linesOf(compare(before, after))).toEqual(['copy 40', 'parse -40']);
  });

  test('leave idle CPUs out, and say so', () => {
    const before = profileOf('swapper|kernel:do_idle 900\nmain;work 300');
    const comparison = compare(before, profileOf('swapper|kernel:do_idle 10\nmain;work 300'));
    expect(comparison.before).toEqual({ name: 'before', sampleCount: 300, idleCount: 900 });
    expect(comparison.changes).toEqual([]);
    expect(listChanges(comparison)[0]).toBe(
      '300 samples (without 10 idle) against 300 (without 900 idle) · cpu-clock · share of samples',
    );
    const idle = profileOf('swapper|kernel:do_idle 900');
    expect(() => compare(idle, before)).toThrow(expect.objectContaining({ code: 'RANGE_EMPTY' }));
  });

  test('look for the event of the one in the other, and say when it is not there', () => {
    const builder = new ProfileBuilder({ format: 'perf-script' });
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'shop' });
    for (const [event, count] of [
      ['page-faults', 7],
      ['cycles', 250],
    ] as const) {
      const stack = builder.stack(
        NO_STACK,
        builder.frame({ name: event, module: '', kind: FrameKind.Native }),
      );
      builder.addSample({
        timeMs: 0,
        thread,
        stack,
        event: builder.event(event, 'events'),
        count,
        weight: count,
      });
    }
    const both = builder.finish();
    expect(compare(both, frameProfile([['f', '', 250]])).before.sampleCount).toBe(250);
    const { remarks } = compare(both, frameProfile([['f', '', 250]], 'instructions'));
    expect(remarks).toEqual([
      'other events are compared: page-faults and instructions',
      'before has only 7 samples: small changes do not show',
    ]);
  });

  test('are told in words and as plain values', () => {
    const comparison = compare(
      profileOf('main;work 900\nmain;wait 100'),
      profileOf('main;work 300\nmain;wait 700'),
    );
    expect(formatVerdict(comparison)).toBe('wait grew most: +60 points (10 % to 70 %)');
    expect(listChanges(comparison)).toEqual([
      '1,000 samples against 1,000 · cpu-clock · share of samples',
      '    before     after    change  95 % interval',
      '      90 %      30 %       −60  −63 to −56     work',
      '      10 %      70 %       +60  +56 to +63     wait',
    ]);
    const plain = describeComparison(comparison);
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    expect(plain.functions.find((each) => each.function === 'main')).toMatchObject({
      self: { before: 0, after: 0, delta: 0, aboveNoise: false },
      total: { before: 1, after: 1, delta: 0, aboveNoise: false },
    });
  });

  test('have a rest', () => {
    expect(restOf({ fromMs: 4000, toMs: 7000 })).toEqual([{ toMs: 4000 }, { fromMs: 7000 }]);
    expect(restOf({ fromMs: 4000 })).toEqual([{ toMs: 4000 }]);
  });
});

/** Own recordings, as far as they are part of the project; the others lie beside it where they are at hand. */
const folders = [join('test', 'data', 'own'), join('..', 'shared', 'data', 'own')];
const locate = (name: string) =>
  folders.map((folder) => join(folder, `${name}.perf.txt.gz`)).find((path) => existsSync(path));
const workDirectory = mkdtempSync(join(tmpdir(), 'avalanche-difference-'));
afterAll(() => rmSync(workDirectory, { recursive: true, force: true }));

/** What is known to run in seconds 4 to 7 of each, and not else. */
const bursts: [string, string][] = [
  ['java-checkout', 'Checkout.recomputeDiscounts'],
  ['node26-orders', 'fuzzySearch'],
  ['python313-scorer', 'mandelbrot_row'],
  ['c-matcher', 'simulate_book'],
  ['go-gateway-2events', 'signTokens'],
];
const missing = bursts.filter(([name]) => locate(name) === undefined);

describe.skipIf(missing.length > 0)(
  `recorded bursts (${bursts.length} recordings, ${missing.length} missing)`,
  () => {
    test.each(bursts)('%s: %s grew most, by samples and by time', async (name, culprit) => {
      const profile = await read(name);
      const burst = { fromMs: 4000, toMs: 7000 };
      for (const normalizedBy of ['samples', 'time'] as const) {
        const { changes } = compareRecordings(
          { profile, selections: restOf(burst), name: 'rest' },
          { profile, selections: [burst], name: 'burst' },
          { application: null, normalizedBy },
        );
        expect(changes.find(({ change }) => change.delta.value > 0)?.name).toBe(culprit);
      }
    });

    test.each(bursts)('%s: neighbouring fifths of a second do not differ', async (name) => {
      const profile = await read(name);
      const sides: { fromMs: number; toMs: number }[][] = [[], []];
      for (let fromMs = 7000, at = 0; fromMs < profile.recording.durationMs; fromMs += 200, at++) {
        sides[at % 2]!.push({ fromMs, toMs: fromMs + 200 });
      }
      const [before, after] = sides.map((selections) => ({ profile, selections, name: 'part' }));
      expect(linesOf(compareRecordings(before!, after!, settings))).toEqual([]);
    });
  },
);

const profiles = new Map<string, Promise<Profile>>();

/** Each is read once. */
function read(name: string): Promise<Profile> {
  const limits = limitsSchema.parse({});
  const profile = profiles.get(name) ?? ingestFile(locate(name)!, { limits, workDirectory });
  profiles.set(name, profile);
  return profile;
}
