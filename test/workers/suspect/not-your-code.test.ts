import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import { FrameKind, NO_STACK } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { isHeldBack } from '../../../workers/suspect/cpu-limit.ts';
import { findSuspects } from '../../../workers/suspect/find-suspects.ts';

const recording = (name: string) => new URL(`../../data/own/${name}.perf.txt.gz`, import.meta.url).pathname;

// Recorded with perf on a busy machine: 16 threads and one lock; writes and fdatasync; a container with a quarter of a CPU.
test.each([
  ['locks', /^Time is spent on locks \(94 %\), not in your code: threads wait for each other$/],
  ['files', /^Time is spent on files \(79 %\), not in your code: look at the disk/],
  ['cpu-limit', /; besides, a CPU limit seems to hold the app back$/],
  ['no-cpu-limit', /^(?!.*CPU limit)/],
  ['java-checkout', /^(?!.*(?:CPU limit|not in your code))/],
])('of the recording %s it is said', async (name, expected) => {
  const limits = limitsSchema.parse({});
  const profile = await ingestFile(recording(name), { limits, workDirectory: tmpdir() });
  const nothing = { baseline: null, application: null, revision: null, codeSearch: null };
  expect((await findSuspects({ profile, selection: {}, ...nothing })).verdict).toMatch(expected);
});

test('a limit that the baseline did not have comes before weak evidence', async () => {
  const limits = limitsSchema.parse({});
  const read = (name: string) => ingestFile(recording(name), { limits, workDirectory: tmpdir() });
  const [profile, baseline] = [await read('cpu-limit'), await read('no-cpu-limit')];
  const nothing = { application: null, revision: null, codeSearch: null };
  const { verdict } = await findSuspects({ profile, baseline, selection: {}, ...nothing });
  expect(verdict).toMatch(/^Held back by a CPU limit, as it seems: .*; weak evidence besides: `serve` takes/);
});

/** Samples every `stepMs`, on the CPU where `isRunning` at that time. */
function profileOf(durationMs: number, stepMs: number, isRunning: (timeMs: number) => boolean) {
  const builder = new ProfileBuilder({ format: 'perf-script', rateHz: 1000 / stepMs });
  const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'shop' });
  const event = builder.event('cpu-clock', 'samples');
  const stack = builder.stack(
    NO_STACK,
    builder.frame({ name: 'price', module: '/srv/app/shop', kind: FrameKind.Native }),
  );
  for (let timeMs = 0; timeMs < durationMs; timeMs += stepMs) {
    if (isRunning(timeMs)) builder.addSample({ timeMs, thread, stack, event, count: 1, weight: 1 });
  }
  return builder.finish();
}

test('a CPU limit of a half and less is seen at any phase, and nothing without one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 25, max: 50 }), fc.nat(99), (runsMs, phaseMs) => {
      const held = profileOf(20_000, 7, (timeMs) => (timeMs + phaseMs) % 100 < runsMs);
      expect(isHeldBack(held, {})).toBe(true);
      const bursts = profileOf(20_000, 7, (timeMs) => (timeMs + phaseMs) % 2_300 < runsMs * 10);
      expect(isHeldBack(bursts, {})).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test('a clock of ten ticks a second, and a short recording, say nothing of limits', () => {
  expect(
    isHeldBack(
      profileOf(60_000, 100, () => true),
      {},
    ),
  ).toBe(false);
  expect(
    isHeldBack(
      profileOf(4_000, 1, (timeMs) => timeMs % 100 < 40),
      {},
    ),
  ).toBe(false);
});
