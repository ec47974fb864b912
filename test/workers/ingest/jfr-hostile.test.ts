import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvalancheError } from '../../../storage/errors.ts';
import {
  type ChunkParts,
  ids,
  type JfrClass,
  JfrValues,
  type Pool,
  usualClasses,
  writeChunk,
} from './jfr-writer.ts';
import { ingest, limits, readPlain } from './recordings.ts';

const values = new JfrValues(false);
const recorded = readPlain('test/data/jfr/checkout-jdk17.jfr.gz');
const twoChunks = readPlain('test/data/jfr/two-chunks-jdk17.jfr.gz');
const chunkMs = 5_000;

function changed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(recorded);
  copy.set(bytes, at);
  return copy;
}

const numbers: JfrClass[] = [
  { id: 10, name: 'long' },
  { id: 11, name: 'int' },
  { id: 12, name: 'boolean' },
  { id: 13, name: 'java.lang.String' },
];
/** Class after class inside the one before; the last is empty. */
const nested: JfrClass[] = Array.from({ length: 200 }, (_, depth) => ({
  id: 1_000 + depth,
  name: `deep${depth}`,
  fields: depth === 199 ? [] : [{ name: 'inner', typeId: 1_001 + depth }],
}));
const emptyPool = (typeId: number): Pool => ({ typeId, entries: [] });
const sample = [ids.execution, values.long(1_000), values.long(1), values.long(1), values.long(1)] as const;

/** A chunk of one small event that claims another size. */
function withEventSize(size: number): Buffer {
  const chunk = writeChunk({ classes: [], events: [[ids.execution]] });
  chunk[68] = size;
  return chunk;
}

/** The last bytes of a chunk: how many pools there are, then type and length of the only one. */
function withLongPools(): Buffer {
  const chunk = writeChunk({ pools: [[emptyPool(ids.symbol)]] });
  chunk[chunk.length - 3] = 0;
  return chunk;
}

const damages: [title: string, bytes: Buffer, message: RegExp][] = [
  ['of another version', changed(4, 0, 1), /version 1\.1 \(2\.x wanted\), near byte 4$/],
  ['still being written', changed(64, 3), /never finished: the JVM is still writing it or was killed/],
  ['without its size', changed(8, 0, 0, 0, 0, 0, 0, 0, 0), /never finished/],
  ['without its pools', changed(16, 0, 0, 0, 0, 0, 0, 0, 0), /never finished/],
  ['of a negative size', changed(8, 255), /a chunk of -\d+ bytes/],
  [
    'whose pools lie behind it',
    changed(20, 127),
    /points to byte \d+ of a chunk of 143652 bytes, near byte 16/,
  ],
  [
    'whose metadata is no metadata',
    changed(24, 0, 0, 0, 0, 0, 0, 0, 68),
    /no metadata where its header says/,
  ],
  ['whose clock stands', changed(56, 0, 0, 0, 0, 0, 0, 0, 0), /a clock of 0 ticks a second/],
  ['with pools shorter than they say', withLongPools(), /pools that should end at byte/],
  ['cut in its header', recorded.subarray(0, 50), /ends in the header of a chunk .* near byte 50$/],
  [
    'cut in an event',
    recorded.subarray(0, 99_999),
    /in the middle of a chunk, after 99999 bytes \(143652 wanted\)/,
  ],
  ['with something behind it', Buffer.concat([recorded, Buffer.alloc(80)]), /near byte 143652$/],
  ['with an event of no size', withEventSize(0), /an event of 0 bytes where \d+ are left/],
  ['with an event longer than it', withEventSize(0x7f), /an event of \d+ bytes where \d+ are left/],
  ['whose pools link to themselves', writeChunk({ pools: [[], []], deltas: [0, -1] }), /pools/],
  ['whose pools link forwards', writeChunk({ pools: [[]], deltas: [5] }), /5 bytes forwards/],
  ['whose pools link out of it', writeChunk({ pools: [[]], deltas: [-1e9] }), /in a circle/],
  [
    'with pools of a class not declared',
    writeChunk({ pools: [[emptyPool(77)]] }),
    /class 77, which is not declared/,
  ],
  [
    'with a class inside itself',
    writeChunk({
      classes: [...numbers, { id: 50, name: 'a', fields: [{ name: 'b', typeId: 50, isArray: true }] }],
      pools: [[emptyPool(50)]],
    }),
    /declares class 50 as a part of itself/,
  ],
  [
    'with classes too deep inside each other',
    writeChunk({ classes: nested, pools: [[emptyPool(1_000)]] }),
    /nests its classes more than 32 deep/,
  ],
  [
    'with classes that become too deep from the inside out',
    writeChunk({ classes: nested, pools: [nested.map(({ id }) => emptyPool(id)).reverse()] }),
    /nests its classes 33 deep/,
  ],
  [
    'with arrays of nothing',
    writeChunk({
      classes: [
        { id: 49, name: 'empty' },
        { id: 50, name: 'a', fields: [{ name: 'b', typeId: 49, isArray: true }] },
      ],
      pools: [[emptyPool(50)]],
    }),
    /arrays of "empty", a class without fields/,
  ],
  [
    'with more elements than bytes',
    writeChunk({
      pools: [[{ typeId: ids.trace, entries: [[1, [0], values.int(2 ** 30)]] }]],
    }),
    /counts 1073741824 elements where \d+ bytes are left/,
  ],
  [
    'with a negative count',
    writeChunk({ pools: [[{ typeId: ids.symbol, entries: [[1, [3], values.int(-1)]] }]] }),
    /counts -1 elements/,
  ],
  [
    'with a text of no form',
    writeChunk({ pools: [[{ typeId: ids.symbol, entries: [[1, [9]]] }]] }),
    /a text of the unknown form 9/,
  ],
  [
    'with a sample of another year',
    writeChunk({ events: [[ids.execution, values.long(10n ** 15n), [1], [1], [1]]] }),
    /an event \d+ ms after the begin of its chunk of 10000 ms/,
  ],
  [
    'with an allocation of less than nothing',
    writeChunk({ events: [[ids.allocation, values.long(1_000), [1], [1], values.long(-8)]] }),
    /an event of the weight -8/,
  ],
  [
    'with an event that ends early',
    writeChunk({ events: [[ids.execution, values.long(1_000), [1]]] }),
    /wants/,
  ],
];

