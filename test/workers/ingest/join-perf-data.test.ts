import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import { joinSegments } from '../../../workers/snapshot/ingest/join-perf-data.ts';
import { unpackArchive } from '../../../workers/snapshot/unpack.ts';
import { have } from '../../support/prerequisites.ts';

const recorded = fileURLToPath(new URL('../../../../shared/data/own/perf-record.tar.gz', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-join-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function segmentsOfRecording() {
  await mkdir(join(folder, 'members'));
  const files = await unpackArchive(recorded, join(folder, 'members'), limitsSchema.parse({}));
  return files
    .filter(({ name }) => name.includes('perf.data'))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

const target = (index: number) => join(folder, `joined-${index}`);

/** Names of symbols are left out: they take long, and do not matter here. */
function perfScript(path: string) {
  const words = ['script', '--force', '--no-inline', '--symfs', folder, '-i', path];
  return execFileSync('perf', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  });
}

describe.skipIf(!existsSync(recorded))('segments of one recording', () => {
  test.skipIf(!have('perf'))('joined, give the same samples as one by one', async () => {
    const segments = await segmentsOfRecording();
    const joined = await joinSegments(segments, target);
    expect(joined).toEqual([
      {
        name: segments[0]?.name,
        path: target(0),
        bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      },
    ]);
    const apart = segments.map(({ path }) => perfScript(path)).join('');
    expect(apart.match(/^\S.*cpu-clock/gm)?.length).toBeGreaterThan(100);
    expect(perfScript(target(0))).toBe(apart);
  });

  test('stay apart from what is unfinished, damaged or something else', async () => {
    const [first, second, third, fourth] = await segmentsOfRecording();
    if (!first || !second || !third || !fourth) throw new RangeError('four segments wanted');
    const damaged = await readFile(second.path);
    await writeFile(second.path, damaged.subarray(0, damaged.length - 100));
    await writeFile(join(folder, 'text'), 'main;handle 3\n');
    const text = { name: 'text', path: join(folder, 'text'), bytes: 14 };
    const joined = await joinSegments([first, second, text, third, fourth], target);
    expect(joined.map(({ path }) => path)).toEqual([first.path, second.path, text.path, target(3)]);
    expect((await readdir(folder)).sort()).toEqual(['joined-3', 'members', 'text']);
  });

  test('of another recording stay apart', async () => {
    const [first, second] = await segmentsOfRecording();
    if (!first || !second) throw new RangeError('two segments wanted');
    const other = await readFile(second.path);
    other[120] = (other[120] ?? 0) ^ 1;
    await writeFile(second.path, other);
    expect(await joinSegments([first, second], target)).toEqual([first, second]);
  });
});

test('no segments, or one, are left as they are', async () => {
  expect(await joinSegments([], target)).toEqual([]);
  await writeFile(join(folder, 'x'), 'x');
  const lone = { name: 'x', path: join(folder, 'x'), bytes: 1 };
  expect(await joinSegments([lone], target)).toEqual([lone]);
});
