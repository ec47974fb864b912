import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDiskBlobs } from '../../storage/blobs/disk.ts';
import { blobStoreContract } from './blob-store.contract.ts';

blobStoreContract('disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-blobs-'));
  return {
    blobs: await openDiskBlobs(join(folder, 'blobs')),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('blobs on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-blobs-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('leave no draft behind, written or failed', async () => {
    const blobs = await openDiskBlobs(folder);
    await blobs.write('a/b/c', new Uint8Array(10));
    // biome-ignore lint/correctness/useYield: it fails before its first chunk
    const failing = (async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('source broke');
    })();
    await expect(blobs.write('a/d', failing)).rejects.toThrow('source broke');
    expect(await readdir(folder, { recursive: true })).toEqual(
      expect.arrayContaining(['a', 'a/b', 'a/b/c', '~writing']),
    );
    expect(await readdir(join(folder, '~writing'))).toEqual([]);
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  test('drop the drafts of a process that is gone, and keep those that are being written', async () => {
    const writing = join(folder, '~writing');
    await mkdir(writing);
    await writeFile(join(writing, 'old'), 'x');
    await writeFile(join(writing, 'new'), 'x');
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3600_000);
    await utimes(join(writing, 'old'), twoDaysAgo, twoDaysAgo);
    await openDiskBlobs(folder);
    expect(await readdir(writing)).toEqual(['new']);
  });

  test('say what is wrong with a folder that cannot be one', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openDiskBlobs(join(folder, 'file'))).rejects.toMatchObject({
      code: 'BLOB_UNWRITABLE',
      message: expect.stringContaining(join(folder, 'file')),
    });
  });

  test('say what is wrong when a key is in the way of another', async () => {
    const blobs = await openDiskBlobs(folder);
    await blobs.write('taken', new Uint8Array(1));
    await expect(blobs.write('taken/below', new Uint8Array(1))).rejects.toMatchObject({
      code: 'BLOB_UNWRITABLE',
    });
    expect(await readdir(join(folder, '~writing'))).toEqual([]);
  });
});
