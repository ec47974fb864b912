import { describe, expect, test } from 'vitest';
import { sumSamples } from '../../../storage/profile/selection.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { describeSamples, haveShared, ingest, limits, sharedPath, workDirectory } from './recordings.ts';

type Event = { ph: string; name?: string; ts?: number | string; dur?: number; tid?: number; args?: object };

const traceOf = (events: Event[]) => JSON.stringify(events.map((event) => ({ pid: 1, tid: 1, ...event })));

/** Times in µs and stacks, as `time stack weight`. */
async function readSlices(events: Event[]): Promise<string[]> {
  const profile = await ingest(traceOf(events));
  return describeSamples(profile).map(
    (line, row) =>
      `${line.replace(/^@(\S+) \S*\/\d+ /, (_, ms) => `${Math.round(ms * 1e3)} `)} ${profile.samples.weight[row]}`,
  );
}

test('begun and ended, or complete: functions nest by their times', async () => {
  expect(
    await readSlices([
      { ph: 'B', name: 'main', ts: 0 },
      { ph: 'X', name: 'work', ts: 100, dur: 300 },
      { ph: 'E', name: 'main', ts: 900 },
    ]),
  ).toEqual(['0 main 100', '100 main;work 300', '400 main 500']);
});

test('a child written before its caller, as complete events are, is still its child', async () => {
  expect(
    await readSlices([
      { ph: 'X', name: 'inner', ts: 0, dur: 10 },
      { ph: 'X', name: 'outer', ts: 0, dur: 30 },
    ]),
  ).toEqual(['0 outer;inner 10', '10 outer 20']);
});

test('at one time, the end of one function goes before the beginning of the next, and an empty one takes no time', async () => {
  expect(
    await readSlices([
      { ph: 'B', name: 'a', ts: 0 },
      { ph: 'E', name: 'a', ts: 5 },
      { ph: 'B', name: 'b', ts: 5 },
      { ph: 'E', name: 'b', ts: 5 },
      { ph: 'B', name: 'c', ts: 5 },
      { ph: 'E', ts: 9 },
    ]),
  ).toEqual(['0 a 5', '5 c 4']);
});

test('ends in the wrong order cut the inner function', async () => {
  const events: Event[] = [
    { ph: 'B', name: 'a', ts: 0 },
    { ph: 'B', name: 'b', ts: 1 },
    { ph: 'E', name: 'a', ts: 2 },
    { ph: 'E', name: 'b', ts: 3 },
  ];
  expect(await readSlices(events)).toEqual(['0 a 1', '1 a;b 1']);
  const { recording } = await ingest(traceOf(events));
  expect(recording.warnings).toEqual([
    { text: 'Chrome trace: a function that outlives its caller', count: 1 },
  ]);
});

test('what never ends runs to the end, and an end of nothing is passed over; both are said', async () => {
  const events: Event[] = [
    { ph: 'E', name: 'gone', ts: 0 },
    { ph: 'B', name: 'main', ts: 1 },
    { ph: 'X', name: 'work', ts: 2, dur: 3 },
  ];
  expect(await readSlices(events)).toEqual(['0 main 1', '1 main;work 3']);
  const { recording } = await ingest(traceOf(events));
  expect(recording.warnings.map(({ text }) => text)).toEqual([
    'Chrome trace: an end without a beginning',
    'Chrome trace: a function without an end, taken to run to the end',
  ]);
});

test('a long function is cut into pieces, so that a time range takes its part of it', async () => {
  const profile = await ingest(traceOf([{ ph: 'X', name: 'main', ts: 0, dur: 3_000_000 }]));
  expect(sumSamples(profile, { fromMs: 1_000, toMs: 2_000 }, 'weight')).toBe(1_000_000);
});

test('an hours-long one is cut into no more pieces than a recording may have', async () => {
  const profile = await ingest(traceOf([{ ph: 'X', name: 'main', ts: 0, dur: 36_000_000_000 }]));
  expect(profile.samples.timeMs).toHaveLength(1_000_000);
  expect(sumSamples(profile, {}, 'weight')).toBeCloseTo(36_000_000_000, 0);
});

test('threads and processes have the names that the trace gives them', async () => {
  const meta = (name: string, tid: number, named: string): Event => ({
    ph: 'M',
    name,
    tid,
    args: { name: named },
  });
  const { threads } = await ingest(
    traceOf([
      meta('process_name', 1, 'server'),
      meta('thread_name', 2, 'pool'),
      { ph: 'X', name: 'a', ts: 0, dur: 1 },
      { ph: 'X', name: 'a', ts: 0, dur: 1, tid: 2 },
    ]),
  );
  expect(threads.map(({ comm, pid, tid }) => `${comm} ${pid}/${tid}`)).toEqual(['server 1/1', 'pool 1/2']);
});

describe('an array without its closing bracket', () => {
  const text = traceOf([
    { ph: 'X', name: 'main', ts: 0, dur: 9 },
    { ph: 'X', name: 'main', ts: 9, dur: 9 },
  ]);

  test.each([text.slice(0, -1), `${text.slice(0, -1)},\n`])('is read, with a warning', async (open) => {
    const { recording, samples } = await ingest(open);
    expect(samples.timeMs).toHaveLength(2);
    expect(recording.warnings).toEqual([{ text: 'Chrome trace: the closing bracket is missing', count: 1 }]);
  });

  test('is damaged when it ends inside an event, as is an object that ends early', async () => {
    const object = `{"traceEvents":${text}}`;
    for (const cut of [text.slice(0, -2), text.slice(0, -12), object.slice(0, -1), object.slice(0, -2)]) {
      await expect(ingest(cut)).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
    }
  });
});

