import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteInterner, CROWDED, NOT_FOUND } from '../../../workers/snapshot/ingest/byte-interner.ts';
import { copyBytes, viewOf } from '../../../workers/snapshot/ingest/byte-view.ts';
import { KnownLines } from '../../../workers/snapshot/ingest/known-lines.ts';
import { findLineEnd, hashBytes } from '../../../workers/snapshot/ingest/line-hash.ts';

/** Looks for a line at some place in a longer text, and adds a new one with its number among those added. */
function intern(interner: ByteInterner, line: string, hashOf: typeof hashBytes, indent = 0): number {
  const view = viewOf(Buffer.from(`${'-'.repeat(indent)}${line}--------`, 'latin1'));
  const end = indent + line.length;
  const hash = hashOf(view, indent, end);
  const known = interner.find(view, indent, end, hash);
  if (known === CROWDED) return CROWDED;
  return interner.valueOf(
    known === NOT_FOUND ? interner.add(view, indent, end, hash, interner.length) : known,
  );
}

const manyLines = Array.from({ length: 1_000 }, (_, index) => `\t ${index.toString(16)} main (/bin/a)\n`);

test('equal lines are one and others another, wherever they stand', () => {
  const interner = new ByteInterner();
  const numbers = manyLines.map((_, index) => index);
  expect(manyLines.map((line) => intern(interner, line, hashBytes))).toEqual(numbers);
  expect(manyLines.map((line, index) => intern(interner, line, hashBytes, index % 9))).toEqual(numbers);
});

test('lines made to have one hash are not all compared with each other', () => {
  const interner = new ByteInterner();
  const numbers = manyLines.map((_, index) => (index < 8 ? index : CROWDED));
  expect(manyLines.map((line) => intern(interner, line, () => 7))).toEqual(numbers);
  expect(manyLines.map((line) => intern(interner, line, () => 7))).toEqual(numbers);
});

test('lines made to have neighbouring hashes are given up on after some steps', () => {
  const interner = new ByteInterner();
  // All begin their way at the first slot of a table of any size they can bring about.
  const numbers = manyLines.map((line, index) => intern(interner, line, () => index << 20));
  expect(numbers.filter((number) => number === CROWDED).length).toBeGreaterThan(500);
});

test('bytes that are equal as numbers only are different bytes', () => {
  const interner = new ByteInterner();
  // Read as floats: zero and minus zero, and twice what is no number.
  const lines = ['\0\0\0\0\0\0\0\0', '\0\0\0\0\0\0\0\x80', '\xff'.repeat(8), `${'\xff'.repeat(7)}\x7f`];
  expect(lines.map((line) => intern(interner, `${line}\n`, () => 7))).toEqual([0, 1, 2, 3]);
  expect(lines.map((line) => intern(interner, `${line}\n`, () => 7))).toEqual([0, 1, 2, 3]);
});

test('a line that comes again has a number of its own and its frame, long or short, however many begin alike', () => {
  const word = fc.constantFrom('\t', ' ', 'main', 'aaaaaaaaaaaa', 'bbbbbbbbbbbb', '\xff');
  const line = fc.array(word, { maxLength: 6 }).map((words) => `${words.join('')}\n`);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 200 }), (lines) => {
      const view = viewOf(Buffer.from(lines.join(''), 'latin1'));
      const known = new KnownLines();
      const numbers = new Map<string, number>();
      let at = 0;
      for (const text of lines) {
        const number = known.read(view, at, view.byteLength);
        at += text.length;
        expect(known.end).toBe(at);
        expect(number).toBe(numbers.get(text) ?? NOT_FOUND);
        const frame = lines.indexOf(text);
        if (number !== NOT_FOUND) expect(known.frameOf(number)).toBe(frame);
        const added = number === NOT_FOUND ? known.add(view, frame) : NOT_FOUND;
        if (added !== NOT_FOUND) numbers.set(text, added);
      }
      expect(new Set(numbers.values()).size).toBe(numbers.size);
    }),
  );
});

test('a line is kept when it comes for the second time', () => {
  const known = new KnownLines();
  const view = viewOf(Buffer.from('\tffffffff816d8955 fput+0x5 ([kernel.kallsyms])\n'));
  const readAndAdd = () => {
    const number = known.read(view, 0, view.byteLength);
    return number === NOT_FOUND ? known.add(view, 3) : number;
  };
  expect(readAndAdd()).toBe(NOT_FOUND);
  const number = readAndAdd();
  expect(number).not.toBe(NOT_FOUND);
  expect(readAndAdd()).toBe(number);
  expect(known.frameOf(number)).toBe(3);
});

test('bytes are copied to any place, and nothing around them changes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), fc.nat(5), (bytes, indent, place) => {
      const from = viewOf(Buffer.from([...Array(indent).fill(1), ...bytes]));
      const to = Buffer.alloc(50, 7);
      copyBytes(from, indent, indent + bytes.length, viewOf(to), place);
      const after = Array(50 - place - bytes.length).fill(7);
      expect([...to]).toEqual([...Array(place).fill(7), ...bytes, ...after]);
    }),
  );
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
