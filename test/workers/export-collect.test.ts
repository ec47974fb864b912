import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { collectBytes, collectGzip } from '../../workers/export/collect-bytes.ts';

const signal = new AbortController().signal;

test('a file is collected whole, plain or packed', async () => {
  const pieces = ['a', new Uint8Array([98]), 'ü'];
  const plain = await collectBytes(pieces, { mostBytes: 4, signal });
  const packed = await collectGzip(pieces, { mostBytes: 100, signal });
  expect(Buffer.from(plain!).toString()).toBe('abü');
  expect(gunzipSync(packed!).toString()).toBe('abü');
});

test('a file that is too long is none, and its writer is asked for no more', async () => {
  let written = 0;
  function* endless() {
    for (; written < 100_000; written += 1) yield `${Math.sin(written)}\n`.repeat(50);
  }
  expect(await collectGzip(endless(), { mostBytes: 10_000, signal })).toBeNull();
  expect(written).toBeLessThan(50_000);
  expect(await collectBytes(['abc', 'def'], { mostBytes: 5, signal })).toBeNull();
});

test('a cancelled export ends at the next piece', async () => {
  const stop = new AbortController();
  function* pieces() {
    yield 'a';
    stop.abort(new Error('cancelled'));
    yield 'b';
  }
  await expect(collectBytes(pieces(), { mostBytes: 10, signal: stop.signal })).rejects.toThrow('cancelled');
});
