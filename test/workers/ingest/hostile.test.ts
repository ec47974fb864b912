import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { foldFile } from '../../../workers/snapshot/ingest/fold.ts';
import { findFault } from '../../support/find-fault.ts';
import {
  haveShared,
  ingest,
  limits,
  ownPath,
  readPlain,
  sharedPath,
  workDirectory,
  writeRecording,
} from './recordings.ts';

const readingMs = 5_000;

/** Either a profile whose samples all hang together, or an error for people; and soon. */
async function expectSound(bytes: Uint8Array): Promise<void> {
  const begin = performance.now();
  const result = await ingest(bytes).catch((error: unknown) => error);
  expect(performance.now() - begin).toBeLessThan(readingMs);
  if (result instanceof Error) {
    expect(result).toBeInstanceOf(AvalancheError);
    return;
  }
  expect(findFault(result as Profile)).toBeNull();
}

test('random bytes are never a profile that does not hang together', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), expectSound), { numRuns: 200 });
});

test('random bytes behind every magic are an error for people', async () => {
  const magic = fc.constantFrom(
    'PERFILE2',
    '\x1f\x8b\x08',
    '\x28\xb5\x2f\xfd',
    '{"nodes":[{"functionName":',
    'a 1 1.000000: cycles:\n',
    'a;b 1\n',
    '\xff\xfe',
    'FLR\0',
  );
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 500 }), (beginning, rest) =>
      expectSound(Buffer.concat([Buffer.from(beginning, 'latin1'), rest])),
    ),
    { numRuns: 150 },
  );
});

/** Bytes changed, dropped and said twice. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('change', 'drop', 'repeat'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
});

function mutate(bytes: Buffer, mutations: { at: number; kind: string; bytes: Uint8Array }[]): Buffer {
  return mutations.reduce((mutated, { at, kind, bytes: changed }) => {
    const place = Math.floor(at * mutated.length);
    const rest = mutated.subarray(kind === 'repeat' ? Math.max(0, place - 50) : place + changed.length);
    return Buffer.concat([mutated.subarray(0, place), kind === 'drop' ? Buffer.alloc(0) : changed, rest]);
  }, bytes);
}

describe('mutations of real recordings', () => {
  const own = ['java-checkout.perf.txt.gz', 'node26-orders.perf.txt.gz'].map((name) => ({
    name,
    path: ownPath(name),
    isShared: false,
  }));
  const shared = [
    'perf/quipper-group-4.14.perf.txt',
    'perf/perf-js-stacks-01.txt',
    'folded/async-profiler-sample1.collapsed',
    'cpuprofile/firefox-hello.cpuprofile',
    'cpuprofile/speedscope-node10-old-head.cpuprofile',
  ].map((name) => ({ name, path: sharedPath(name), isShared: true }));

  test.skipIf(!haveShared).each(shared)('$name never crashes, hangs or falls apart', ({ path }) =>
    checkMutations(path),
  );
  test.each(own)('$name never crashes, hangs or falls apart', ({ path }) => checkMutations(path));

  async function checkMutations(path: string): Promise<void> {
    const bytes = readPlain(path).subarray(0, 40_000);
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 20 }), (mutations) =>
        expectSound(mutate(bytes, mutations)),
      ),
      { numRuns: 40 },
    );
  }

  test('a compressed one that lost or changed bytes is never passed off as whole', async () => {
    const bytes = gzipSync(readPlain(ownPath('java-checkout.perf.txt.gz')));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: bytes.length - 1 }), async (length) => {
        await expect(ingest(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
      }),
      { numRuns: 30 },
    );
  });
});

test('names of every size up to the limit are read, and no larger ones', async () => {
  const event = (name: string) => `a 1 1.000000: cycles:\n\t 1 ${name} (/a)\n\n`;
  const profile = await ingest(event('x'.repeat(limits.frameNameBytes)));
  expect(profile.frames.name[0]).toHaveLength(limits.frameNameBytes);
  await expect(ingest(event('x'.repeat(limits.frameNameBytes + 1)))).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
  });
});

test('a stack of 10,000 frames is read and folded', async () => {
  const text = `a 1 1.000000: cycles:\n${Array.from({ length: 10_000 }, (_, depth) => `\t ${(depth % 7) + 1} f${depth % 7} (/a)\n`).join('')}\n`;
  expect((await ingest(text)).stacks.parent).toHaveLength(10_000);
  const [line] = [...(await foldFile(writeRecording(text), { limits, workDirectory }))];
  expect(line?.split(';')).toHaveLength(10_001);
});
