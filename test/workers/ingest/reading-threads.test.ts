import { mkdirSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { beforeAll, expect, test } from 'vitest';
import { AvalancheError } from '../../../storage/errors.ts';
import { ingestFiles } from '../../../workers/snapshot/ingest/ingest-files.ts';
import { openReadingThreads } from '../../../workers/snapshot/ingest/reading-threads.ts';
import { limits, ownPath, readPlain, workDirectory, writeRecording } from './recordings.ts';

const mebibyte = 1024 ** 2;
const reading = openReadingThreads();

beforeAll(() => mkdirSync(workDirectory, { recursive: true }));

function toMember(path: string) {
  return { name: 'recording', path, bytes: statSync(path).size };
}

const small = toMember(ownPath('java-checkout.perf.txt.gz'));
const options = { limits, workDirectory, pod: 'shop-1' };

/** A second or two of reading. */
function makeLarge(): ReturnType<typeof toMember> {
  const text = readPlain(small.path);
  return toMember(writeRecording(Buffer.concat(Array(Math.ceil((48 * mebibyte) / text.length)).fill(text))));
}

test('a thread gives the profile that this one would have read, again and again', async () => {
  const here = await ingestFiles([small], options);
  expect(await reading.ingestFiles([small], options)).toEqual(here);
  expect(await reading.ingestFiles([small], options)).toEqual(here);
});

test('two recordings are read at once', async () => {
  const [one, other] = await Promise.all([
    reading.ingestFiles([small], options),
    reading.ingestFiles([small], { ...options, pod: 'shop-2' }),
  ]);
  expect(one.threads[0]?.pod).toBe('shop-1');
  expect(other.threads[0]?.pod).toBe('shop-2');
});

test('the rest of the process goes on while a recording is read', async () => {
  const large = makeLarge();
  await reading.ingestFiles([small], options);
  const before = performance.eventLoopUtilization();
  await reading.ingestFiles([large], options);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
});

test('what cannot be read is the same error for people', async () => {
  const damaged = toMember(writeRecording(readPlain(small.path).subarray(0, 20)));
  const here = await ingestFiles([damaged], options).catch((error: unknown) => error);
  const there = await reading.ingestFiles([damaged], options).catch((error: unknown) => error);
  expect(there).toBeInstanceOf(AvalancheError);
  expect(there).toMatchObject({ code: (here as AvalancheError).code, message: (here as Error).message });
});

test('a cancelled reading ends with the reason, and the thread reads the next one', async () => {
  const large = makeLarge();
  const reason = new Error('nobody wants it');
  const cancelled = new AbortController();
  setTimeout(() => cancelled.abort(reason), 50);
  await expect(reading.ingestFiles([large], { ...options, signal: cancelled.signal })).rejects.toBe(reason);
  await expect(reading.ingestFiles([large], { ...options, signal: cancelled.signal })).rejects.toBe(reason);
  expect((await reading.ingestFiles([small], options)).samples.timeMs.length).toBeGreaterThan(0);
});
