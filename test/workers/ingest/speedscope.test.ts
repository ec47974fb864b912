import { describe, expect, test } from 'vitest';
import { FrameKind } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { describeSamples, haveShared, ingest, limits, sharedPath, workDirectory } from './recordings.ts';

const $schema = 'https://www.speedscope.app/file-format-schema.json';
const frames = [{ name: 'main' }, { name: 'work', file: 'work.py', line: 7 }, { name: 'wait' }];
const sampled = {
  type: 'sampled',
  name: 'worker tid 12',
  unit: 'milliseconds',
  startValue: 1_000,
  endValue: 1_050,
  samples: [[0, 1], [], [0], [0, 1]],
  weights: [10, 20, 10, 10],
};
const evented = {
  type: 'evented',
  name: 'loop',
  unit: 'milliseconds',
  startValue: 0,
  endValue: 5,
  events: [
    { type: 'O', at: 0, frame: 0 },
    { type: 'O', at: 1, frame: 1 },
    { type: 'C', at: 3.5, frame: 1 },
    { type: 'C', at: 4, frame: 0 },
  ],
};

const fileOf = (...profiles: object[]) => JSON.stringify({ $schema, shared: { frames }, profiles });

test('samples follow each other, each for its weight; the empty ones are idle time', async () => {
  const profile = await ingest(fileOf(sampled));
  expect(describeSamples(profile)).toEqual([
    '@0 worker/12 main;work',
    '@30 worker/12 main',
    '@40 worker/12 main;work',
  ]);
  expect([...profile.samples.weight]).toEqual([10_000, 10_000, 10_000]);
  expect([...profile.samples.count]).toEqual([1, 1, 1]);
  expect(profile.events).toEqual([{ name: 'time', unit: 'microseconds' }]);
  const row = profile.frames.name.indexOf('work');
  expect([profile.frames.file[row], profile.frames.line[row]]).toEqual(['work.py', 7]);
});

test('functions that begin and end are cut into pieces of a ms', async () => {
  const profile = await ingest(fileOf(evented));
  expect(describeSamples(profile)).toEqual([
    '@0 loop/-1 main',
    '@1 loop/-1 main;work',
    '@2 loop/-1 main;work',
    '@3 loop/-1 main;work',
    '@3.5 loop/-1 main',
  ]);
  expect([...profile.samples.weight]).toEqual([1_000, 1_000, 1_000, 500, 500]);
});

test('profiles are threads, on one clock', async () => {
  const later = { ...sampled, name: 'other', startValue: 1_005 };
  const profile = await ingest(fileOf(sampled, later, { ...later, startValue: 2_000 }));
  expect(profile.threads.map(({ comm, tid }) => `${comm} ${tid}`)).toEqual([
    'worker 12',
    'other -1',
    'other #2 -1',
  ]);
  expect(describeSamples(profile).slice(0, 2)).toEqual(['@0 worker/12 main;work', '@5 other/-1 main;work']);
});

test('what is no time is counted', async () => {
  const profile = await ingest(fileOf({ ...sampled, unit: 'none' }, { ...evented, unit: 'none' }));
  expect(profile.events).toEqual([{ name: 'samples', unit: 'samples' }]);
  expect([...profile.samples.count]).toEqual([10, 10, 10, 1, 2.5, 0.5]);
  expect(profile.recording.hasTimes).toBe(false);
});

test('a library in the place of a file is a module, and tells the kernel', async () => {
  const text = fileOf(sampled).replace('"work.py","line":7', '"[kernel.kallsyms]"');
  const { frames: read } = await ingest(text);
  const row = read.name.indexOf('work');
  expect([read.module[row], read.file[row], read.kind[row]]).toEqual([
    '[kernel.kallsyms]',
    '',
    FrameKind.Kernel,
  ]);
});