describe('damaged recordings', () => {
  test.each(damages)('a chunk %s is refused, and says where', async (_, bytes, message) => {
    const began = performance.now();
    await expect(ingest(bytes)).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringMatching(message),
    });
    await expect(ingest(bytes)).rejects.toThrow(/the JFR recording .*, near byte \d+$/);
    expect(performance.now() - began).toBeLessThan(chunkMs);
  });

  test('a damaged second chunk is no half profile', async () => {
    const bytes = Buffer.from(twoChunks);
    const second = Number(bytes.readBigInt64BE(8));
    bytes[second] = 0;
    await expect(ingest(bytes)).rejects.toThrow(`("FLR" wanted), near byte ${second}`);
  });

  test('whatever is missing or too much, it is not whole', async () => {
    const place = fc.integer({ min: 4, max: recorded.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: -400, max: 400 }), async (at, amount) => {
        const rest = recorded.subarray(Math.max(0, at - amount));
        fc.pre(amount !== 0 && rest.length + at !== recorded.length);
        const bytes = Buffer.concat([recorded.subarray(0, at), rest]);
        await expect(ingest(bytes)).rejects.toMatchObject({
          code: expect.stringMatching(/^RECORDING_(?:DAMAGED|TOO_LARGE)$/),
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('references that lead nowhere', () => {
  const parts = (frames: readonly (readonly number[])[]): ChunkParts => ({
    events: [sample],
    pools: [[{ typeId: ids.trace, entries: [[1, [0], values.array(frames)]] }]],
  });

  test('a stack or a method that is not there is counted, and the sample kept', async () => {
    const profile = await ingest(
      writeChunk({ ...parts([[7, 0, 0, 9]]), events: [sample, [...sample.slice(0, 3), [5], [1]] as never] }),
    );
    expect(profile.samples.stack).toHaveLength(2);
    expect(profile.threads).toEqual([{ pod: '', pid: -1, tid: -1, comm: '[unknown]' }]);
    expect(profile.recording.warnings.map(({ text }) => text)).toEqual([
      'JFR: a method that the recording does not name',
      'JFR: a stack that the recording does not have',
    ]);
  });

  test('texts that point to each other are no text', async () => {
    const { threads } = await ingest(
      writeChunk({
        events: [sample],
        pools: [
          [
            { typeId: ids.thread, entries: [[1, [2, 5], [1], [2, 5], [1]]] },
            {
              typeId: ids.string,
              entries: [
                [5, [2, 6]],
                [6, [2, 5]],
              ],
            },
          ],
        ],
      }),
    );
    expect(threads[0]?.comm).toBe('(virtual thread)');
  });

  test('an event class without the usual fields gives samples that say nothing', async () => {
    const classes = usualClasses.map((declared) =>
      declared.id === ids.execution ? { ...declared, fields: declared.fields!.slice(0, 1) } : declared,
    );
    const { samples } = await ingest(writeChunk({ classes, events: [[ids.execution, values.long(1_000)]] }));
    expect([...samples.stack]).toEqual([-1]);
  });
});

describe('limits', () => {
  const stackOf = (count: number, name: string): ChunkParts => ({
    events: [sample],
    pools: [
      [
        { typeId: ids.symbol, entries: [[1, values.text(name)]] },
        { typeId: ids.class, entries: [[1, [1]]] },
        { typeId: ids.method, entries: [[1, [0], [1], [0]]] },
        {
          typeId: ids.trace,
          entries: [[1, [0], values.array(Array.from({ length: count }, () => [1, 0, 0, 0]))]],
        },
      ],
    ],
  });

  test('a stack and a name as large as they may be are read, larger ones are not', async () => {
    const whole = await ingest(writeChunk(stackOf(10_000, 'f')));
    expect(whole.stacks.parent).toHaveLength(10_000);
    const long = await ingest(writeChunk(stackOf(1, 'x'.repeat(1_000))), { frameNameBytes: 1_000 });
    expect(long.frames.name[0]).toHaveLength(1_000);
    await expect(ingest(writeChunk(stackOf(11, 'f')), { stackDepth: 10 })).rejects.toThrow(
      'limits.stackDepth',
    );
    await expect(
      ingest(writeChunk(stackOf(1, 'x'.repeat(1_001))), { frameNameBytes: 1_000 }),
    ).rejects.toThrow('limits.frameNameBytes');
  });

  test('more samples or bytes than wanted, and chunks no memory should hold', async () => {
    const refused = { code: 'RECORDING_TOO_LARGE' };
    await expect(ingest(recorded, { sampleCount: 278 })).rejects.toMatchObject(refused);
    expect((await ingest(recorded, { sampleCount: 487 })).samples.stack).toHaveLength(487);
    await expect(ingest(recorded, { unpackedBytes: 100_000 })).rejects.toMatchObject(refused);
    await expect(ingest(changed(12, 0x7f))).rejects.toMatchObject(refused);
  });

  test('a long class name in the names of many methods does not multiply', async () => {
    const name = 'x'.repeat(limits.frameNameBytes - 1);
    const count = 100;
    const bytes = writeChunk({
      events: [sample],
      pools: [
        [
          {
            typeId: ids.symbol,
            entries: [
              [1, values.text(name)],
              [2, values.text('f')],
            ],
          },
          { typeId: ids.class, entries: [[1, [1]]] },
          { typeId: ids.method, entries: Array.from({ length: count }, (_, id) => [id, [1], [2], [2]]) },
          {
            typeId: ids.trace,
            entries: [[1, [0], values.array(Array.from({ length: count }, (_, id) => [id, 0, 0, 0]))]],
          },
        ],
      ],
    });
    await expect(ingest(bytes)).rejects.toThrow(/makes names of more than \d+ characters/);
  });
});

/** Changed bytes; positions gather where the structure is, which is at the end. */
const mutation = fc.record({
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.9, max: 1, noNaN: true })),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255),
      Uint8Array.of(0),
      Uint8Array.of(0x80),
    ),
  ),
});

