import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventHeader, FrameLine } from '../../../workers/snapshot/ingest/perf-script-lines.ts';
import {
  type EventSample,
  type PerfScriptHandler,
  PerfScriptParser,
} from '../../../workers/snapshot/ingest/perf-script-parser.ts';
import { limits } from './recordings.ts';

type Origin = { header: string };

/** Writes every sample down as a line, `comm pid/tid event @time period: symbol (module); …`. */
class SampleLines implements PerfScriptHandler<Origin> {
  readonly needsAddresses = false;
  readonly lines: string[] = [];
  readonly #frames: string[] = [];

  readFrame({ symbol, module }: FrameLine): number {
    return this.#frames.push(`${symbol} (${module})`) - 1;
  }

  readHeader({ comm, pid, tid, event }: EventHeader): Origin {
    return { header: `${comm} ${pid}/${tid} ${event}` };
  }

  takeSample({ origin, timeMs, period, stack }: EventSample<Origin>): void {
    const numbers = stack.frames.values.subarray(0, stack.depth);
    const frames = Array.from(numbers, (number) => this.#frames[number]);
    this.lines.push(`${origin.header} @${timeMs} ${period}: ${frames.join('; ')}`);
  }

  takeComment(text: string): void {
    this.lines.push(text);
  }

  takeRecord(type: string, detail: string): void {
    this.lines.push(`${type} ${detail}`);
  }

  takeOddity(text: string): void {
    this.lines.push(text);
  }
}

function readSamples(text: string, chunkBytes = text.length): string[] {
  const samples = new SampleLines();
  const parser = new PerfScriptParser(samples, { name: 'text', limits, maps: null, keepsNames: true });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // The chunk is written over, as a file's reader does.
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
    parser.push(chunk);
    chunk.fill('#');
  }
  parser.end();
  return samples.lines;
}

const comm = fc.constantFrom(
  'java',
  'index shard 0',
  'a: 1.000000:',
  'x 12/14 [000] 2.000000: 7',
  ':12',
  'a\0b',
  '',
);
const ids = fc.constantFrom('12', '12/33', '-1/-1', '7 7');
const processor = fc.constantFrom('', ' [000]', ' [001] U', '\t[002]');
const time = fc.constantFrom('1.000000', '12.000001', '999999999999.123456', '3.123456789', '4.5', '5');
const period = fc.constantFrom('', ' 1', '    10101010', ' 1234567890123456', ' 007');
const event = fc.constantFrom(
  ' cycles:',
  ' cycles: ',
  '   cpu-clock:uhH: ',
  ' sched:sched_switch: prev=1',
  ' 12:',
  '',
  ' ',
  ' PERF_RECORD_LOST lost 2',
  ' cycles:     558fb5be3372 main+0x1 (/bin/a)',
);
const header = fc
  .tuple(fc.constantFrom('', '  '), comm, ids, processor, time, period, event)
  .map(([indent, name, id, cpu, at, value, kind]) => `${indent}${name} ${id}${cpu} ${at}:${value}${kind}`);
const frame = fc
  .tuple(
    fc.constantFrom('\t    ', '\t', '        ', '\t\t'),
    fc.constantFrom('7f01', '7f02', 'ffffffffb4343bad', '0', 'x', '7f0100000000000011'),
    fc.constantFrom(
      ' main',
      ' operator()(int)',
      ' a+0x2b',
      ' ',
      '',
      '  two',
      ' \xa0f',
      ' (anonymous)',
      ' f(int) ()',
    ),
    fc.constantFrom('', '+0x1', '+0xff', '+0x', '+0xg1'),
    fc.constantFrom(
      ' (/bin/a)',
      ' (/lib/x.so (deleted))',
      ' (/a+0x1 (b))',
      '',
      ' (/a',
      '(/bin/a)',
      ' ()',
      ' (/a) ',
    ),
  )
  .map((parts) => parts.join(''));
const lineEnd = fc.constantFrom('\n', '\r\n');
const eventText = fc
  .tuple(header, fc.array(frame, { maxLength: 6 }), lineEnd)
  .map(([first, frames, end]) => [first, ...frames, '', ''].join(end));

test('what is known by its bytes reads as if it were seen for the first time', () => {
  fc.assert(
    fc.property(fc.array(eventText, { maxLength: 12 }), (events) => {
      // Before each, an event that is closed: a header that cannot be read would give its stack to any other.
      const apart = events.map((text) => `a 1 1.000000: cycles:\n\t 1 f (/a)\n\n${text}`);
      expect(readSamples(apart.join(''))).toEqual(apart.flatMap((text) => readSamples(text)));
    }),
    { numRuns: 400 },
  );
});

test('chunks of any size read the same, though each is written over after it was taken', () => {
  fc.assert(
    fc.property(fc.array(eventText, { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (events, bytes) => {
      const text = events.join('');
      expect(readSamples(text, bytes)).toEqual(readSamples(text));
    }),
    { numRuns: 150 },
  );
});
