import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { unpackArchive } from '../../workers/snapshot/unpack.ts';
import { packTar, patchHeader, type TarEntry } from '../support/tar.ts';

const recorded = fileURLToPath(new URL('../../../shared/data/own/perf-record.tar.gz', import.meta.url));
const limits = limitsSchema.parse({});
const blockBytes = 512;
let folder: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-unpack-'));
  target = await mkdtemp(join(folder, 'target-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function unpack(archive: Uint8Array, changed: Partial<typeof limits> = {}, signal?: AbortSignal) {
  const path = join(folder, 'archive');
  await writeFile(path, archive);
  return unpackArchive(path, target, { ...limits, ...changed }, signal);
}

/** What unpacking fails with; nothing it wrote may be left. */
async function failure(archive: Uint8Array, changed: Partial<typeof limits> = {}): Promise<AvalancheError> {
  const error = await unpack(archive, changed).then(
    (files) => expect.fail(`unpacked ${files.length} files`),
    (reason: unknown) => reason,
  );
  expect(await readdir(target)).toEqual([]);
  if (!(error instanceof AvalancheError)) throw error;
  return error;
}

describe('an archive as recorders write it', () => {
  const entries: TarEntry[] = [
    { name: 'tmp/', type: 'directory' },
    { name: './tmp/perf/perf.data.2026112421382090', content: Buffer.alloc(70_000, 'segment') },
    { name: 'tmp/perf-11.map', content: '7f00 10 main\n' },
    { name: 'tmp/empty', content: '' },
  ];

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', (tar: Buffer) => gzipSync(tar)],
    ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
    [
      'gzip of several members',
      (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 999)), gzipSync(tar.subarray(999))]),
    ],
  ])('unpack reads its files in order, %s', async (_name, compress) => {
    const files = await unpack(compress(await packTar(entries)));
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['./tmp/perf/perf.data.2026112421382090', 70_000],
      ['tmp/perf-11.map', 13],
      ['tmp/empty', 0],
    ]);
    expect(files.map(({ path }) => path)).toEqual(
      ['member-0001', 'member-0002', 'member-0003'].map((name) => join(target, name)),
    );
    expect(await readFile(files[1]?.path ?? '', 'utf8')).toBe('7f00 10 main\n');
    expect((await stat(files[0]?.path ?? '')).mode & 0o777).toBe(0o600);
  });

  test.skipIf(!existsSync(recorded))('unpack reads a real recording (1 shared file)', async () => {
    const files = await unpackArchive(recorded, target, limits);
    expect(files.map(({ name }) => name).sort()).toEqual([
      'tmp/perf-11.map',
      'tmp/perf/perf.data.2026112421382090',
      'tmp/perf/perf.data.2026112421382615',
      'tmp/perf/perf.data.2026112421383127',
      'tmp/perf/perf.data.2026112421383396',
    ]);
    for (const { path, name } of files.filter((file) => file.name.includes('perf.data'))) {
      expect(`${name} ${(await readFile(path)).subarray(0, 8)}`).toBe(`${name} PERFILE2`);
    }
  });

  test('unpack gives nothing for an archive without files', async () => {
    expect(await unpack(await packTar([]))).toEqual([]);
  });

  test('unpack gives back every content it was given', async () => {
    const segment = fc.stringMatching(/^[a-z0-9._-]{1,12}$/).filter((name) => !/^\.{1,2}$/.test(name));
    const name = fc.array(segment, { minLength: 1, maxLength: 12 }).map((segments) => segments.join('/'));
    const file = fc.record({
      name,
      content: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    });
    const files = fc.uniqueArray(file, { selector: (one) => one.name, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const unpacked = await unpack(gzipSync(await packTar(given)));
        expect(unpacked.map((one) => one.name)).toEqual(given.map((one) => one.name));
        for (const [index, { path }] of unpacked.entries()) {
          expect((await readFile(path)).equals(given[index]?.content ?? Buffer.of(1))).toBe(true);
          await rm(path);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a hostile archive', () => {
  const hostile: [string, TarEntry, RegExp][] = [
    ['an absolute name', { name: '/etc/passwd' }, /"\/etc\/passwd" is refused, its name is absolute/],
    ['a name leading out', { name: 'tmp/../../x' }, /"tmp\/\.\.\/\.\.\/x" is refused, its name leads out/],
    ['two dots alone', { name: '..' }, /leads out/],
    ['a backslash', { name: 'a\\..\\b' }, /"a\\\\\.\.\\\\b" is refused, its name holds a backslash/],
    ['a drive', { name: 'C:x' }, /begins with a drive/],
    ['a zero byte', { name: 'x', pax: { path: 'a\0b' } }, /"a\\u0000b" is refused, .*control characters/],
    ['a line break', { name: 'a\nb' }, /control characters/],
    ['a symbolic link', { name: 'x', type: 'symlink', linkname: '/etc' }, /"x" is refused, it is a symlink/],
    ['a hard link', { name: 'x', type: 'link', linkname: 'y' }, /it is a link/],
    ['a character device', { name: 'x', type: 'character-device' }, /it is a character device/],
    ['a block device', { name: 'x', type: 'block-device' }, /it is a block device/],
    ['a FIFO', { name: 'x', type: 'fifo' }, /it is a fifo/],
    ['a sparse file', { name: 'x', content: 'y', pax: { 'GNU.sparse.major': '1' } }, /it is a sparse file/],
  ];

  test.each(hostile)('unpack refuses %s', async (_name, entry, message) => {
    const tar = await packTar([{ name: 'good', content: 'good' }, entry]);
    const error = await failure(tar);
    expect(error.code).toBe('ARCHIVE_HOSTILE');
    expect(error.message).toMatch(message);
  });

  test('unpack refuses a name that comes twice, however it is written', async () => {
    const error = await failure(
      await packTar([
        { name: 'a/b', content: '1' },
        { name: './a//b', content: '2' },
      ]),
    );
    expect(error.code).toBe('ARCHIVE_HOSTILE');
    expect(error.message).toContain('"./a//b" is refused, there twice');
  });

  test.each([
    ['a sparse file of GNU tar', 'S'],
    ['a multi-volume file', 'M'],
    ['a type nobody knows', 'Q'],
  ])('unpack refuses %s', async (_name, type) => {
    const tar = patchHeader(await packTar([{ name: 'x', content: 'abc' }]), 0, 156, type);
    const error = await failure(tar);
    expect(error.code).toBe('ARCHIVE_HOSTILE');
    expect(error.message).toContain('a thing of unknown type');
  });

  test('unpack refuses a folder that has content', async () => {
    const tar = patchHeader(await packTar([{ name: 'x', content: 'abc' }]), 0, 156, '5');
    expect((await failure(tar)).message).toContain('it is a folder with content');
  });

  test('unpack refuses a header that grows without end', async () => {
    const records = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`k${index}`, 'v'.repeat(50_000)]),
    );
    const error = await failure(await packTar([{ name: 'x', pax: records }]));
    expect(error.code).toBe('ARCHIVE_HOSTILE');
    expect(error.message).toContain('a header is refused, longer than 131072 bytes');
  });

  test('unpack shortens and escapes a name in its message', async () => {
    const error = await failure(await packTar([{ name: `/${'x'.repeat(500)}\u202e<!channel>` }]));
    expect(error.message.length).toBeLessThan(250);
    expect(error.message).toContain('\\u202e');
  });
});

