import { gzipSync } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { sumSamples } from '../../../storage/profile/selection.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import {
  describeSamples,
  haveShared,
  ingest,
  limits,
  readPlain,
  sharedPath,
  workDirectory,
} from './recordings.ts';

type Value = bigint | number | string | Field[] | { packed: number[] };
type Field = readonly [number: number, value: Value];

/** A message as its fields: numbers are varints, lists are messages. */
function encode(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint') {
      writer.tag(number, WireType.Varint).int64(value);
    } else {
      writer.tag(number, WireType.LengthDelimited);
      if (typeof value === 'string') writer.string(value);
      else if (Array.isArray(value)) writer.bytes(encode(value));
      else writer.bytes(value.packed.reduce((list, id) => list.uint32(id), new BinaryWriter()).finish());
    }
  }
  return writer.finish();
}

const strings = (...texts: string[]): Field[] => ['', ...texts].map((text) => [6, text]);

/** `main` at 0x10 calls `work`, in which `inner` is inlined; one sample type. */
const small: Field[] = [
  [
    1,
    [
      [1, 1],
      [2, 2],
    ],
  ],
  [
    2,
    [
      [1, { packed: [2, 1] }],
      [2, { packed: [20_000_000] }],
    ],
  ],
  [
    3,
    [
      [1, 1],
      [5, 6],
    ],
  ],
  [
    4,
    [
      [1, 1],
      [2, 1],
      [3, 16],
      [4, [[1, 1]]],
    ],
  ],
  [
    4,
    [
      [1, 2],
      [2, 1],
      [3, 32],
      [4, [[1, 3]]],
      [4, [[1, 2]]],
    ],
  ],
  [
    5,
    [
      [1, 1],
      [2, 3],
    ],
  ],
  [
    5,
    [
      [1, 2],
      [2, 4],
      [4, 7],
      [5, 12],
    ],
  ],
  [
    5,
    [
      [1, 3],
      [2, 5],
    ],
  ],
  ...strings('cpu', 'nanoseconds', 'main', 'work', 'inner', '/bin/app', 'work.go'),
  [
    11,
    [
      [1, 1],
      [2, 2],
    ],
  ],
  [12, 10_000_000],
];

/** The small profile with other fields in the place of those of the same number. */
function change(...fields: Field[]): Field[] {
  const changed = new Set(fields.map(([number]) => number));
  const kept = small.filter(([number]) => !changed.has(number));
  return [...kept, ...fields].sort(([a], [b]) => a - b);
}

test('inlined functions are frames below the one they are inlined in; the count is the value in periods', async () => {
  const profile = await ingest(encode(small));
  expect(describeSamples(profile)).toEqual(['/-1 main;work;inner_[i]']);
  expect([...profile.samples.count, ...profile.samples.weight]).toEqual([2, 20_000_000]);
  expect(profile.events).toEqual([{ name: 'cpu', unit: 'nanoseconds' }]);
  const row = profile.frames.name.indexOf('work');
  expect([profile.frames.file[row], profile.frames.line[row], profile.frames.module[row]]).toEqual([
    'work.go',
    12,
    '/bin/app',
  ]);
  expect(profile.recording).toMatchObject({ format: 'pprof', hasTimes: false, rateHz: 100 });
});

test('numbers may stand before the first sample type, as in profiles of the Go runtime itself', async () => {
  const profile = await ingest(encode([[9, 1_764_000_000_000_000_000n], ...small]));
  expect(describeSamples(profile)).toEqual(['/-1 main;work;inner_[i]']);
});

test('numbers may stand alone where others pack them, and the file may be gzipped', async () => {
  const unpacked = change([
    2,
    [
      [1, 2],
      [1, 1],
      [2, 20_000_000],
    ],
  ]);
  expect(describeSamples(await ingest(gzipSync(encode(unpacked))))).toEqual(['/-1 main;work;inner_[i]']);
});

