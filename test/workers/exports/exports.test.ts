import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { sumSamples } from '../../../storage/profile/selection.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { profileOf } from '../../support/profiles.ts';
import { ingest, limits, ownPath, workDirectory, writeRecording } from '../ingest/recordings.ts';
import { write } from './profiles.ts';

const timed = () =>
  profileOf(`
    @0 java/7: main;handle;parse 1
    @1500.25 java/7: main;handle;handle;write_[k] 1
    @2000 java/8: main 1`);

describe('perf script text', () => {
  test('has a header and frames, innermost first, for each event', () => {
    expect(write('perf-script', timed()).toString()).toBe(
      `java 1/7 0.000000000: samples:
\t               7 parse ()
\t               4 handle ()
\t               3 main ()

java 1/7 1.500250000: samples:
\t               9 write ([kernel.kallsyms])
\t               4 handle ()
\t               5 handle ()
\t               2 main ()

java 1/8 2.000000000: samples:
\t               3 main ()

`,
    );
  });

  test('is what FlameScope takes for events and frames', () => {
    const lines = write('perf-script', timed()).toString().split('\n');
    const events = lines.filter((line) => / +([0-9.]+): .+?:/.test(line));
    const frames = lines.filter((line) => /^\t *[0-9a-f]+ .+ \(.*\)$/.test(line));
    expect([events.length, frames.length, lines.length]).toEqual([3, 8, 3 + 8 + 3 + 1]);
  });

  test('says a row that stands for several samples so often', async () => {
    const read = await ingest(write('perf-script', profileOf('main;work 3\nmain 2')));
    expect([...read.samples.count]).toEqual([1, 1, 1, 1, 1]);
  });

  test('is not written of more events than anybody reads', () => {
    expect(() => write('perf-script', profileOf('main;work 20000000'))).toThrow(
      expect.objectContaining({ code: 'RECORDING_TOO_LARGE' }),
    );
  });
});

describe('a part of a recording', () => {
  test.each(['pprof', 'speedscope', 'folded', 'perf-script'])(
    'as %s holds the samples of its time',
    async (format) => {
      const bytes = write(format, timed(), { fromMs: 1_000, toMs: 2_000 });
      const read = await ingest(format === 'folded' ? bytes.toString() : bytes);
      expect(sumSamples(read)).toBe(1);
      expect(read.frames.name).toContain('write');
    },
  );
});

test('fractions become whole numbers whose sum stays, where a format wants whole ones', async () => {
  const profile = profileOf(Array.from({ length: 50 }, (_, place) => `main;f${place} 0.3`).join('\n'));
  for (const format of ['pprof', 'perf-script']) {
    const read = await ingest(write(format, profile));
    expect(sumSamples(read)).toBe(15);
  }
});

test('folded lines that readers would pass over are not written so', async () => {
  const builder = new ProfileBuilder({ format: 'test' });
  const event = builder.event('samples', 'samples');
  const thread = builder.thread({ pod: '', pid: -1, tid: -1, comm: '' });
  const add = (...names: string[]) => {
    const frames = names.map((name) => builder.frame({ name, module: '', kind: FrameKind.Native }));
    const stack = frames.reduce((caller, frame) => builder.stack(caller, frame), NO_STACK as number);
    builder.addSample({ timeMs: Number.NaN, thread, stack, event, count: 1, weight: 1 });
  };
  add('#private', 'a');
  add('// eval', 'b');
  add();
  const read = await ingest(write('folded', builder.finish()));
  expect(sumSamples(read)).toBe(3);
  expect(read.recording.warnings).toEqual([]);
});

test('a thousand functions inlined in each other are a stack as deep in pprof', async () => {
  const builder = new ProfileBuilder({ format: 'test' });
  const event = builder.event('samples', 'samples');
  const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'app' });
  let stack: number = NO_STACK;
  for (let depth = 0; depth < 1_000; depth++) {
    const kind = depth === 0 ? FrameKind.Native : FrameKind.Inlined;
    stack = builder.stack(stack, builder.frame({ name: `f${depth}`, module: '/bin/app', kind }));
  }
  builder.addSample({ timeMs: 0, thread, stack, event, count: 1, weight: 1 });
  const profile = builder.finish();
  const read = await ingest(write('pprof', profile));
  expect(read.stacks.parent).toHaveLength(1_000);
  expect([...read.frames.kind].filter((kind) => kind === FrameKind.Inlined)).toHaveLength(999);
});

async function readJava(): Promise<Profile> {
  return await ingestFile(ownPath('java-checkout.perf.txt.gz'), { limits, workDirectory });
}

/** The fields of the published schema; it allows others beside them. */
const speedscopeSchema = z.object({
  $schema: z.literal('https://www.speedscope.app/file-format-schema.json'),
  shared: z.object({
    frames: z.array(
      z.object({
        name: z.string(),
        file: z.string().optional(),
        line: z.int().min(1).optional(),
        col: z.int().optional(),
      }),
    ),
  }),
  profiles: z.array(
    z.object({
      type: z.literal('sampled'),
      name: z.string(),
      unit: z.enum(['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes']),
      startValue: z.number(),
      endValue: z.number(),
      samples: z.array(z.array(z.int().nonnegative())),
      weights: z.array(z.number()),
    }),
  ),
  name: z.string().optional(),
  activeProfileIndex: z.int().nonnegative().optional(),
  exporter: z.string().optional(),
});

test('a speedscope file keeps to the published schema, with one profile for each thread', async () => {
  const profile = await readJava();
  const file = speedscopeSchema.parse(JSON.parse(write('speedscope', profile).toString()));
  expect(file.profiles.map(({ name }) => name)).toContain('http-nio-8080-e tid 32');
  expect(file.profiles).toHaveLength(10);
  for (const { samples, weights, startValue, endValue } of file.profiles) {
    expect(weights).toHaveLength(samples.length);
    expect(endValue - startValue).toBeCloseTo(
      weights.reduce((sum, weight) => sum + weight, 0),
      0,
    );
    expect(samples.flat().every((place) => place < file.shared.frames.length)).toBe(true);
  }
});

const haveGo = spawnSync('go', ['version']).status === 0;

describe("Go's pprof", () => {
  const runPprof = (profile: Profile, ...options: string[]) => {
    const path = writeRecording(write('pprof', profile));
    const { stdout, stderr, status } = spawnSync('go', ['tool', 'pprof', ...options, path], {
      encoding: 'utf8',
      env: { ...process.env, PPROF_TMPDIR: workDirectory },
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  test.skipIf(!haveGo)('shows our totals and functions', async () => {
    const top = runPprof(await readJava(), '-top', '-unit=ms');
    expect(top).toContain('Type: cpu-clock:ppp');
    expect(top).toContain('Total samples = 15727.27ms (87.28%)');
    expect(top).toMatch(/1020\.20ms +6\.49% +6\.49% +1232\.32ms +7\.84% .*TreeMap\.merge/);
  });

  test.skipIf(!haveGo)('knows our threads as tags', async () => {
    expect(runPprof(await readJava(), '-tags')).toMatch(/thread_name: Total/);
  });

  test.skipIf(!haveGo)('takes every shape of events', () => {
    const top = runPprof(profileOf('main;work 3\nmain 2'), '-top');
    expect(top).toMatch(/3 +60\.00% +60\.00% +3 +60\.00% {2}work/);
  });
});

test('a pprof file is gzipped, as its readers expect', () => {
  expect(gunzipSync(write('pprof', timed()))[0]).toBe(0x0a);
});
