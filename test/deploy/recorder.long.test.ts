import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOptions } from '../../deploy/recorder/options.ts';
import { listNames, perfWorks, readRecorded, shareBelow } from './recorded.ts';

const recorder = fileURLToPath(new URL('../../deploy/recorder/recorder.ts', import.meta.url));
/** Two thirds of a core in `burn`, the rest of the time idle; ends with code 7 after so many milliseconds. */
const busyApp = `
  function burn(until) { let sum = 0; while (performance.now() < until) sum += Math.sqrt(sum + 1); return sum; }
  function turn() { burn(performance.now() + 40); }
  setInterval(turn, 60);
  process.stdout.write('out');
  process.stderr.write('err');
  process.once('SIGTERM', () => { process.stdout.write(' bye'); process.exit(5); });
  setTimeout(() => process.exit(7), Number(process.env.LIVES_MS ?? 60000));
`;
let folder: string;
let publishPath: string;
let started: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-test-'));
  await mkdir(join(folder, 'temporary'));
  publishPath = join(folder, 'published/perf-record.tar.gz');
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

type Ended = { code: number | null; stdout: string; stderr: string };

function record(words: string[], command: string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [recorder, ...words, '--', ...command], {
    env: { ...process.env, NODE_OPTIONS: undefined, TMPDIR: join(folder, 'temporary'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const said = { stdout: '', stderr: '' };
  for (const output of ['stdout', 'stderr'] as const) {
    child[output].setEncoding('utf8').on('data', (text: string) => {
      said[output] += text;
    });
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...said }));
  return { child, ended, said };
}

async function recordApp(
  engine: string,
  words: string[] = [],
  environment: NodeJS.ProcessEnv = {},
  source = busyApp,
) {
  const script = join(folder, 'app.mjs');
  await writeFile(script, source);
  const all = [
    '--publish',
    publishPath,
    '--segment',
    '1s',
    '--engine',
    engine,
    '--revision',
    'abc1234',
    ...words,
  ];
  return record(all, [process.execPath, script], environment);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect.fail('waited for 15 s in vain');
}

describe.each([
  { engine: 'perf', works: perfWorks, segment: /^tmp\/perf\/perf\.data\.\d{16}$/ },
  { engine: 'v8', works: true, segment: /^tmp\/v8\/\d{13}\.cpuprofile$/ },
])('the recorder with $engine', ({ engine, works, segment }) => {
  test.skipIf(!works)(
    'publishes the last moments of the app, which does not notice, and leaves nothing else',
    async () => {
      const startedAt = Date.now();
      const { code, stdout, stderr } = await (await recordApp(engine, ['--keep', '2s'], { LIVES_MS: '4500' }))
        .ended;
      expect({ code, stdout }).toEqual({ code: 7, stdout: 'out' });
      expect(stderr.replace(`avalanche-recorder: records with ${engine} at 99 Hz\n`, '')).toBe('err');

      const recorded = await readRecorded(publishPath, 'burn');
      const { description, names, samples } = recorded;
      const segments = names.filter((name) => segment.test(name));
      expect(segments.length).toBeGreaterThanOrEqual(1);
      expect(segments.length).toBeLessThanOrEqual(3);
      expect(segments).toEqual([...segments].sort());
      const map = `tmp/perf-${description.process.pid}.map`;
      const others = engine === 'perf' ? [map, 'tmp/recording.json'] : ['tmp/recording.json'];
      expect(names).toEqual([...segments, ...others]);
      expect(description).toMatchObject({
        version: 1,
        tool: engine,
        revision: 'abc1234',
        rateHz: 99,
        command: [process.execPath, join(folder, 'app.mjs')],
      });
      expect(shareBelow(recorded)).toBeGreaterThan(0.5);
      expect(samples.length).toBeGreaterThan(10);
      for (const { wallMs } of samples) {
        expect(wallMs).toBeGreaterThan(startedAt - 20);
        expect(wallMs).toBeLessThan(Date.now());
      }

      expect(await listNames(join(folder, 'temporary'))).toEqual([]);
      expect(await listNames(join(folder, 'published'))).toEqual(['perf-record.tar.gz']);
      expect(existsSync(`/${map}`)).toBe(false);
      expect((await stat(publishPath)).mode & 0o777).toBe(0o644);
    },
  );

  test.skipIf(!works)(
    'passes signals on and ends as the app does, with its last moments published',
    async () => {
      const { child, ended, said } = await recordApp(engine);
      await until(() => said.stdout === 'out' && existsSync(publishPath));
      const before = (await readRecorded(publishPath, 'burn')).samples.at(-1)?.wallMs ?? 0;
      const killedAt = Date.now();
      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 5, stdout: 'out bye' });
      const last = (await readRecorded(publishPath, 'burn')).samples.at(-1)?.wallMs ?? 0;
      expect(last).toBeGreaterThan(before);
      expect(killedAt - last).toBeLessThan(1_500);
    },
  );
});

