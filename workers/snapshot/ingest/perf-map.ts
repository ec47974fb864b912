import { createReadStream } from 'node:fs';
import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { LineSplitter, longestLineBytes, ownText } from './line-splitter.ts';
import type { FrameLine } from './perf-script-lines.ts';

/** Symbol maps of just-in-time compiled code by pid, as written to `/tmp/perf-PID.map`. */
export type PerfMaps = ReadonlyMap<number, PerfMap>;

/** 16 digits in JDK's form, with 0x; without in those of Node, Python and perf-map-agent. */
const mapLine = /^(?:0x)?([0-9a-f]{1,16})\s+(?:0x)?([0-9a-f]{1,16})\s+(.+)$/i;
/** Node's map grows as long as the process lives: some 100,000 lines in a large service. */
const mostMapLines = 5_000_000;
const mapName = /(?:^|\/)perf-(\d+)\.map$/;

/** The pid of a map, from its name in an archive or from a frame's module; null for other names. */
export function parseMapPid(name: string): number | null {
  const match = mapName.exec(name);
  return match === null ? null : Number(match[1]);
}

/**
 * One runtime's map. It is a log, not a table: code is moved and freed while it grows, so ranges overlap
 * and the last line that covers an address is the one in force.
 */
export class PerfMap {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #names: string[] = [];
  #segments: { start: number; line: number }[] | null = null;

  get lineCount(): number {
    return this.#names.length;
  }

  /** Lines that are no map lines are skipped: the file may end anywhere, its runtime was still writing. */
  addLine(line: string): void {
    const match = mapLine.exec(line);
    if (match === null) return;
    const start = Number.parseInt(match[1]!, 16);
    const size = Number.parseInt(match[2]!, 16);
    if (size === 0) return;
    this.#starts.push(start);
    this.#ends.push(start + size);
    this.#names.push(ownText(match[3]!));
    this.#segments = null;
  }

  /** @returns name and start of the code at an address; undefined where the map has nothing */
  find(address: number): { name: string; start: number } | undefined {
    this.#segments ??= layoutSegments(this.#starts, this.#ends);
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const line = this.#segments[low - 1]?.line ?? -1;
    return line === -1 ? undefined : { name: this.#names[line]!, start: this.#starts[line]! };
  }
}

/**
 * Cuts overlapping ranges into segments that each name the last line covering them, -1 for gaps. A sweep
 * over the sorted ends; the lines open at a point are a heap by line number, closed ones leave it late.
 */
function layoutSegments(
  starts: readonly number[],
  ends: readonly number[],
): { start: number; line: number }[] {
  const byStart = starts.map((_, line) => line).sort((a, b) => starts[a]! - starts[b]!);
  const points = [...new Set([...starts, ...ends])].sort((a, b) => a - b);
  const open = new LargestFirst();
  const segments: { start: number; line: number }[] = [];
  let next = 0;
  for (const start of points) {
    while (next < byStart.length && starts[byStart[next]!]! <= start) open.push(byStart[next++]!);
    while (open.largest !== -1 && ends[open.largest]! <= start) open.pop();
    if (segments.at(-1)?.line !== open.largest) segments.push({ start, line: open.largest });
  }
  return segments;
}

/** A binary heap of line numbers. */
class LargestFirst {
  readonly #heap: number[] = [];

  /** -1 when it is empty. */
  get largest(): number {
    return this.#heap[0] ?? -1;
  }

  push(value: number): void {
    const heap = this.#heap;
    let index = heap.push(value) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (heap[parent]! >= value) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = value;
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child += 1;
      if (heap[child]! <= last) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

/**
 * @param name for messages
 * @throws AvalancheError RECORDING_TOO_LARGE
 */
export async function readPerfMap(path: string, name: string, limits: Limits): Promise<PerfMap> {
  const map = new PerfMap();
  const lines = new LineSplitter(name, longestLineBytes(limits));
  for await (const chunk of createReadStream(path)) {
    lines.push(chunk, (line) => map.addLine(line));
    if (map.lineCount > mostMapLines) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read symbol map "${name}": more than ${mostMapLines} lines (restart the process to begin a new one)`,
      );
    }
  }
  lines.end((line) => map.addLine(line));
  return map;
}

/**
 * Names a frame of just-in-time compiled code from the archive's own map. Such frames come with their
 * absolute address.
 *
 * @param keepsNames false where perf looked for the map in /tmp of this machine: what it found there, if
 *   anything, was of another process
 */
export function fillFrame(frame: FrameLine, maps: PerfMaps, keepsNames: boolean): FrameLine {
  const pid = parseMapPid(frame.module);
  if (pid === null || (keepsNames && frame.symbol !== '[unknown]')) return frame;
  const address = Number.parseInt(frame.address, 16);
  const found = maps.get(pid)?.find(address);
  const symbol = found?.name ?? '[unknown]';
  const shown = found === undefined ? symbol : `${symbol}+0x${(address - found.start).toString(16)}`;
  return { ...frame, symbol, text: `\t${frame.address} ${shown} (${frame.module})` };
}
