import { readdirSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formats } from '../../../workers/snapshot/ingest/formats.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import {
  describeSamples,
  ingest,
  limits,
  ownPath,
  readPlain,
  workDirectory,
  writeRecording,
} from './recordings.ts';

const plain = readPlain(ownPath('java-checkout.perf.txt.gz'));
const wanted = ingest(plain).then(describeSamples);

describe('compression', () => {
  test.each([
    ['gzip', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['gzip in gzip', gzipSync(gzipSync(plain))],
    ['zstd in gzip', gzipSync(zstdCompressSync(plain))],
    [
      'two gzip streams one after the other',
      Buffer.concat([gzipSync(plain.subarray(0, 99_999)), gzipSync(plain.subarray(99_999))]),
    ],
    [
      'two zstd frames one after the other',
      Buffer.concat([zstdCompressSync(plain.subarray(0, 99_999)), zstdCompressSync(plain.subarray(99_999))]),
    ],
  ])('%s is taken off, whatever the name says', async (_, bytes) => {
    expect(describeSamples(await ingest(bytes))).toEqual(await wanted);
  });

  test.each([
    ['gzip', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
  ])('%s that ends in the middle is damaged, with the place', async (kind, bytes) => {
    for (const length of [bytes.length >> 1, bytes.length - 5]) {
      await expect(ingest(bytes.subarray(0, length))).rejects.toMatchObject({
        code: 'RECORDING_DAMAGED',
        message: expect.stringMatching(
          new RegExp(
            `its ${kind} data (ends in the middle|is damaged).*near byte ${length}, \\d+ bytes unpacked`,
          ),
        ),
      });
    }
  });

  test('a changed byte is noticed', async () => {
    const bytes = gzipSync(plain);
    bytes[bytes.length >> 1]! ^= 0x55;
    await expect(ingest(bytes)).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
  });

  test('a bomb is refused before it has unfolded', async () => {
    const comment = `# ${'x'.repeat(10_000)}\n`;
    const bomb = gzipSync(`a;b 1\n${comment.repeat(2_400)}`);
    await expect(ingest(bomb)).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
      message: expect.stringContaining('limits.compressionRatio'),
    });
    await expect(ingest(gzipSync(plain), { unpackedBytes: 1_000 })).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
      message: expect.stringContaining('limits.unpackedBytes'),
    });
  });

  test('more layers than anyone makes are refused', async () => {
    const bytes = gzipSync(gzipSync(gzipSync(gzipSync('a;b 1\n'))));
    await expect(ingest(bytes)).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringContaining('more than 3 times'),
    });
  });
});

describe('what is no recording', () => {
  test('an unknown format names what was tried and the first line that fits none', async () => {
    await expect(ingest('# a comment\n\nHello "world"\nmore\n')).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: expect.stringContaining(
        `neither of ${formats.map(({ name }) => name).join(', ')}: line 3 is "Hello \\"world\\""`,
      ),
    });
  });

  test.each([
    ['JiTD', 'jitdump'],
    ['BZh91AY', 'bzip2'],
  ])('%j is called by its name', async (beginning, name) => {
    await expect(ingest(beginning)).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: expect.stringContaining(name),
    });
  });

  test('an empty file, a folder and no file at all', async () => {
    await expect(ingest('')).rejects.toMatchObject({
      code: 'PROFILE_EMPTY',
      message: expect.stringContaining('the file is empty'),
    });
    const options = { limits, workDirectory };
    await expect(ingestFile(workDirectory, options)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('it is a folder'),
    });
    await expect(ingestFile(`${workDirectory}/none`, options)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('no such file'),
    });
  });
});

test('progress grows to the size of the file', async () => {
  const bytes = gzipSync(plain);
  const steps: [number, number | null][] = [];
  await ingestFile(writeRecording(bytes), {
    limits,
    workDirectory,
    onProgress: (done, total) => steps.push([done, total]),
  });
  expect(steps.at(-1)).toEqual([bytes.length, bytes.length]);
  expect(steps.map(([done]) => done)).toEqual(steps.map(([done]) => done).sort((a, b) => a - b));
});

test('an abort ends the reading with its own reason', async () => {
  const reason = new Error('enough');
  const reading = ingestFile(writeRecording(plain), {
    limits,
    workDirectory,
    signal: AbortSignal.abort(reason),
  });
  await expect(reading).rejects.toBe(reason);
});

test('nothing stays in the work folder', () => {
  expect(readdirSync(workDirectory)).toEqual([]);
});