describe('sample types', () => {
  const types: Field[] = [
    [
      1,
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      1,
      [
        [1, 5],
        [2, 6],
      ],
    ],
    [
      1,
      [
        [1, 1],
        [2, 2],
      ],
    ],
    [
      2,
      [
        [1, 1],
        [2, { packed: [3, 7, 90] }],
      ],
    ],
    [
      2,
      [
        [1, 2],
        [2, { packed: [1, 0, 30] }],
      ],
    ],
    ...strings('cpu', 'nanoseconds', 'samples', 'count', 'alloc', '/bin/app', 'work.go'),
  ];

  test('are events, of which the last one goes first; samples/count counts for the others', async () => {
    const profile = await ingest(encode(change(...types)));
    expect(profile.events).toEqual([
      { name: 'cpu', unit: 'nanoseconds' },
      { name: 'alloc', unit: '/bin/app' },
    ]);
    expect(sumSamples(profile)).toBe(4);
    expect(sumSamples(profile, {}, 'weight')).toBe(120);
    expect(sumSamples(profile, { event: 1 }, 'weight')).toBe(7);
  });

  test('the default one, where it is named, goes before all others', async () => {
    const profile = await ingest(encode(change(...types, [14, 5])));
    expect(profile.events.map(({ name }) => name)).toEqual(['alloc', 'cpu']);
  });
});

test('labels tell thread and pod, as texts or as numbers', async () => {
  const labels: Field[] = [
    [
      3,
      [
        [1, 8],
        [2, 9],
      ],
    ],
    [
      3,
      [
        [1, 10],
        [3, 4242],
      ],
    ],
    [
      3,
      [
        [1, 11],
        [2, 12],
      ],
    ],
    [
      3,
      [
        [1, 13],
        [2, 14],
      ],
    ],
  ];
  const names = ['thread_name', 'worker', 'pid', 'thread_id', '77', 'pod', 'shop-1'];
  const { threads } = await ingest(
    encode(
      change(
        [2, [[1, 1], [2, 1], ...labels]],
        ...strings('cpu', 'nanoseconds', 'main', 'work', 'inner', '/bin/app', 'work.go', ...names),
      ),
    ),
  );
  expect(threads).toEqual([{ pod: 'shop-1', pid: 4242, tid: 77, comm: 'worker' }]);
});

test('ids, addresses and values beyond 2^53 are not mixed up', async () => {
  const near = 2n ** 63n - 1n;
  const profile = await ingest(
    encode(
      change(
        [
          2,
          [
            [1, near],
            [1, near - 1n],
            [2, near],
          ],
        ],
        [
          4,
          [
            [1, near],
            [2, 1],
            [3, near],
          ],
        ],
        [
          4,
          [
            [1, near - 1n],
            [2, 1],
            [3, near - 1n],
          ],
        ],
      ),
    ),
  );
  expect(describeSamples(profile)).toEqual(['/-1 app+0x7ffffffffffffffe_[?];app+0x7fffffffffffffff_[?]']);
  expect(profile.samples.weight[0]).toBe(2 ** 63);
  expect(profile.recording.warnings).toEqual([{ text: 'pprof: a value beyond 2^53 is rounded', count: 1 }]);
});

test('stacks as deep as Go goes are said to begin in the middle', async () => {
  const stack = Array.from({ length: 64 }, () => 1);
  const { recording } = await ingest(
    encode(
      change([
        2,
        [
          [1, { packed: stack }],
          [2, 1],
        ],
      ]),
    ),
  );
  expect(recording.warnings).toEqual([
    { text: 'pprof: stacks of just 64 frames may begin in the middle, cut by the recorder', count: 1 },
  ]);
});

