import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { sniffOtlp } from '../../../workers/snapshot/ingest/otlp-message.ts';
import { ingest, ownPath, readPlain } from './recordings.ts';

const recorded = readPlain(ownPath('../otlp/java-checkout-4s-7s.otlp.gz'));

type Value = number | string | Fields | { packed: number[] } | { nanos: bigint[] };
/** By field: numbers, texts, messages, packed numbers and times, or a list of them. */
type Fields = { [field: number]: Value | readonly Value[] };

function writeFields(writer: BinaryWriter, fields: Fields): BinaryWriter {
  for (const [key, value] of Object.entries(fields)) {
    const field = Number(key);
    for (const one of Array.isArray(value) ? value : [value]) writeField(writer, field, one);
  }
  return writer;
}

function writeField(writer: BinaryWriter, field: number, value: Value): void {
  if (typeof value === 'number') writer.tag(field, WireType.Varint).int64(value);
  else if (typeof value === 'string') writer.tag(field, WireType.LengthDelimited).string(value);
  else {
    writer.tag(field, WireType.LengthDelimited).fork();
    if ('packed' in value) for (const number of (value as { packed: number[] }).packed) writer.int64(number);
    else if ('nanos' in value)
      for (const nanos of (value as { nanos: bigint[] }).nanos) writer.fixed64(nanos);
    else writeFields(writer, value as Fields);
    writer.join();
  }
}

const texts = [
  '',
  'main',
  'work',
  'inlined',
  '/srv/app',
  'samples',
  'count',
  'cpu',
  'nanoseconds',
  'thread.name',
  'thread.id',
  'profile.frame.type',
  'kernel',
  'vfs_write',
  'libc.so.6',
];
const at = (text: string) => texts.indexOf(text);

/** main > work (with inlined in it) > vfs_write of the kernel; and an address without a name. */
const dictionary = (): Fields => ({
  1: [{}, { 4: at('/srv/app') }, { 4: at('libc.so.6') }],
  2: [
    {},
    { 1: 1, 2: 0x10, 3: { 1: 1 } },
    { 1: 1, 2: 0x20, 3: [{ 1: 3 }, { 1: 2 }] },
    { 3: { 1: 4 }, 4: { packed: [3] } },
    { 1: 2, 2: 0x27b25 },
  ],
  3: [{}, { 1: at('main') }, { 1: at('work'), 4: 12 }, { 1: at('inlined') }, { 1: at('vfs_write') }],
  5: texts,
  6: [
    {},
    { 1: at('thread.name'), 2: { 1: 'worker' } },
    { 1: at('thread.id'), 2: { 3: 12 } },
    { 1: at('profile.frame.type'), 2: { 8: at('kernel') } },
  ],
  7: [{}, { 1: { packed: [3, 2, 1] } }, { 1: { packed: [4, 1] } }],
});
const cpu = { 1: at('cpu'), 2: at('nanoseconds') };
const samples = { 1: at('samples'), 2: at('count') };
const start = 1_764_036_750_000_000_000n;

function otlpOf(profiles: Fields[], more: Fields = {}): Uint8Array {
  const resource = {
    1: [
      { 1: 'k8s.pod.name', 2: { 1: 'shop-1' } },
      { 1: 'service.name', 2: { 1: 'shop' } },
    ],
  };
  const message: Fields = { 1: { 1: resource, 2: { 2: profiles } }, 2: dictionary(), ...more };
  return writeFields(new BinaryWriter(), message).finish();
}

function describeSamples({ samples: rows, stacks, frames, threads, events }: Profile): string[] {
  return Array.from(rows.timeMs, (timeMs, row) => {
    const names: string[] = [];
    for (let at = rows.stack[row]!; at !== NO_STACK; at = stacks.parent[at]!)
      names.unshift(frames.name[stacks.frame[at]!]!);
    const { pod, comm, tid } = threads[rows.thread[row]!]!;
    return `@${timeMs.toFixed(3)} ${pod}/${comm}/${tid} ${names.join(';')} ${events[rows.event[row]!]!.name} ${rows.count[row]} ${rows.weight[row]}`;
  });
}

test('what the encoder of OpenTelemetry wrote is what was recorded', async () => {
  const wanted = await ingest(readPlain(ownPath('java-checkout.perf.txt.gz')));
  const read = await ingest(recorded);
  const from = wanted.samples.timeMs.findIndex((timeMs) => timeMs >= 4_000);
  const firstMs = wanted.samples.timeMs[from]!;
  const describe = (profile: Profile, skipped: number, sinceMs: number) =>
    Array.from({ length: read.samples.timeMs.length }, (_, index) => {
      const row = skipped + index;
      const names: string[] = [];
      for (
        let stack = profile.samples.stack[row]!;
        stack !== NO_STACK;
        stack = profile.stacks.parent[stack]!
      ) {
        const frame = profile.stacks.frame[stack]!;
        names.unshift(
          `${profile.frames.name[frame]} ${profile.frames.module[frame]} ${profile.frames.kind[frame]}`,
        );
      }
      const { comm, tid } = profile.threads[profile.samples.thread[row]!]!;
      return `${(profile.samples.timeMs[row]! - sinceMs).toFixed(3)} ${comm} ${tid} ${names.join(';')}`;
    }).sort();
  expect(describe(read, 0, 0)).toEqual(describe(wanted, from, firstMs));
  expect(read.recording).toMatchObject({
    format: 'otlp',
    hasTimes: true,
    host: 'node-3',
    rateHz: 99,
    startedAtMs: Date.UTC(2025, 10, 25, 2, 12, 30),
    warnings: [],
  });
  expect(new Set(read.threads.map(({ pod }) => pod))).toEqual(new Set(['shop-7d9f8b6c5-x2k4p']));
});

