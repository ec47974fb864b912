import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptPieces, RollingArchive } from '../../deploy/recorder/rolling-archive.ts';
import { limitsSchema } from '../../storage/config.ts';
import { unpackArchive } from '../../workers/snapshot/unpack.ts';
import { listNames } from './recorded.ts';

const limits = limitsSchema.parse({});
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-rolling-'));
  await mkdir(join(folder, 'pieces'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const publishPath = () => join(folder, 'logs/shop/a/perf-record.tar.gz');
const open = (retention = { keepMs: 10_000, keepBytes: 1_000_000 }) =>
  new RollingArchive(join(folder, 'pieces'), publishPath(), retention);

/** Contents by name, as the archive now is. */
async function readPublished(): Promise<Record<string, string>> {
  const target = await mkdtemp(join(folder, 'unpacked-'));
  const files = await unpackArchive(publishPath(), target, limits);
  return Object.fromEntries(
    await Promise.all(files.map(async ({ name, path }) => [name, await readFile(path, 'latin1')])),
  );
}

describe('a rolling archive', () => {
  test('holds the segments kept, in order, and the last members', async () => {
    const archive = open();
    for (const second of [1, 2, 13]) {
      await archive.add({ name: `tmp/${second}`, content: Buffer.from(`segment ${second}`) }, second * 1_000);
    }
    await archive.retain(13_000 - 1_000);
    await archive.publish([{ name: 'tmp/recording.json', content: Buffer.from('{}') }]);
    expect(Object.entries(await readPublished())).toEqual([
      ['tmp/2', 'segment 2'],
      ['tmp/13', 'segment 13'],
      ['tmp/recording.json', '{}'],
    ]);
    expect(await listNames(join(folder, 'pieces'))).toHaveLength(2);
  });

  test('gives every reader a whole archive while it is replaced again and again', async () => {
    const archive = open();
    let publishing = true;
    const writer = (async () => {
      for (let turn = 0; turn < 60; turn += 1) {
        const content = Buffer.alloc(20_000, String.fromCharCode(65 + (turn % 26)));
        await archive.add({ name: `tmp/${turn}`, content }, turn * 1_000);
        await archive.retain(turn * 1_000);
        await archive.publish([{ name: 'tmp/last', content: Buffer.from(`${turn}`) }]);
      }
      publishing = false;
    })();
    let seen = -1;
    let reads = 0;
    while (publishing) {
      const files = await readPublished().catch((error) => {
        if (seen === -1 && error.code === 'FILE_UNREADABLE') return null;
        throw error;
      });
      if (files === null) continue;
      const last = Number(files['tmp/last']);
      expect(last).toBeGreaterThanOrEqual(seen);
      expect(files[`tmp/${last}`]).toHaveLength(20_000);
      seen = last;
      reads += 1;
    }
    await writer;
    expect(reads).toBeGreaterThan(3);
    expect(await listNames(join(folder, 'logs/shop/a'))).toEqual(['perf-record.tar.gz']);
  });

  test('packs contents of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 1_600 }), { maxLength: 5 }), async (contents) => {
        const archive = open();
        for (const [index, content] of contents.entries())
          await archive.add({ name: `${index}`, content }, 0);
        await archive.publish([]);
        const files = await readPublished();
        expect(Object.values(files)).toEqual(
          contents.map((content) => Buffer.from(content).toString('latin1')),
        );
        await rm(join(folder, 'pieces'), { recursive: true });
        await mkdir(join(folder, 'pieces'));
      }),
      { numRuns: 25 },
    );
  });
});

describe('retention', () => {
  const piece = fc.record({
    bytes: fc.integer({ min: 1, max: 100 }),
    ageMs: fc.integer({ min: 0, max: 100 }),
  });

  test('keeps the newest, drops from the oldest on, and stays inside both limits', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.nat(100),
        fc.nat(400),
        (given, keepMs, keepBytes) => {
          const pieces = given
            .sort((one, other) => other.ageMs - one.ageMs)
            .map(({ bytes, ageMs }, index) => ({ path: `${index}`, bytes, endedAtMs: 1_000 - ageMs }));
          const kept = keptPieces(pieces, { keepMs, keepBytes }, 1_000);
          expect(kept).toEqual(kept.length === 0 ? [] : pieces.slice(-kept.length));
          expect(kept.length > 0).toBe(pieces.length > 0);
          const total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
          if (kept.length > 1) {
            expect(total).toBeLessThanOrEqual(keepBytes);
            expect(kept[0]?.endedAtMs).toBeGreaterThanOrEqual(1_000 - keepMs);
          }
          const next = pieces.at(-kept.length - 1);
          if (next !== undefined && kept.length < pieces.length) {
            expect(next.endedAtMs < 1_000 - keepMs || total + next.bytes > keepBytes).toBe(true);
          }
        },
      ),
    );
  });
});