describe('the recorder that cannot record', () => {
  const noPerf = { PATH: '/nowhere' };

  test('runs the app all the same, and says why once', async () => {
    const { ended } = await recordApp('perf', [], { ...noPerf, LIVES_MS: '300' });
    expect(await ended).toEqual({
      code: 7,
      stdout: 'out',
      stderr: 'avalanche-recorder: the app runs unrecorded (perf is not installed)\nerr',
    });
    expect(existsSync(publishPath)).toBe(false);
  });

  test('takes v8 where perf is not there', async () => {
    const { ended } = await recordApp('auto', [], { ...noPerf, LIVES_MS: '1500' });
    expect((await ended).stderr).toBe(
      'avalanche-recorder: records with v8 at 99 Hz (perf is not installed)\nerr',
    );
    expect((await readRecorded(publishPath, 'burn')).description.tool).toBe('v8');
  });

  test('takes v8 where perf is not permitted, and quotes perf', async () => {
    await mkdir(join(folder, 'bin'));
    const perf = join(folder, 'bin/perf');
    await writeFile(
      perf,
      '#!/bin/sh\necho "Error:\nAccess to performance monitoring is limited.\nNo permission to enable cpu-clock event." >&2\nexit 255\n',
    );
    await chmod(perf, 0o755);
    const { ended } = await recordApp('auto', [], {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      LIVES_MS: '1500',
    });
    expect((await ended).stderr).toContain(
      'records with v8 at 99 Hz (perf says: No permission to enable cpu-clock event.)',
    );
  });

  test('says once that it cannot publish, and the app goes on', async () => {
    await writeFile(join(folder, 'published'), 'a file where the folder should be');
    const { code, stderr } = await (await recordApp('v8', [], { LIVES_MS: '3500' })).ended;
    expect(code).toBe(7);
    expect(stderr.match(/cannot publish: E/g)).toHaveLength(1);
  });

  test('says when the app gives it nothing', async () => {
    const words = ['--publish', publishPath, '--segment', '100ms', '--engine', 'v8'];
    const { ended } = record(words, ['/bin/sh', '-c', 'sleep 6; exit 4']);
    expect(await ended).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no segment came from the app'),
    });
  });
});

describe('the recorder as a wrapper', () => {
  const words = () => ['--publish', publishPath, '--engine', 'v8'];

  test('ends as shells say when a signal ended the app', async () => {
    const { ended } = record(words(), ['/bin/sh', '-c', 'kill -9 $$']);
    expect((await ended).code).toBe(137);
  });

  test('says when there is no such command', async () => {
    const { ended } = record(words(), ['/nowhere/app']);
    expect(await ended).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('cannot run the command: spawn /nowhere/app ENOENT'),
    });
  });

  test('hides itself from the app and from what the app starts', async () => {
    const source = `
      import { execFileSync } from 'node:child_process';
      import { Worker } from 'node:worker_threads';
      const print = "console.log(process.env.NODE_OPTIONS + ' ' + process.env.AVALANCHE_SAMPLER)";
      console.log(process.env.NODE_OPTIONS, process.env.AVALANCHE_SAMPLER);
      process.stdout.write(execFileSync(process.execPath, ['-e', print]));
      new Worker(print, { eval: true });
    `;
    const { ended } = await recordApp('v8', [], { NODE_OPTIONS: '--no-deprecation' }, source);
    expect(await ended).toMatchObject({ code: 0, stdout: '--no-deprecation undefined\n'.repeat(3) });
  });

  test('refuses what it does not understand before anything runs', async () => {
    const { ended } = record(['--publish', publishPath, '--rate', '5000'], ['/bin/sh', '-c', 'echo ran']);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('avalanche-recorder: --rate is "5000" (a whole number from 1 to 999 wanted)');
    expect(stderr).toContain('Usage: node recorder.ts');
  });
});

describe('the options of the recorder', () => {
  test.each([
    [[], 'the command is missing (wanted after "--")'],
    [['--', 'true'], '--publish is missing (a path wanted)'],
    [['--publish', 'x', '--segment', '2', '--', 'true'], '--segment is "2" (a length of time'],
    [['--publish', 'x', '--keep', '-5s', '--', 'true'], "'--keep' argument is ambiguous"],
    [['--publish', 'x', '--keep-bytes', '5X', '--', 'true'], '--keep-bytes is "5X" (a number of bytes'],
    [['--publish', 'x', '--rate', '5000', '--', 'true'], '--rate is "5000" (a whole number from 1 to 999'],
    [['--publish', 'x', '--engine', 'gdb', '--', 'true'], '--engine is "gdb" (auto, perf, v8 wanted)'],
    [['--publishh', 'x', '--', 'true'], "Unknown option '--publishh'"],
  ])('%j is refused with the reason', (words, message) => {
    expect(() => readOptions(words)).toThrow(message);
  });

  test('have defaults for a pod', () => {
    expect(readOptions(['--publish', 'x', '--', 'node', 'server.ts', '--port', '1'])).toEqual({
      publishPath: 'x',
      segmentMs: 60_000,
      keepMs: 1_200_000,
      keepBytes: 268_435_456,
      rateHz: 99,
      engine: 'auto',
      revision: null,
      command: ['node', 'server.ts', '--port', '1'],
    });
  });
});