describe('an archive that is too large', () => {
  test('unpack stops a gzip bomb early and says which limit to raise', async () => {
    const bomb = gzipSync(await packTar([{ name: 'zeros', content: Buffer.alloc(30 * 1024 ** 2) }]));
    const error = await failure(bomb);
    expect(error.code).toBe('ARCHIVE_TOO_LARGE');
    expect(error.message).toMatch(/bytes out of \d+ packed ones \(at most limits\.compressionRatio 400\)$/);
  });

  test('unpack lets small archives be as dense as they like', async () => {
    const dense = gzipSync(await packTar([{ name: 'zeros', content: Buffer.alloc(900_000) }]));
    expect(dense.length).toBeLessThan(900_000 / 500);
    expect(await unpack(dense)).toHaveLength(1);
  });

  const three = ['a', 'b', 'c'].map((name) => ({ name, content: Buffer.alloc(1_000, 'x') }));
  test.each([
    ['entries', { archiveEntries: 2 }, 'more than 2 entries (at most limits.archiveEntries 2)'],
    ['bytes unpacked', { unpackedBytes: 3_000 }, '(at most limits.unpackedBytes 3000)'],
    ['bytes packed', { archiveBytes: 1_000 }, 'bytes packed (at most limits.archiveBytes 1000)'],
  ])('unpack keeps to the limit on %s', async (_name, changed, message) => {
    const error = await failure(await packTar(three), changed);
    expect(error.code).toBe('ARCHIVE_TOO_LARGE');
    expect(error.message).toContain(message);
  });

  test('unpack believes no size it cannot hold', async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeUInt32BE(2 ** 31, 4);
    const error = await failure(patchHeader(await packTar([{ name: 'x', content: 'abc' }]), 0, 124, size));
    expect(error.code).toMatch(/ARCHIVE_(TOO_LARGE|HOSTILE)/);
  });

  test('unpack keeps to the limit on the length of a name', async () => {
    const error = await failure(await packTar([{ name: `${'x/'.repeat(600)}y`, content: '' }]));
    expect(error.code).toBe('ARCHIVE_TOO_LARGE');
    expect(error.message).toContain('name of 1201 characters (at most 1024');
  });
});

