import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import {
  countBySecond,
  describeSamples,
  haveShared,
  limits,
  sharedPath,
  workDirectory,
} from './recordings.ts';

async function ingestShared(name: string): Promise<Profile> {
  return await ingestFile(sharedPath(name), { limits, workDirectory });
}

/** Figures that were counted by other means when the recordings were made. */
const own = [
  {
    name: 'java-checkout',
    samples: [1557],
    threads: 10,
    burst: /^void Checkout\.recomputeDiscounts|\bCheckout\.recomputeDiscounts/,
    bySecond: [0, 0, 0, 0, 31, 69, 63],
  },
  {
    name: 'node26-orders',
    samples: [994],
    threads: 6,
    burst: /fuzzySearch|levenshteinMatrix/,
    bySecond: [0, 0, 0, 0, 2, 29, 22, 19],
  },
  {
    name: 'python313-scorer',
    samples: [1537],
    threads: 2,
    burst: /fraud_score/,
    bySecond: [0, 0, 0, 0, 37, 88, 85, 53],
  },
  {
    name: 'c-matcher',
    samples: [1888],
    threads: 3,
    burst: /simulate_book/,
    bySecond: [0, 0, 0, 0, 51, 64, 56, 11],
  },
  {
    name: 'go-gateway-2events',
    samples: [2401, 373],
    threads: 6,
    burst: /main\.signTokens/,
    bySecond: [0, 0, 0, 0, 35, 73, 59, 29],
  },
];

describe('own recordings', () => {
  test.skipIf(!haveShared).each(own)(
    '$name has its samples, its threads and its burst',
    async ({ name, samples, threads, burst, bySecond }) => {
      const profile = await ingestShared(`own/${name}.perf.txt.gz`);
      const counts = profile.events.map(
        (_, event) => profile.samples.event.filter((row) => row === event).length,
      );
      expect(counts).toEqual(samples);
      expect(profile.threads).toHaveLength(threads);
      expect(countBySecond(profile, (frame) => burst.test(frame))).toEqual(bySecond);
      expect(profile.recording).toMatchObject({ rateHz: 99, hasTimes: true, warnings: [] });
    },
  );

  test.skipIf(!haveShared)('comms with blanks, parentheses and colons are whole', async () => {
    const { threads } = await ingestShared('own/c-matcher.perf.txt.gz');
    expect(threads.map(({ comm }) => comm).sort()).toEqual(['journal:flush', 'match-0', 'match-1 (eu)']);
  });
});