/** Two chunks of one profile, written by V8's own thread; another process reuses the id. */
const chunked: object[] = [
  { ph: 'P', name: 'Profile', pid: 7, tid: 1, id: '0x1', ts: 5_000, args: { data: { startTime: 5_000 } } },
  {
    ph: 'P',
    name: 'ProfileChunk',
    pid: 7,
    tid: 9,
    id: '0x1',
    ts: 6_000,
    args: {
      data: {
        cpuProfile: {
          nodes: [
            { id: 1, callFrame: { functionName: '(root)', scriptId: 0 } },
            {
              id: 2,
              parent: 1,
              callFrame: { functionName: 'main', url: 'a.js', lineNumber: 9, scriptId: 1 },
            },
          ],
          samples: [2, 2],
        },
        timeDeltas: [1_000, 1_000],
      },
    },
  },
  {
    ph: 'P',
    name: 'ProfileChunk',
    pid: 7,
    tid: 9,
    id: '0x1',
    ts: 7_000,
    args: {
      data: {
        cpuProfile: {
          nodes: [{ id: 3, parent: 2, callFrame: { functionName: 'work', url: 'a.js', lineNumber: 19 } }],
          samples: [3],
        },
        timeDeltas: [1_000],
        endTime: 9_500,
      },
    },
  },
];

test("V8's profiles in a trace are put together from their pieces and go before everything else", async () => {
  const slice = { ph: 'X', name: 'RunTask', pid: 7, tid: 1, ts: 5_000, dur: 100 };
  const profile = await ingest(JSON.stringify({ traceEvents: [slice, ...chunked], metadata: {} }));
  expect(profile.events).toEqual([
    { name: 'cpu-time', unit: 'microseconds' },
    { name: 'duration', unit: 'microseconds' },
  ]);
  expect(describeSamples(profile)).toEqual([
    '@0 /1 RunTask',
    '@1 /1 main_[s]',
    '@2 /1 main_[s]',
    '@3 /1 main_[s];work_[s]',
  ]);
  expect([...profile.samples.weight]).toEqual([100, 1_000, 1_000, 1_500]);
  expect(profile.frames.line[profile.frames.name.indexOf('work')]).toBe(20);
});

test('a piece without its beginning is damaged', async () => {
  await expect(ingest(JSON.stringify(chunked.slice(1)))).rejects.toMatchObject({
    code: 'RECORDING_DAMAGED',
    message: expect.stringContaining('before its Profile'),
  });
});

test('a stack frame that is its own caller ends at the limit; one that is not there is damage', async () => {
  const sample = { ts: '1', pid: 1, tid: '1', sf: 1 };
  const traceWith = (parent: number) =>
    JSON.stringify({ traceEvents: [], samples: [sample], stackFrames: { 1: { name: 'a', parent } } });
  await expect(ingest(traceWith(1))).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
  await expect(ingest(traceWith(2))).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
});

test.each<[keyof typeof limits, number]>([
  ['sampleCount', 1],
  ['stackDepth', 1],
  ['frameNameBytes', 3],
  ['unpackedBytes', 60],
])('limits.%s is kept', async (limit, value) => {
  const events = [
    { ph: 'X', name: 'main', ts: 0, dur: 9 },
    { ph: 'X', name: 'work', ts: 2, dur: 5 },
  ];
  await expect(ingest(traceOf(events), { [limit]: value })).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
    message: expect.stringContaining(`limits.${limit}`),
  });
});

const shared = [
  { name: 'trace-event-simple.json', weight: 14, threads: 1 },
  { name: 'trace-event-simple-object.json', weight: 14, threads: 1 },
  { name: 'trace-event-too-many-end-events.json', weight: 14, threads: 1, odd: 2 },
  { name: 'trace-event-multiprocess.json', weight: 8, threads: 8 },
  { name: 'trace-event-simple-with-samples.json', weight: 7, threads: 1 },
  // 1,600 samples of V8, all but 224 of them idle; and 2,456 complete events.
  { name: 'chrome116-Trace.json.gz', weight: 34_642, threads: 12 },
];

test.skipIf(!haveShared).each(shared)('$name is read whole', async ({ name, weight, threads, odd = 0 }) => {
  const profile = await ingestFile(sharedPath(`trace/${name}`), { limits, workDirectory });
  expect(sumSamples(profile, {}, 'weight')).toBeCloseTo(weight, 6);
  expect(profile.threads).toHaveLength(threads);
  expect(profile.recording.warnings.reduce((sum, { count }) => sum + count, 0)).toBe(odd);
});

test.skipIf(!haveShared)("Chrome's V8 samples have the program's functions", async () => {
  const profile = await ingestFile(sharedPath('trace/chrome116-Trace.json.gz'), { limits, workDirectory });
  expect(profile.events[0]?.name).toBe('cpu-time');
  expect(profile.frames.name).toEqual(expect.arrayContaining(['alpha', 'beta', 'gamma', '(program)']));
});
