import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteInterner, NOT_FOUND, viewOf } from '../../../workers/snapshot/ingest/byte-interner.ts';
import { findLineEnd, hashBytes } from '../../../workers/snapshot/ingest/line-hash.ts';

/** Interns a text at some place in a larger buffer. */
function intern(interner: ByteInterner, text: string, hashOf: typeof hashBytes, indent = 0): number {
  const bytes = Buffer.from(`${'-'.repeat(indent)}${text}--------`, 'latin1');
  const end = indent + text.length;
  const hash = hashOf(viewOf(bytes), indent, end);
  const known = interner.find(viewOf(bytes), indent, end, hash);
  return known === NOT_FOUND ? interner.add(bytes, indent, end, hash, 0) : known;
}

test.each([
  ['mixed well', hashBytes],
  ['all alike', () => 7],
])('equal bytes have one row and others another, with hashes %s', (_, hashOf) => {
  const interner = new ByteInterner();
  const texts = Array.from({ length: 1_000 }, (_, index) => `\t ${index.toString(16)} main (/bin/a)`);
  expect(texts.map((text) => intern(interner, text, hashOf))).toEqual(texts.map((_, index) => index));
  expect(texts.map((text, index) => intern(interner, text, hashOf, index % 9))).toEqual(
    texts.map((_, index) => index),
  );
});

test('bytes that are equal as numbers only are different bytes', () => {
  const interner = new ByteInterner();
  // Read as floats: zero and minus zero, and twice what is no number.
  const texts = ['\0\0\0\0\0\0\0\0', '\0\0\0\0\0\0\0\x80', '\xff'.repeat(8), `${'\xff'.repeat(7)}\x7f`];
  expect(texts.map((text) => intern(interner, text, () => 7))).toEqual([0, 1, 2, 3]);
  expect(texts.map((text) => intern(interner, text, () => 7))).toEqual([0, 1, 2, 3]);
});

test('a line ends behind its first line feed, whatever bytes stand before it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), (before, start) => {
      const bytes = Buffer.from([...before, 0x0a, 0x0b, 0x8a, 0x0a]);
      const at = Math.min(start, before.length);
      expect(findLineEnd(viewOf(bytes), at, bytes.length)).toBe(bytes.indexOf(0x0a, at) + 1);
    }),
  );
});
