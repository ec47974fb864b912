import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { expect, test } from 'vitest';
import { FrameKind } from '../../../storage/profile/profile.ts';
import { ingestFiles } from '../../../workers/snapshot/ingest/ingest-files.ts';
import {
  countBySecond,
  describeSamples,
  ingest,
  limits,
  workDirectory,
  writeRecording,
} from './recordings.ts';

const frame = (functionName: string, url = '', lineNumber = -1) => ({
  functionName,
  scriptId: '0',
  url,
  lineNumber,
  columnNumber: 0,
});

const small = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 5] },
    { id: 2, callFrame: frame('(program)') },
    { id: 3, callFrame: frame('(idle)') },
    { id: 4, callFrame: frame('(garbage collector)') },
    { id: 5, callFrame: frame('main', 'file:///srv/app%20one/main.mjs', 9), children: [6, 7] },
    { id: 6, callFrame: frame('', 'file:///srv/app%20one/main.mjs', 19) },
    { id: 7, callFrame: frame('writeUtf8String') },
  ],
  startTime: 5_000_000,
  endTime: 5_010_000,
  samples: [6, 4, 3, 4, 2, 7],
  timeDeltas: [1_000, 1_000, 1_000, 1_000, 1_000, 3_000],
};

test('samples have the time until the next one as weight; idle is left out, garbage is collected for whoever ran', async () => {
  const profile = await ingest(JSON.stringify(small));
  expect(describeSamples(profile)).toEqual([
    '@0 javascript/-1 main_[s];(anonymous /srv/app one/main.mjs:20)_[s]',
    '@1 javascript/-1 main_[s];(anonymous /srv/app one/main.mjs:20)_[s];(garbage collector)',
    '@3 javascript/-1 (garbage collector)',
    '@4 javascript/-1 (program)',
    '@7 javascript/-1 main_[s];writeUtf8String',
  ]);
  expect([...profile.samples.weight]).toEqual([1_000, 1_000, 1_000, 3_000, 2_000]);
  expect(profile.events).toEqual([{ name: 'cpu-time', unit: 'microseconds' }]);
  expect(profile.recording).toMatchObject({ format: 'cpuprofile', rateHz: 1_000 });
});

test('a function has its file and the line it is defined on', async () => {
  const { frames } = await ingest(JSON.stringify(small));
  const row = frames.name.indexOf('main');
  expect([frames.file[row], frames.line[row], frames.module[row], frames.kind[row]]).toEqual([
    '/srv/app one/main.mjs',
    10,
    'file:///srv/app%20one/main.mjs',
    FrameKind.Script,
  ]);
});

test('samples out of order are put in order', async () => {
  const profile = await ingest(
    JSON.stringify({ ...small, samples: [6, 7, 2], timeDeltas: [5_000, -2_000, 4_000] }),
  );
  expect(describeSamples(profile).map((line) => line.split(' ')[0])).toEqual(['@0', '@2', '@4']);
  expect([...profile.samples.weight]).toEqual([2_000, 2_000, 3_000]);
});

test('the old form with a tree of heads is read too', async () => {
  const head = {
    functionName: '(root)',
    url: '',
    lineNumber: 0,
    id: 1,
    children: [
      {
        functionName: 'a',
        url: 'a.js',
        lineNumber: 3,
        id: 2,
        children: [{ functionName: 'b', url: 'a.js', lineNumber: 7, id: 3, children: [] }],
      },
    ],
  };
  const profile = await ingest(
    JSON.stringify({ head, startTime: 1, endTime: 2, samples: [3, 2], timestamps: [1_000, 3_000, 4_000] }),
  );
  expect(describeSamples(profile)).toEqual(['@0 javascript/-1 a_[s];b_[s]', '@2 javascript/-1 a_[s]']);
  expect([...profile.samples.weight]).toEqual([2_000, 1_000]);
  expect([...profile.frames.line]).toEqual([3, 7]);
});

test('segments of one process lie on one clock, tied to the wall by the note beside them', async () => {
  const note = {
    version: 1,
    tool: 'v8',
    revision: 'abc123',
    rateHz: 100,
    command: ['node', 'server.mjs'],
    process: { pid: 7, comm: 'node' },
    clock: { wallMs: 1_700_000_000_000, monotonicMs: 4_000 },
  };
  const later = { ...small, startTime: 9_000_000, endTime: 9_010_000 };
  const files = [later, note, small].map((content, place) => ({
    name: ['tmp/v8/9000.cpuprofile', 'tmp/recording.json', 'tmp/v8/5000.cpuprofile'][place]!,
    path: writeRecording(JSON.stringify(content)),
    bytes: 1,
  }));
  const profile = await ingestFiles(files, { limits, workDirectory, pod: 'shop-1' });
  expect(profile.threads).toEqual([{ pod: 'shop-1', pid: 7, tid: 7, comm: 'node' }]);
  expect(profile.recording).toMatchObject({
    revision: 'abc123',
    rateHz: 100,
    command: 'node server.mjs',
    startedAtMs: 1_700_000_001_001,
  });
  expect(countBySecond(profile, (name) => name === 'main')).toEqual([3, 0, 0, 0, 3]);
});

test.each([
  ['cut', JSON.stringify(small).slice(0, -9), /not whole JSON/],
  ['without times', JSON.stringify({ ...small, timeDeltas: [] }), /6 samples and 0 times/],
  ['with a text for a time', JSON.stringify({ ...small, startTime: 'now' }), /"startTime"/],
])('a profile %s is damaged, and says how', async (_, text, message) => {
  await expect(ingest(text)).rejects.toMatchObject({
    code: 'RECORDING_DAMAGED',
    message: expect.stringMatching(message),
  });
});

test('nodes that call themselves end at the limit', async () => {
  const nodes = [
    { id: 1, callFrame: frame('a', 'a.js'), children: [2] },
    { id: 2, callFrame: frame('b', 'a.js'), children: [1] },
  ];
  await expect(
    ingest(JSON.stringify({ ...small, nodes, samples: [1], timeDeltas: [1] })),
  ).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
});

test('a profile that this Node makes has the function that burned the time', async () => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  burnTime(performance.now() + 300);
  const { profile: recorded } = await session.post('Profiler.stop');
  session.disconnect();
  const path = writeRecording('');
  writeFileSync(path, JSON.stringify(recorded));
  const profile = await ingestFiles([{ name: 'x.cpuprofile', path, bytes: 1 }], { limits, workDirectory });
  const burned = countBySecond(profile, (name) => name === 'burnTime').reduce((sum, count) => sum + count, 0);
  expect(burned / profile.samples.timeMs.length).toBeGreaterThan(0.5);
});

function burnTime(untilMs: number): number {
  let sum = 0;
  while (performance.now() < untilMs) sum += Math.sqrt(sum + 1);
  return sum;
}
