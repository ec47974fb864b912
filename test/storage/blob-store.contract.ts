import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';

/** What every blob store does, wherever it keeps the files. */
export function blobStoreContract(
  name: string,
  start: () => Promise<{ blobs: BlobStore; close(): Promise<void> }>,
): void {
  describe(`blobs on ${name}`, () => {
    let blobs: BlobStore;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ blobs, close } = await start());
    });
    afterAll(() => close?.());

    const bytes = (text: string) => new TextEncoder().encode(text);
    const readText = async (key: string) => new TextDecoder().decode(await blobs.read(key));
    const listAll = async (prefix: string) => (await Array.fromAsync(blobs.list(prefix))).sort();

    test('gives back what was written, as a whole and as a stream', async () => {
      const content = crypto.getRandomValues(new Uint8Array(60_000));
      expect(await blobs.write('whole/a.bin', content)).toEqual({ bytes: 60_000 });
      expect(Buffer.compare(await blobs.read('whole/a.bin'), content)).toBe(0);
      const streamed = Buffer.concat(await Array.fromAsync(await blobs.stream('whole/a.bin')));
      expect(Buffer.compare(streamed, content)).toBe(0);
    });

    test('keeps an empty blob', async () => {
      expect(await blobs.write('empty', new Uint8Array())).toEqual({ bytes: 0 });
      expect(await blobs.read('empty')).toHaveLength(0);
      expect(await Array.fromAsync(await blobs.stream('empty'))).toEqual([]);
    });

    test('replaces a blob under the same key', async () => {
      await blobs.write('again', bytes('first and longer'));
      await blobs.write('again', bytes('second'));
      expect(await readText('again')).toBe('second');
    });

    test('writes a stream as fast as the disk takes it, not faster', async () => {
      const chunk = new Uint8Array(64 * 1024);
      const total = 200;
      let made = 0;
      const source = new Readable({
        read() {
          this.push(made++ < total ? chunk : null);
        },
      });
      expect(await blobs.write('streamed', source)).toEqual({ bytes: total * chunk.length });
    });

    test('shows nothing of a blob until it is whole', async () => {
      await blobs.write('slow/kept', bytes('old'));
      const halfway = Promise.withResolvers<void>();
      async function* slowly() {
        yield bytes('new ');
        await halfway.promise;
        yield bytes('content');
      }
      const writing = Promise.all([blobs.write('slow/kept', slowly()), blobs.write('slow/fresh', slowly())]);
      await delay(30);
      expect(await readText('slow/kept')).toBe('old');
      expect(await listAll('slow/')).toEqual(['slow/kept']);
      halfway.resolve();
      await writing;
      expect(await readText('slow/kept')).toBe('new content');
      expect(await readText('slow/fresh')).toBe('new content');
    });

    test('leaves the old blob, or none, when the source fails', async () => {
      async function* broken() {
        yield bytes('half of i');
        throw new Error('source broke');
      }
      await blobs.write('broken/kept', bytes('old'));
      await expect(blobs.write('broken/kept', broken())).rejects.toThrow('source broke');
      await expect(blobs.write('broken/fresh', Readable.from(broken()))).rejects.toThrow('source broke');
      expect(await readText('broken/kept')).toBe('old');
      expect(await listAll('broken/')).toEqual(['broken/kept']);
    });

    test('leaves the old blob, or none, when it is told to stop', async () => {
      const controller = new AbortController();
      async function* endless() {
        for (let chunk = 0; ; chunk++) {
          yield new Uint8Array(1024 ** 2);
          if (chunk === 20) controller.abort(new Error('stopped by the test'));
        }
      }
      await blobs.write('stopped/kept', bytes('old'));
      const { signal } = controller;
      await expect(blobs.write('stopped/kept', endless(), { signal })).rejects.toThrow('stopped by the test');
      await expect(blobs.write('stopped/fresh', bytes('x'), { signal })).rejects.toThrow('stopped');
      expect(await readText('stopped/kept')).toBe('old');
      expect(await listAll('stopped/')).toEqual(['stopped/kept']);
    });

    test('can be left in the middle of a stream', async () => {
      await blobs.write('broken-off', new Uint8Array(3 * 1024 ** 2));
      for await (const chunk of await blobs.stream('broken-off')) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      (await blobs.stream('broken-off')).destroy();
      expect(await blobs.read('broken-off')).toHaveLength(3 * 1024 ** 2);
    });

    test('finds its place in order', async () => {
      await blobs.check();
    });

    test('one of many writers at a time wins, whole', async () => {
      const contents = Array.from({ length: 8 }, (_, n) => `${n}`.repeat(50_000));
      await Promise.all(contents.map((content) => blobs.write('contended', bytes(content))));
      expect(contents).toContain(await readText('contended'));
    });

    test('says that a blob is missing before it hands out a stream', async () => {
      await blobs.write('folder/inside', bytes('x'));
      for (const key of ['nowhere', 'no/such/folder', 'folder', 'folder/inside/deeper']) {
        await expect(blobs.read(key)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
        await expect(blobs.stream(key)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
      }
    });

    test('removes a blob, and one that is not there without complaint', async () => {
      await blobs.write('removed', bytes('x'));
      await blobs.remove('removed');
      await blobs.remove('removed');
      await expect(blobs.read('removed')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    });

    test('lists by the beginning of the key', async () => {
      for (const key of ['l/a', 'l/ab', 'l/b/c', 'list']) await blobs.write(key, bytes(key));
      expect(await listAll('l/')).toEqual(['l/a', 'l/ab', 'l/b/c']);
      expect(await listAll('l/a')).toEqual(['l/a', 'l/ab']);
      expect(await listAll('l/b/')).toEqual(['l/b/c']);
      expect(await listAll('l')).toEqual(['l/a', 'l/ab', 'l/b/c', 'list']);
      expect(await listAll('l/nothing')).toEqual([]);
      expect(await listAll('')).toEqual(expect.arrayContaining(['l/a', 'list']));
    });

    test.each([
      '',
      '/etc/passwd',
      '../outside',
      'a/../../outside',
      'a/./b',
      'a//b',
      'a/',
      'with space',
      'nul\0',
      'back\\slash',
      'ü',
      '~writing/x',
      'x'.repeat(201),
    ])('refuses the key %j', async (key) => {
      await expect(blobs.write(key, bytes('x'))).rejects.toThrow(RangeError);
      await expect(blobs.read(key)).rejects.toThrow(RangeError);
      await expect(blobs.stream(key)).rejects.toThrow(RangeError);
      await expect(blobs.remove(key)).rejects.toThrow(RangeError);
    });

    test.each(['../', '/', '../x', 'a/../', 'a b'])('refuses to list %j', async (prefix) => {
      await expect(listAll(prefix)).rejects.toThrow(RangeError);
    });

    test('describes itself in a line', () => {
      expect(blobs.describe()).toMatch(/^\S.*\S$/);
    });
  });
}