describe('a file that contradicts itself is damaged, and says how', () => {
  test.each<[string, Field[], RegExp]>([
    [
      'a location that is not there',
      change([
        2,
        [
          [1, 9],
          [2, 1],
        ],
      ]),
      /location 9/,
    ],
    [
      'a function that is not there',
      change(
        [
          4,
          [
            [1, 1],
            [4, [[1, 9]]],
          ],
        ],
        [
          2,
          [
            [1, 1],
            [2, 1],
          ],
        ],
      ),
      /function 9/,
    ],
    ['a mapping that is not there', change([3, [[1, 8]]]), /mapping 1/],
    ['a string that is not there', change(...strings('cpu', 'nanoseconds', 'main')), /string \d of 4/],
    ['no strings', small.filter(([number]) => number !== 6), /string table/],
    [
      'two values of one type',
      change([
        2,
        [
          [1, 1],
          [2, { packed: [1, 2] }],
        ],
      ]),
      /2 values \(1 wanted\)/,
    ],
    [
      'the difference of two profiles',
      change([
        2,
        [
          [1, 1],
          [2, -5],
        ],
      ]),
      /negative value/,
    ],
  ])('%s', async (_, fields, message) => {
    await expect(ingest(encode(fields))).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringMatching(message),
    });
  });

  test('without samples it is empty', async () => {
    await expect(ingest(encode(small.filter(([number]) => number !== 2)))).rejects.toMatchObject({
      code: 'PROFILE_EMPTY',
    });
  });
});

test.each<[keyof typeof limits, number]>([
  ['sampleCount', 1],
  ['stackDepth', 2],
  ['frameNameBytes', 5],
  ['unpackedBytes', 40],
])('limits.%s is kept', async (limit, value) => {
  const two = [
    ...small,
    [
      2,
      [
        [1, 1],
        [2, 1],
      ],
    ],
  ] as Field[];
  await expect(ingest(encode(two), { [limit]: value })).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
    message: expect.stringContaining(`limits.${limit}`),
  });
});

/** Figures of `go tool pprof -raw`. */
const shared = [
  { name: 'parca-profile1', events: ['cpu/nanoseconds'], count: 48, weight: 480_000_000 },
  { name: 'parca-fgprof', events: ['time/nanoseconds'], count: 208_335, weight: 2_104_393_918_350 },
  { name: 'parca-node-profile', events: ['samples/samples'], count: 190, weight: 190 },
  { name: 'parca-normal-cpu.stripped.pprof', events: ['cpu/nanoseconds'], count: 907, weight: 9_070_000_000 },
  {
    name: 'google-cppbench.cpu_no_samples_type',
    events: ['cpu/nanoseconds'],
    count: 712,
    weight: 7_120_000_000,
  },
  {
    name: 'parca-alloc_objects',
    events: ['alloc_space/bytes', 'alloc_objects/count', 'inuse_objects/count', 'inuse_space/bytes'],
    count: 116_044_559_690 / 524_288,
    weight: 116_044_559_690,
  },
];

test.skipIf(!haveShared).each(shared)('$name is read whole', async ({ name, events, count, weight }) => {
  const profile = await ingestFile(sharedPath(`pprof/${name}.pb.gz`), { limits, workDirectory });
  expect(profile.events.map((event) => `${event.name}/${event.unit}`)).toEqual(events);
  expect(sumSamples(profile)).toBeCloseTo(count, 3);
  expect(sumSamples(profile, {}, 'weight')).toBe(weight);
  expect(profile.recording.warnings).toEqual([]);
});

test.skipIf(!haveShared)('the form before protobuf is refused by its name', async () => {
  const path = sharedPath('pprof/google-gobench.cpu.legacy');
  await expect(ingestFile(path, { limits, workDirectory })).rejects.toMatchObject({
    code: 'FORMAT_UNKNOWN',
    message: expect.stringContaining('gperftools'),
  });
});

test.skipIf(!haveShared)('a real one cut anywhere is never passed off as whole', async () => {
  const bytes = readPlain(sharedPath('pprof/parca-profile1.pb.gz'));
  for (let length = 60; length < bytes.length * 0.95; length += 211) {
    await expect(ingest(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
  }
});
