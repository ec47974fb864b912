import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import { formatFolded } from '../../../storage/profile/folded.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { haveShared, ingest, limits, ownPath, sharedPath, workDirectory } from '../ingest/recordings.ts';
import { describe, type Kept, profiles, write } from './profiles.ts';

const runs = { numRuns: 40 };

const everything: Kept = { times: true, pods: true, units: true, frames: true };
const keptByPprof: Kept = { ...everything, times: false };
const keptByPerfScript: Kept = { times: true, pods: false, units: false, frames: false };

async function writeAndRead(format: string, profile: Profile): Promise<Profile> {
  return await ingest(write(format, profile));
}

group('any profile, written and read again, is the same', () => {
  test('as speedscope, times and all', async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        const read = await writeAndRead('speedscope', profile);
        expect(describe(read, everything)).toEqual(describe(profile, everything));
        expect(read.recording).toMatchObject({ hasTimes: profile.recording.hasTimes, warnings: [] });
      }),
      runs,
    );
  });

  test('as pprof, but for times', async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        const read = await writeAndRead('pprof', profile);
        expect(describe(read, keptByPprof)).toEqual(describe(profile, keptByPprof));
        expect(read.events).toEqual(profile.events);
        expect(read.recording).toMatchObject({ rateHz: 99, warnings: [] });
      }),
      runs,
    );
  });

  test('as perf script text, but for pods, units and what is not told by modules', async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        // Text without times and stacks could be anything, and is not recognised.
        fc.pre(profile.recording.hasTimes || profile.samples.stack.some((stack) => stack >= 0));
        const read = await writeAndRead('perf-script', profile);
        expect(describe(read, keptByPerfScript)).toEqual(describe(profile, keptByPerfScript));
        expect(read.recording.warnings).toEqual([]);
      }),
      runs,
    );
  });

  test('as folded stacks, their names and counts', async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        const lines = [...formatFolded(profile)];
        fc.pre(lines.some((line) => line.includes(';')));
        const read = await writeAndRead('folded', profile);
        expect(sumLines([...formatFolded(read)].map((line) => line.slice(1)))).toEqual(sumLines(lines));
      }),
      runs,
    );
  });
});

/** Stacks whose names became equal, `a;b` and `a:b`, are one. */
function sumLines(lines: readonly string[]): string[] {
  const sums = new Map<string, number>();
  for (const line of lines) {
    const at = line.lastIndexOf(' ');
    const stack = line.slice(0, at);
    sums.set(stack, (sums.get(stack) ?? 0) + Number(line.slice(at + 1)));
  }
  return [...sums].map(([stack, count]) => `${stack} ${count}`).sort();
}

group('real recordings, written and read again, are the same', () => {
  const own = ['java-checkout.perf.txt.gz', 'node26-orders.perf.txt.gz'].map((name) => ownPath(name));
  const shared = [
    'own/go-gateway-2events.perf.txt.gz',
    'own/c-matcher.perf.txt.gz',
    'own/python313-scorer.perf.txt.gz',
    'perf/perf-vertx-stacks-01.txt.gz',
    'perf/speedscope-system-wide.linux-perf.txt',
    'folded/async-profiler-sample1.collapsed',
    'cpuprofile/firefox-hello.cpuprofile',
    'pprof/parca-profile1.pb.gz',
    'pprof/parca-node-profile.pb.gz',
    'pprof/google-cppbench.cpu_no_samples_type.pb.gz',
    'trace/trace-event-simple-with-samples.json',
  ].map((name) => sharedPath(name));

  test.each(own)('%s', checkFormats);
  test.skipIf(!haveShared).each(shared)('%s', checkFormats);

  async function checkFormats(path: string): Promise<void> {
    const profile = await ingestFile(path, { limits, workDirectory });
    const { hasTimes, format } = profile.recording;
    const kept = { speedscope: everything, pprof: keptByPprof, 'perf-script': keptByPerfScript };
    for (const [name, what] of Object.entries(kept)) {
      const wanted: Kept =
        // perf script text has all that perf recorded, but for the ids of pods.
        name === 'perf-script' && format === 'perf-script' ? { ...everything, pods: false } : what;
      const read = await writeAndRead(name, profile);
      expect(describe(read, { ...wanted, times: wanted.times && hasTimes }), name).toEqual(
        describe(profile, { ...wanted, times: wanted.times && hasTimes }),
      );
    }
  }
});
