import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PerfMap, parseMapPid, readPerfMap } from '../../../workers/snapshot/ingest/perf-map.ts';
import { limits, writeRecording } from './recordings.ts';

function mapOf(...lines: string[]): PerfMap {
  const map = new PerfMap();
  for (const line of lines) map.addLine(line);
  return map;
}

test.each([
  [
    '0x00007ff058ec71c0 0x0000000000000270 java.lang.Object x.Unsafe.get(java.lang.Object, long)',
    0x7ff058ec71c0,
    'java.lang.Object x.Unsafe.get(java.lang.Object, long)',
  ],
  [
    '7face00353dc 80 JS:* file:///srv/app/server.mjs:7:47',
    0x7face00353dc,
    'JS:* file:///srv/app/server.mjs:7:47',
  ],
  ['7FACE00353DC 80 py::main:/srv/worker.py', 0x7face00353dc + 0x7f, 'py::main:/srv/worker.py'],
])('map line %j names its addresses', (line, address, name) => {
  expect(mapOf(line).find(address)?.name).toBe(name);
});

test('an address before, behind and between ranges has no name', () => {
  const map = mapOf('100 10 a', '200 10 b');
  expect([0xff, 0x100, 0x10f, 0x110, 0x1ff, 0x200, 0x210].map((address) => map.find(address)?.name)).toEqual([
    undefined,
    'a',
    'a',
    undefined,
    undefined,
    'b',
    undefined,
  ]);
});

test('the last line that covers an address wins, in part too', () => {
  const map = mapOf(
    '100 100 old',
    '140 10 moved',
    '180 100 newer',
    '1c0 10 newest',
    'no line',
    '150 0 empty',
  );
  const names = [0x100, 0x13f, 0x140, 0x14f, 0x150, 0x17f, 0x180, 0x1bf, 0x1c0, 0x1d0, 0x27f, 0x280].map(
    (address) => map.find(address)?.name,
  );
  expect(names).toEqual([
    'old',
    'old',
    'moved',
    'moved',
    'old',
    'old',
    'newer',
    'newer',
    'newest',
    'newer',
    'newer',
    undefined,
  ]);
});

test('any map gives what a search from its last line gives', () => {
  const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
      const map = mapOf(
        ...ranges.map(([start, size], line) => `${start.toString(16)} ${size.toString(16)} ${line}`),
      );
      for (let address = 0; address < 90; address++) {
        const line = ranges.findLastIndex(([start, size]) => start <= address && address < start + size);
        expect(map.find(address)?.name).toBe(line === -1 ? undefined : String(line));
      }
    }),
  );
});

test('a map of a runtime that was still writing is read up to its last whole line', async () => {
  const map = await readPerfMap(writeRecording('100 10 a\r\n200 10 b\n30'), 'perf-1.map', limits);
  expect(map.lineCount).toBe(2);
  expect(map.find(0x205)).toEqual({ name: 'b', start: 0x200 });
});

test.each([
  ['tmp/perf-11.map', 11],
  ['/tmp/perf-11.map', 11],
  ['perf-11.map', 11],
  ['tmp/superperf-11.map', null],
  ['perf-x.map', null],
])('%s belongs to process %s', (name, pid) => {
  expect(parseMapPid(name)).toBe(pid);
});