describe('an archive that is broken', () => {
  test('unpack tells every cut of a plain archive from the whole', async () => {
    const tar = await packTar([
      { name: 'a', content: Buffer.alloc(1_500, 'a') },
      { name: 'zeros', content: Buffer.alloc(2_048) },
      { name: 'c', content: 'c' },
    ]);
    for (let bytes = blockBytes; bytes < tar.length; bytes += blockBytes) {
      const error = await failure(tar.subarray(0, bytes));
      expect(`${bytes} ${error.code}`).toBe(`${bytes} ARCHIVE_BROKEN`);
      expect(error.message).toMatch(/expected\)$/);
    }
    expect(await unpack(tar)).toHaveLength(3);
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('unpack tells every cut of a %s archive from the whole', async (_name, compress) => {
    const packed = compress(
      await packTar([
        { name: 'a', content: Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * i) >> 3)) },
      ]),
    );
    for (let bytes = 4; bytes < packed.length; bytes += 97) {
      const error = await failure(packed.subarray(0, bytes));
      expect(`${bytes} ${error.code}`).toBe(`${bytes} ARCHIVE_BROKEN`);
      expect(error.message).toContain('ends in the middle');
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0), /0 bytes \(a tar archive expected\)/],
    ['text', Buffer.from('no archive at all. '.repeat(60)), /is no tar header \(a tar archive expected\)/],
    ['damaged gzip', damage(gzipSync(Buffer.alloc(9_000, 'abcd efgh'))), /compressed data is damaged/],
  ])('unpack says what it found instead: %s', async (_name, archive, message) => {
    const error = await failure(archive);
    expect(error.code).toBe('ARCHIVE_BROKEN');
    expect(error.message).toMatch(message);
  });

  test.each([
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0, 0]],
    ['bzip2', [...Buffer.from('BZh91AY&')]],
  ])('unpack names %s, which it cannot read', async (name, bytes) => {
    const error = await failure(Buffer.from(bytes));
    expect(error.code).toBe('FORMAT_UNKNOWN');
    expect(error.message).toContain(`compressed with ${name} (gzip, zstd or no compression wanted)`);
  });

  test('unpack says when there is no such file', async () => {
    await expect(unpackArchive(join(folder, 'none'), target, limits)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });

  test('unpack survives any damage, and either gives files or says why not', async () => {
    const tar = await packTar([
      { name: 'a', content: Buffer.alloc(700, 'a') },
      { name: `${'long/'.repeat(40)}name`, content: 'b' },
      { name: 'c', content: 'c' },
    ]);
    const position = fc.integer({ min: 0, max: tar.length - 1 });
    const change = fc.record({ position, byte: fc.integer({ min: 0, max: 255 }) });
    const headers = Array.from({ length: tar.length / blockBytes }, (_, index) => index * blockBytes);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), fc.boolean(), async (changes, mendSums) => {
        let damaged: Buffer = Buffer.from(tar);
        for (const { position: at, byte } of changes) damaged[at] = byte;
        // Damage behind a right checksum gets further.
        if (mendSums) for (const offset of headers) damaged = patchHeader(damaged, offset, 500, '');
        const files = await unpack(damaged).catch((error: unknown) => {
          if (!(error instanceof AvalancheError) || !error.code.startsWith('ARCHIVE_')) throw error;
          return [];
        });
        expect((await readdir(target)).sort()).toEqual(
          files.map(({ path }) => path.slice(target.length + 1)),
        );
        for (const { path } of files) await rm(path);
      }),
      { numRuns: 150 },
    );
  });
});

describe('an archive whose reading is broken off', () => {
  test('unpack ends with the reason and leaves nothing', async () => {
    const stop = new AbortController();
    const large = await packTar([{ name: 'a', content: Buffer.alloc(40 * 1024 ** 2, 'abc') }]);
    setTimeout(() => stop.abort(new Error('enough')), 5);
    await expect(unpack(large, {}, stop.signal)).rejects.toThrow('enough');
    expect(await readdir(target)).toEqual([]);
  });

  test('unpack leaves alone what was in the folder before', async () => {
    await writeFile(join(target, 'member-0001'), 'of somebody else');
    await expect(unpack(await packTar([{ name: 'a', content: 'b' }]))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    expect(await readFile(join(target, 'member-0001'), 'utf8')).toBe('of somebody else');
  });
});

function damage(packed: Buffer): Buffer {
  packed[Math.floor(packed.length / 2)]! ^= 0xff;
  return packed;
}