describe('a sample', () => {
  const threaded = { 2: { packed: [1, 2] } };

  test('of times alone is worth 1 at each of them', async () => {
    const sample = { 1: 1, ...threaded, 5: { nanos: [start + 2_000_000n, start] } };
    const profile = await ingest(otlpOf([{ 1: samples, 2: sample }]));
    expect(describeSamples(profile)).toEqual([
      '@0.000 shop-1/worker/12 main;work;inlined;vfs_write samples 1 1',
      '@2.000 shop-1/worker/12 main;work;inlined;vfs_write samples 1 1',
    ]);
    const kindOf = (name: string) => profile.frames.kind[profile.frames.name.indexOf(name)];
    expect(['main', 'work', 'inlined', 'vfs_write'].map(kindOf)).toEqual([
      FrameKind.Native,
      FrameKind.Native,
      FrameKind.Inlined,
      FrameKind.Kernel,
    ]);
    expect(profile.frames.line[profile.frames.name.indexOf('work')]).toBe(12);
  });

  test('of values alone is summed, and counts in periods', async () => {
    const sample = { 1: 2, 4: { packed: [30_000_000, 10_000_000] } };
    const profile = await ingest(otlpOf([{ 1: cpu, 2: sample, 5: cpu, 6: 10_000_000 }]));
    expect(describeSamples(profile)).toEqual([
      '@0.000 shop-1/shop/-1 main;libc.so.6+0x27b25 cpu 3 30000000',
      '@0.000 shop-1/shop/-1 main;libc.so.6+0x27b25 cpu 1 10000000',
    ]);
    expect(profile.recording).toMatchObject({ hasTimes: false, rateHz: 100 });
  });

  test('of values and times has one each', async () => {
    const sample = { 1: 1, 4: { packed: [7, 5] }, 5: { nanos: [start, start + 1_000_000n] } };
    const profile = await ingest(otlpOf([{ 1: cpu, 2: sample }]));
    expect(describeSamples(profile).map((line) => line.split(' ').slice(-3).join(' '))).toEqual([
      'cpu 1 7',
      'cpu 1 5',
    ]);
  });

  test('of two kinds stays apart, also where their names are equal', async () => {
    const other = { 1: at('cpu'), 2: at('count') };
    const sample = { 1: 1, 4: { packed: [1] } };
    const profile = await ingest(
      otlpOf([
        { 1: cpu, 2: sample },
        { 1: other, 2: sample },
      ]),
    );
    expect(profile.events).toEqual([
      { name: 'cpu', unit: 'nanoseconds' },
      { name: 'cpu (count)', unit: 'count' },
    ]);
  });

  test('without a time takes the times of all, and it is said', async () => {
    const timed = { 1: 1, 5: { nanos: [start] } };
    const untimed = { 1: 1, 4: { packed: [1] } };
    const { recording } = await ingest(otlpOf([{ 1: samples, 2: [timed, untimed] }]));
    expect(recording).toMatchObject({
      hasTimes: false,
      warnings: [{ text: 'OTLP: a sample without a time, so that none has one', count: 1 }],
    });
  });
});

describe('a file that contradicts itself is damaged, and says how', () => {
  const whole = { 1: samples, 2: { 1: 1, 4: { packed: [1] } } };
  test.each<[string, Uint8Array, RegExp]>([
    ['cut', recorded.subarray(0, -5), /OTLP near byte/],
    ['without a dictionary', otlpOf([whole], { 2: {} }), /no dictionary: these are no profiles/],
    [
      'with a stack too many',
      otlpOf([{ 1: samples, 2: { 1: 9, 4: { packed: [1] } } }]),
      /stack 9 of 3 is wanted/,
    ],
    [
      'with an attribute too many',
      otlpOf([{ ...whole, 2: { 1: 1, 2: { packed: [99] }, 4: { packed: [1] } } }]),
      /attribute 99 of 4/,
    ],
    ['with a name too many', otlpOf([{ ...whole, 1: { 1: 99 } }]), /string 99 of 15/],
    ['with a negative index', otlpOf([{ 1: samples, 2: { 1: -1, 4: { packed: [1] } } }]), /stack -1 of 3/],
    ['with a negative value', otlpOf([{ 1: samples, 2: { 1: 1, 4: { packed: [-1] } } }]), /a negative value/],
    ['with an empty sample', otlpOf([{ 1: samples, 2: { 1: 1 } }]), /without values and times/],
    [
      'with more times than values',
      otlpOf([{ 1: samples, 2: { 1: 1, 4: { packed: [1] }, 5: { nanos: [start, start] } } }]),
      /1 values and 2 times/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(ingest(bytes)).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringMatching(message),
    });
  });

  test('and one with too much is too large', async () => {
    const many = otlpOf([{ 1: samples, 2: { 1: 1, 5: { nanos: Array.from({ length: 30 }, () => start) } } }]);
    await expect(ingest(many, { sampleCount: 20 })).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
    await expect(ingest(recorded, { stackDepth: 3 })).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
    await expect(ingest(recorded, { frameNameBytes: 3 })).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
    });
  });
});

test('its beginning is known however little of it there is, and no text is taken for it', () => {
  for (const bytes of [6, 40, 1000, recorded.length])
    expect(sniffOtlp(recorded.subarray(0, bytes))).toBe('yes');
  expect(sniffOtlp(Buffer.from(writeFields(new BinaryWriter(), { 2: dictionary() }).finish()))).toBe('yes');
  for (const text of [
    '\n',
    '\n\n\n\n',
    '\nmain;work 12\n',
    '\n\n# a comment\n',
    '\napp 1 1.0: cycles:\n',
    '\x12\x34',
  ]) {
    expect(sniffOtlp(Buffer.from(text))).toBe('no');
  }
});
