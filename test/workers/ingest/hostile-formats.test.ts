import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { findFault } from '../../support/find-fault.ts';
import { profileOf } from '../../support/profiles.ts';
import { write } from '../exports/profiles.ts';
import { haveShared, ingest, readPlain, sharedPath } from './recordings.ts';

const readingMs = 5_000;

/** Either a profile whose samples all hang together, or an error for people; and soon. */
async function expectSound(bytes: Uint8Array): Promise<Profile | null> {
  const begin = performance.now();
  const result = await ingest(bytes).catch((error: unknown) => error);
  expect(performance.now() - begin).toBeLessThan(readingMs);
  if (result instanceof Error) {
    expect(result, String(result.stack)).toBeInstanceOf(AvalancheError);
    expect((result as AvalancheError).code).not.toBe('INTERNAL');
    return null;
  }
  expect(findFault(result as Profile)).toBeNull();
  return result as Profile;
}

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('change', 'drop', 'repeat', 'number'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  number: fc.constantFrom('-1', '0', '1e308', '-1e308', '9007199254740993', 'null', '""', '[]', '{}', '0.1'),
});
type Mutation = { at: number; kind: string; bytes: Uint8Array; number: string };

/** Bytes changed, dropped and said twice; and numbers of a text replaced by what no writer writes. */
function mutate(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  return mutations.reduce((mutated, { at, kind, bytes: changed, number }) => {
    const place = Math.floor(at * mutated.length);
    if (kind === 'number') {
      const [found] = mutated.toString('latin1', place, place + 400).matchAll(/(?<=[:,[])\d+(?=[,\]}])/g);
      const start = place + (found?.index ?? 0);
      const end = start + (found?.[0].length ?? 0);
      return Buffer.concat([mutated.subarray(0, start), Buffer.from(number), mutated.subarray(end)]);
    }
    const rest = mutated.subarray(kind === 'repeat' ? Math.max(0, place - 50) : place + changed.length);
    return Buffer.concat([mutated.subarray(0, place), kind === 'drop' ? Buffer.alloc(0) : changed, rest]);
  }, bytes);
}

async function checkMutations(bytes: Buffer, numRuns: number): Promise<void> {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(mutations, async (chosen) => {
      await expectSound(mutate(bytes, chosen));
    }),
    { numRuns },
  );
}

const runs = Number(process.env.AVALANCHE_FUZZ_RUNS ?? 60);

test
  .skipIf(!haveShared)
  .each([
    'pprof/parca-profile1.pb.gz',
    'pprof/google-cppbench.cpu_no_samples_type.pb.gz',
    'pprof/parca-node-profile.pb.gz',
    'speedscope/simple.speedscope.json',
    'speedscope/two-sampled.speedscope.json',
    'trace/trace-event-simple.json',
    'trace/trace-event-simple-with-samples.json',
    'trace/trace-event-too-many-end-events.json',
  ])('mutations of %s never crash, hang or fall apart', async (name) => {
  await checkMutations(readPlain(sharedPath(name)), runs);
});

test.skipIf(!haveShared)("mutations of Chrome's own trace never crash, hang or fall apart", async () => {
  // Its V8 profile alone: the rest is as in the small ones.
  const { traceEvents } = JSON.parse(readPlain(sharedPath('trace/chrome116-Trace.json.gz')).toString());
  const kept = traceEvents.filter(({ ph }: { ph: string }) => ph === 'P' || ph === 'M').slice(0, 36);
  await checkMutations(Buffer.from(JSON.stringify(kept)), Math.ceil(runs / 3));
});

test.each(['pprof', 'speedscope'])(
  'mutations of our own %s export never crash, hang or fall apart',
  async (format) => {
    const bytes = write(format, profileOf('@0 a/1: main;work 1\n@5 b/2: main;wait_[k] 1'));
    await checkMutations(bytes, runs);
  },
);

test
  .skipIf(!haveShared)
  .each(['speedscope/two-sampled.speedscope.json', 'trace/trace-event-simple-object.json'])(
  '%s cut anywhere is never passed off as whole',
  async (name) => {
    const bytes = readPlain(sharedPath(name));
    const whole = bytes.toString().trimEnd().length;
    for (let length = 1; length < whole; length += 7) {
      expect(await expectSound(bytes.subarray(0, length))).toBeNull();
    }
  },
);