/** Samples, events, threads and what was odd in recordings of others. */
const others: { path: string; samples: number; events: string[]; odd?: number }[] = [
  { path: 'perf/firefox-android-simpleperf.txt.gz', samples: 163, events: ['task-clock:u'] },
  { path: 'perf/firefox-graphviz.perf.txt.gz', samples: 312, events: ['cycles'] },
  { path: 'perf/flamescope-test01.txt', samples: 9, events: ['cpu-clock'] },
  { path: 'perf/inferno-cpp-stacks-std-function.txt', samples: 46, events: ['cycles:uppp'] },
  { path: 'perf/inferno-go-stacks.txt', samples: 5, events: ['cpu-clock:uhH'] },
  { path: 'perf/inferno-java-inline.txt', samples: 22, events: ['cpu-clock'] },
  { path: 'perf/inferno-single-line-stacks.txt', samples: 2, events: ['cycles:u', 'cycles'] },
  { path: 'perf/inferno-weird-stack-line.txt', samples: 2, events: ['cpu-clock:uhH'], odd: 1 },
  { path: 'perf/perf-cycles-instructions-01.txt', samples: 444, events: ['instructions', 'cycles'] },
  { path: 'perf/perf-funcab-pid-01.txt', samples: 228, events: ['cpu-clock'] },
  { path: 'perf/perf-iperf-stacks-pidtid-01.txt.gz', samples: 201, events: ['cpu-clock'] },
  { path: 'perf/perf-java-stacks-01.txt', samples: 46, events: ['cycles'] },
  { path: 'perf/perf-js-stacks-01.txt', samples: 2, events: ['cpu-clock'] },
  { path: 'perf/perf-vertx-stacks-01.txt.gz', samples: 286, events: ['cpu-clock'] },
  { path: 'perf/quipper-callgraph-3.8.perf.txt.gz', samples: 1768, events: ['cycles'] },
  { path: 'perf/quipper-group-4.14.perf.txt', samples: 13, events: ['cache-references', 'branch-misses'] },
  { path: 'perf/speedscope-forks.linux-perf.txt', samples: 561, events: ['cpu-clock'] },
  { path: 'perf/speedscope-simple-with-header.linux-perf.txt', samples: 136, events: ['cpu-clock'] },
  { path: 'perf/speedscope-system-wide.linux-perf.txt', samples: 556, events: ['cpu-clock'] },
  { path: 'perf/thlorenz-node-perf-script.txt.gz', samples: 304, events: ['cpu-clock:u'] },
  {
    path: 'jfr/speedscope-heavy.jfr.gz',
    samples: 415,
    events: ['jdk.ExecutionSample', 'jdk.NativeMethodSample', 'jdk.ObjectAllocationSample'],
  },
  { path: 'folded/async-profiler-sample1.collapsed', samples: 17, events: ['samples'] },
  { path: 'folded/firefox-emulator.folded.txt', samples: 45, events: ['samples'] },
  { path: 'folded/inferno-diff-after.txt', samples: 8, events: ['samples'] },
  { path: 'folded/inferno-diff-before.txt', samples: 8, events: ['samples'] },
  { path: 'folded/inferno-fractional.txt', samples: 6, events: ['samples'] },
  { path: 'folded/speedscope-alternating.txt', samples: 182, events: ['samples'] },
  { path: 'folded/speedscope-recursion.txt', samples: 10, events: ['samples'] },
  { path: 'folded/speedscope-simple-crlf.txt', samples: 5, events: ['samples'] },
  { path: 'folded/speedscope-simple-utf16-le.txt', samples: 5, events: ['samples'] },
  { path: 'folded/speedscope-simple-with-invalids.txt', samples: 5, events: ['samples'], odd: 1 },
  { path: 'folded/speedscope-simple.txt', samples: 5, events: ['samples'] },
  { path: 'cpuprofile/0x-samples-cpu-prof.cpuprofile.gz', samples: 16_232, events: ['cpu-time'] },
  { path: 'cpuprofile/firefox-hello.cpuprofile', samples: 149, events: ['cpu-time'] },
  { path: 'cpuprofile/speedscope-chrome65-simple.cpuprofile', samples: 29, events: ['cpu-time'] },
  { path: 'cpuprofile/speedscope-node10-old-head.cpuprofile', samples: 29, events: ['cpu-time'] },
];

describe('recordings of others', () => {
  test.skipIf(!haveShared).each(others)('$path is read whole', async ({ path, samples, events, odd = 0 }) => {
    const profile = await ingestShared(path);
    expect(profile.samples.timeMs).toHaveLength(samples);
    expect(profile.events.map(({ name }) => name)).toEqual(events);
    expect(profile.recording.warnings.reduce((sum, { count }) => sum + count, 0)).toBe(odd);
  });

  test.skipIf(!haveShared)('UTF-16, CRLF and plain give the same stacks', async () => {
    const plain = describeSamples(await ingestShared('folded/speedscope-simple.txt'));
    expect(describeSamples(await ingestShared('folded/speedscope-simple-crlf.txt'))).toEqual(plain);
    expect(describeSamples(await ingestShared('folded/speedscope-simple-utf16-le.txt'))).toEqual(plain);
  });

  test.skipIf(!haveShared)('stacks named by their time offset are where their names say', async () => {
    const profile = await ingestShared('perf/flamescope-test01.txt');
    const offsets = describeSamples(profile).flatMap((line) => {
      const place = /@([\d.]+) .*at_time_(\d+)s_and_offset_(\d+)ms/.exec(line);
      return place === null ? [] : [Number(place[2]) * 1e3 + Number(place[3]) - Number(place[1])];
    });
    // The recording is taken to begin 100 ms before its first sample.
    expect(offsets).toEqual([100, 100, 100, 100, 100]);
  });

  test.skipIf(!haveShared).each(['pprof/google-gobench.cpu.legacy', 'tree/d3-stacks.json'])(
    '%s, a format that is not read, is refused',
    async (path) => {
      await expect(ingestShared(path)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
    },
  );
});
