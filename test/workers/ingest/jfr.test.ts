import { describe, expect, test } from 'vitest';
import { FrameKind, type Profile } from '../../../storage/profile/profile.ts';
import { ingestFiles } from '../../../workers/snapshot/ingest/ingest-files.ts';
import { findSuspects } from '../../../workers/suspect/find-suspects.ts';
import { type ChunkParts, ids, JfrValues, type Pool, writeChunk } from './jfr-writer.ts';
import {
  countBySecond,
  describeSamples,
  ingest,
  limits,
  readPlain,
  workDirectory,
  writeRecording,
} from './recordings.ts';

const recorded = (name: string) => readPlain(`test/data/jfr/${name}.jfr.gz`);

function describeEvents({ events, samples }: Profile): string[] {
  return events.map(({ name, unit }, event) => {
    const rows = [...samples.event.keys()].filter((row) => samples.event[row] === event);
    const weight = rows.reduce((sum, row) => sum + samples.weight[row]!, 0);
    return `${name} ${rows.length}, ${Math.round(weight)} ${unit}`;
  });
}

describe('what a JDK recorded', () => {
  test('events stay apart, execution samples first, each with its weight', async () => {
    expect(describeEvents(await ingest(recorded('checkout-jdk17')))).toEqual([
      'jdk.ExecutionSample 279, 279 samples',
      'jdk.NativeMethodSample 67, 67 samples',
      'jdk.ObjectAllocationSample 120, 851142672 bytes',
      'jdk.JavaMonitorEnter 21, 286196958 nanoseconds',
    ]);
    expect(describeEvents(await ingest(recorded('checkout-jdk25')))).toEqual([
      'jdk.ExecutionSample 602, 602 samples',
      'jdk.CPUTimeSample 309, 6180000000 nanoseconds',
    ]);
  });

  test('what was recorded, where, how often and when', async () => {
    const { recording } = await ingest(recorded('checkout-jdk17'));
    expect(recording).toMatchObject({
      format: 'jfr',
      command: 'java com.acme.shop.Checkout',
      host: 'shop-7f9c4',
      rateHz: 100,
      hasTimes: true,
      warnings: [],
    });
    expect(new Date(recording.startedAtMs!).toISOString()).toBe('2026-11-25T01:41:36.021Z');
    expect(recording.durationMs).toBeCloseTo(7_040.5, 0);
  });

  test('threads have their names and the ids of the system', async () => {
    const { threads } = await ingest(recorded('checkout-jdk17'));
    expect(threads).toContainEqual({ pod: '', pid: 8502, tid: 8528, comm: 'stock (eu)' });
    expect(threads.map(({ comm }) => comm).sort()).toEqual([
      'JFR Periodic Tasks',
      'checkout-1',
      'checkout-2',
      'listener',
      'main',
      'stock (eu)',
    ]);
  });

  test('one method is one frame for each way it ran, whichever of its lines', async () => {
    const { frames } = await ingest(recorded('checkout-jdk17'));
    const kinds = frames.name.flatMap((name, row) =>
      name === 'com.acme.shop.Pricing.recomputeDiscounts' ? [frames.kind[row]] : [],
    );
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds).toContain(FrameKind.Jit);
    expect(frames.line.every((line) => line === 0)).toBe(true);
  });

  test.each(['checkout-jdk17', 'checkout-jdk25'])(
    '%s: the method that became slow shows when it did, and is the first suspect',
    async (name) => {
      const profile = await ingest(recorded(name));
      const bySecond = countBySecond(profile, (frame) => /\.recomputeDiscounts$/.test(frame));
      expect(bySecond.slice(0, 2)).toEqual([0, 0]);
      expect(bySecond.slice(2, 7).every((count) => count > 5)).toBe(true);
      const { suspects } = await findSuspects({
        profile,
        selection: {},
        baseline: null,
        application: null,
        revision: null,
        codeSearch: null,
      });
      expect(suspects[0]).toMatchObject({ function: 'Pricing.recomputeDiscounts', confidence: 'likely' });
    },
  );

  test('chunks lie on one clock, and stacks that were cut are counted', async () => {
    const profile = await ingest(recorded('two-chunks-jdk17'));
    expect(describeEvents(profile)).toEqual(['jdk.ExecutionSample 160, 160 samples']);
    expect(countBySecond(profile, () => true)).toHaveLength(4);
    expect(profile.recording.warnings).toEqual([
      { text: expect.stringContaining('cut at its outer end'), count: 77 },
    ]);
  });

  test('recordings of one archive begin with the earliest; a note puts them on the clock it has', async () => {
    const later = writeChunk(sampleParts({ startNs: 1_700_000_005_000_000_000n }));
    const contents = { 'a.jfr': later, 'b.jfr': writeChunk(sampleParts()) };
    const read = async (others: Record<string, string> = {}) =>
      await ingestFiles(
        Object.entries({ ...contents, ...others }).map(([name, bytes]) => {
          return { name, path: writeRecording(bytes), bytes: bytes.length };
        }),
        { limits, workDirectory },
      );
    const { recording } = await read();
    expect(recording).toMatchObject({ startedAtMs: 1_700_000_000_001, durationMs: 5_002 });
    const note = {
      version: 1,
      tool: 'jfr',
      revision: 'abc123',
      rateHz: 50,
      command: ['java'],
      process: { pid: 1, comm: 'java' },
      clock: { wallMs: 1_700_000_000_000, monotonicMs: 77 },
    };
    const noted = await read({ 'recording.json': JSON.stringify(note) });
    expect(noted.recording).toMatchObject({ ...recording, revision: 'abc123', rateHz: 50, command: 'java' });
  });
});