describe('a file that contradicts itself is damaged, and says how', () => {
  test.each<[string, string, RegExp]>([
    ['cut', fileOf(sampled).slice(0, -5), /not whole JSON/],
    [
      'with a frame too many',
      fileOf({ ...sampled, samples: [[0], [0], [0], [9]] }),
      /frame 9 is wanted of 3/,
    ],
    ['with a weight too few', fileOf({ ...sampled, weights: [1] }), /4 samples and 1 weights/],
    ['with a negative weight', fileOf({ ...sampled, weights: [1, 1, 1, -1] }), /negative weight/],
    ['with an endless start', fileOf({ ...sampled, startValue: 1e308 }), /with a sample at 1e\+308 ms/],
    ['with an endless weight', fileOf({ ...sampled, weights: [1, 1, 1, 1e307] }), /weight beyond 2\^53/],
    ['with a text for a weight', fileOf({ ...sampled, weights: ['1'] }), /profiles\.0\.weights\.0/],
    ['with another unit', fileOf({ ...sampled, unit: 'parsecs' }), /profiles\.0\.unit/],
    [
      'with events out of order',
      fileOf({ ...evented, events: evented.events.with(2, { type: 'C', at: 0.5, frame: 1 }) }),
      /at 0\.5/,
    ],
    ['with a wrong end', fileOf({ ...evented, events: evented.events.toSpliced(2, 1) }), /ends frame 0 at 4/],
  ])('%s', async (_, text, message) => {
    await expect(ingest(text)).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringMatching(message),
    });
  });
});

test('a function without an end runs to the end, with a warning', async () => {
  const profile = await ingest(fileOf({ ...evented, events: evented.events.slice(0, 3) }));
  expect(profile.samples.weight.reduce((sum, weight) => sum + weight, 0)).toBe(5_000);
  expect(profile.recording.warnings).toHaveLength(1);
});

test.each<[keyof typeof limits, number]>([
  ['sampleCount', 3],
  ['stackDepth', 1],
  ['frameNameBytes', 3],
  ['unpackedBytes', 100],
])('limits.%s is kept', async (limit, value) => {
  for (const profile of [sampled, evented]) {
    await expect(ingest(fileOf(profile), { [limit]: value })).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
      message: expect.stringContaining(`limits.${limit}`),
    });
  }
});

test('a file of more events than anybody records at once is damaged', async () => {
  const thread = { pod: '', pid: 1, tid: 1, comm: 'a' };
  const profiles = Array.from({ length: 1_001 }, (_, place) => ({
    ...sampled,
    avalanche: { thread, event: { name: `e${place}`, unit: 'events' } },
  }));
  await expect(ingest(fileOf(...profiles))).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
});

test('a text of a great many small values is refused before it is parsed', async () => {
  const bomb = `{"$schema":"${$schema}","profiles":${'['.repeat(26_000_000)}`;
  await expect(ingest(bomb)).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
    message: expect.stringContaining('too many values'),
  });
});

const shared = [
  { name: 'simple.speedscope.json', samples: 4, threads: ['simple.txt'], weight: 14, event: 'samples' },
  { name: 'two-sampled.speedscope.json', samples: 10, threads: ['one', 'two'], weight: 28e6, event: 'time' },
  {
    name: 'own-c-matcher.speedscope.json.gz',
    samples: 1_888,
    threads: ['match-0', 'match-1 (eu)', 'journal:flush'],
    weight: 1_888 * 10_101.01,
    event: 'time',
  },
];

test.skipIf(!haveShared).each(shared)(
  '$name is read whole',
  async ({ name, samples, threads, weight, event }) => {
    const profile = await ingestFile(sharedPath(`speedscope/${name}`), { limits, workDirectory });
    expect(profile.samples.timeMs).toHaveLength(samples);
    expect(profile.threads.map(({ comm }) => comm)).toEqual(threads);
    expect(profile.samples.weight.reduce((sum, value) => sum + value, 0)).toBeCloseTo(weight, 3);
    expect(profile.events.map((known) => known.name)).toEqual([event]);
    expect(profile.recording.warnings).toEqual([]);
  },
);