test.each([
  ['one chunk', recorded],
  ['two chunks', twoChunks],
])('mutations of %s never crash, hang or fall apart', async (_, bytes) => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 12 }), async (mutations) => {
      const mutated = Buffer.from(bytes);
      for (const { at, bytes: written } of mutations) {
        mutated.set(written, Math.floor(at * (mutated.length - written.length)));
      }
      const began = performance.now();
      const result = await ingest(mutated).catch((error: unknown) => error);
      expect(performance.now() - began).toBeLessThan(chunkMs);
      if (result instanceof Error) {
        expect(result).toBeInstanceOf(AvalancheError);
        expect((result as AvalancheError).code).not.toBe('INTERNAL');
        return;
      }
      const { samples, stacks, frames, threads } = result as Awaited<ReturnType<typeof ingest>>;
      expect(samples.timeMs.every((timeMs, row) => timeMs >= (samples.timeMs[row - 1] ?? 0))).toBe(true);
      expect(samples.stack.every((stack) => stack >= -1 && stack < stacks.parent.length)).toBe(true);
      expect(samples.thread.every((thread) => thread < threads.length)).toBe(true);
      expect(stacks.frame.every((frame) => frame < frames.name.length)).toBe(true);
      expect(samples.weight.every((weight) => weight >= 0 && Number.isFinite(weight))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