// ── Written by hand ────────────────────────────────────────────────────────────────────────────

const methods: [name: string, owner: string, descriptor: string][] = [
  ['main', 'com/acme/Shop', '()V'],
  ['run', 'com/acme/Shop$$Lambda$7+0x00007f954c007a08/937773018', '()V'],
  ['__memmove_avx', 'libc.so.6', '()L;'],
  ['tcp_sendmsg', '', '()L;'],
  ['unknown_Java', '', '()L;'],
  ['/tmp/libsnappy-1.1.so', '', '()L;'],
  ['accept', 'sun/nio/ch/Net', '()I'],
];
const frameTypes = ['Interpreted', 'JIT compiled', 'Inlined', 'Native', 'C++', 'Kernel'];
const large = 2n ** 63n - 1n;

/** Stacks are frames as method and type, innermost first. */
const stacks: [method: number, type: number][][] = [
  [
    [0, 1],
    [0, 0],
  ],
  [
    [2, 4],
    [1, 2],
    [0, 0],
  ],
  [
    [3, 5],
    [5, 3],
    [0, 0],
  ],
  [
    [4, 3],
    [6, 3],
    [9, 1],
  ],
];

function usualPools(values: JfrValues): Pool[] {
  const symbols = methods.flat();
  const symbol = (text: string) => values.long(symbols.indexOf(text) + 1);
  return [
    { typeId: ids.symbol, entries: symbols.map((text, index) => [index + 1, values.text(text)]) },
    { typeId: ids.class, entries: methods.map(([, owner], index) => [index + 1, symbol(owner)]) },
    {
      typeId: ids.method,
      entries: methods.map(([name, , descriptor], index) => [
        large - BigInt(index),
        values.long(index + 1),
        symbol(name),
        symbol(descriptor),
      ]),
    },
    { typeId: ids.frameType, entries: frameTypes.map((text, index) => [index, values.text(text)]) },
    {
      typeId: ids.trace,
      entries: stacks.map((frames, index) => [
        index + 1,
        [0],
        values.array(
          frames.map(([method, type]) => [
            ...values.long(large - BigInt(method)),
            ...values.int(12),
            ...values.int(3),
            ...values.long(type),
          ]),
        ),
      ]),
    },
    {
      typeId: ids.thread,
      entries: [
        [1, values.text('java'), values.long(41), [2, ...values.long(5)], values.long(3)],
        [2, values.text('GC Thread#0'), values.long(42), [0], values.long(0)],
        [3, [0], values.long(0), [1], values.long(99)],
      ],
    },
    { typeId: ids.string, entries: [[5, values.text('http-1 é')]] },
    {
      typeId: ids.state,
      entries: [
        [1, values.text('STATE_DEFAULT')],
        [2, values.text('STATE_SLEEPING')],
      ],
    },
  ];
}

function sampleParts(header: ChunkParts['header'] = {}, isFixed = false): ChunkParts {
  const values = new JfrValues(isFixed);
  const event = (typeId: number, ms: number, [thread, stack, ...more]: number[], rest: number[] = []) =>
    [
      typeId,
      values.long(1_000 + ms * 1_000),
      ...[thread!, stack!, ...more].map((id) => values.long(id)),
      rest.flatMap((value) => values.int(value)),
    ] as const;
  return {
    header,
    isFixed,
    pools: [usualPools(values)],
    events: [
      [ids.allocation, values.long(4_000), values.long(1), values.long(1), values.long(4_096)],
      event(ids.wallClock, 2, [1, 3, 2], [7]),
      event(ids.execution, 1, [1, 1, 1]),
      event(ids.execution, 2, [2, 2, 1]),
      event(ids.execution, 3, [3, 4, 2]),
    ],
  };
}

describe('what async-profiler records', () => {
  test.each([false, true])('samples of every kind, with integers of a fixed size: %s', async (isFixed) => {
    const profile = await ingest(writeChunk(sampleParts({}, isFixed)));
    expect(describeEvents(profile)).toEqual([
      'jdk.ExecutionSample 2, 2 samples',
      'profiler.WallClockSample 1, 7 samples',
      'jdk.ExecutionSample (asleep) 1, 1 samples',
      'jdk.ObjectAllocationOutsideTLAB 1, 4096 bytes',
    ]);
    expect(describeSamples(profile)).toEqual([
      '@0 http-1 é/41 com.acme.Shop.main_[s];com.acme.Shop.main_[j]',
      '@1 GC Thread#0/42 com.acme.Shop.main_[s];com.acme.Shop$$Lambda$7/0x00007f954c007a08.run_[i];__memmove_avx',
      '@1 http-1 é/41 com.acme.Shop.main_[s];[unknown]_[?];tcp_sendmsg_[k]',
      '@2 (virtual thread)/99 [unknown]_[?];sun.nio.ch.Net.accept_[j];[unknown_Java]_[?]',
      '@2 http-1 é/41 com.acme.Shop.main_[s];com.acme.Shop.main_[j]',
    ]);
    expect([...profile.samples.count]).toEqual([1, 1, 7, 1, 1]);
    const { frames, recording } = profile;
    expect(frames.module[frames.name.indexOf('__memmove_avx')]).toBe('libc.so.6');
    expect(frames.module).toContain('/tmp/libsnappy-1.1.so');
    expect(recording.warnings).toEqual([
      { text: 'JFR: a method that the recording does not name', count: 1 },
    ]);
  });
});
