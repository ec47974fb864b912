/**
 * The grammar of single lines of `perf script` text, shared by all readers of it.
 *
 *     index shard 0    12/14 [000] U  4248.039678:   10101010 cpu-clock:ppp:
 *     comm             pid/tid cpu misc time         period   event
 *             7f443cc6f090 _start+0x1b (/lib/x86_64-linux-gnu/ld-2.27.so)
 *             address      symbol offset module
 *
 * @see tools/perf/builtin-script.c (perf_sample__fprintf_start) and util/evsel_fprintf.c in the Linux sources
 */

/** Strings are latin1, one character a byte, and may be slices of a larger one. */
export type EventHeader = {
  /** The whole line. */
  text: string;
  comm: string;
  /** -1 when the line has one number only: the text cannot tell, it is taken as the tid. */
  pid: number;
  tid: number;
  /** Seconds on the recording's clock, in ms; NaN without a time. */
  timeMs: number;
  /** Value of the counter; null when the line has none. */
  period: number | null;
  /** With modifiers, without the last colon: `cycles:uppp`, `sched:sched_switch`; '' when it was not printed. */
  event: string;
  /** What follows the event: nothing, the payload of a tracepoint, or the only frame. */
  rest: string;
};

export type FrameLine = {
  /** The whole line. */
  text: string;
  /** Hex digits. */
  address: string;
  /** Without `+0xoffset`; '' when there is none. */
  symbol: string;
  /** What stands in the last parentheses; '' when there are none. */
  module: string;
};

/**
 * The time is the fixed point of a header: a comm may hold blanks, numbers, slashes, colons and brackets
 * (`index shard 0`, `GC Thread#0`, `kworker/0:0H`, `[ET_NET 0]`), so everything is read leftwards from it.
 * Behind its point stand nanoseconds or microseconds; simpleperf writes these without leading zeros.
 */
const timedHeader =
  /(?:^|\s)(-?\d+)(?:\/(-?\d+))?\s+(?:\[-?\d+\]\s+)?(?:[A-Za-z]{1,8}\s+)?(\d{1,12})\.(\d{9}|\d{1,6}):(?=\s|$)/;

/** `func_ab 15294 cpu-clock: `: recorded or printed without times. */
const untimedHeader = /(?:^|\s)(-?\d+)(?:\/(-?\d+))?\s+(?:\[-?\d+\]\s+)?(\S+):\s*$/;

/** Everything up to the event is far shorter, so that no line, however long and odd, takes long to judge. */
const longestHeader = 512;

const periodAndEvent = /^\s*(?:(\d+)\s+)?(\S+?):(?=\s|$)/;

/** Printed without the event. */
const periodAlone = /^\s*(\d+)?\s*$/;

/** A record that is no sample: `PERF_RECORD_LOST lost 2`. */
const recordName = /^\s*PERF_RECORD_(\w+)/;

export type HeaderLine = EventHeader | { record: string; rest: string };

/** @returns null for a line that is no header with a time */
export function parseTimedHeader(text: string): HeaderLine | null {
  const match = timedHeader.exec(text.slice(0, longestHeader));
  if (match === null) return null;
  const [whole, first, second, seconds, fraction] = match;
  const rest = text.slice(match.index + whole.length);
  const record = recordName.exec(rest);
  if (record !== null) return { record: record[1]!, rest: rest.slice(record[0].length) };
  const event = periodAndEvent.exec(rest) ?? periodAlone.exec(rest);
  if (event === null) return null;
  return {
    text,
    comm: trimBlanks(text.slice(0, match.index)),
    ...parseIds(first!, second),
    timeMs: Number(seconds) * 1e3 + Number(fraction) / (fraction!.length === 9 ? 1e6 : 1e3),
    period: event[1] === undefined ? null : Number(event[1]),
    event: event[2] ?? '',
    rest: rest.slice(event[0].length),
  };
}

/** @returns null for a line that is no header without a time; lines of other programs may look like one */
export function parseUntimedHeader(text: string): EventHeader | null {
  if (text.length > longestHeader) return null;
  const match = untimedHeader.exec(text);
  if (match === null || match.index === 0 || !/[^\d:]/.test(match[3]!)) return null;
  const comm = trimBlanks(text.slice(0, match.index));
  // `comm 12/14 10101010 cycles:` has a period; a lone number before the last one cannot be told from a comm.
  const paired = /(?:^|\s)(-?\d+)\/(-?\d+)(?:\s+\[-?\d+\])?$/.exec(comm);
  const isPeriod = paired !== null && match[2] === undefined;
  return {
    text,
    comm: isPeriod ? trimBlanks(comm.slice(0, paired.index)) : comm,
    ...(isPeriod ? parseIds(paired[1]!, paired[2]) : parseIds(match[1]!, match[2])),
    timeMs: Number.NaN,
    period: isPeriod ? Number(match[1]) : null,
    event: match[3]!,
    rest: '',
  };
}

function parseIds(first: string, second: string | undefined): { pid: number; tid: number } {
  return second === undefined ? { pid: -1, tid: Number(first) } : { pid: Number(first), tid: Number(second) };
}

const frameStart = /^[\t ]*([0-9a-f]{1,16})(?:[\t ]|$)/;
const offset = /\+0x[0-9a-f]+$/;

/** @returns null for a line that does not begin with an address */
export function parseFrameLine(text: string): FrameLine | null {
  const match = frameStart.exec(text);
  if (match === null) return null;
  const rest = text.slice(match[0].length);
  const open = findModule(rest);
  const symbol = trimBlanks(open === -1 ? rest : rest.slice(0, open)).replace(offset, '');
  const module = open === -1 ? '' : rest.slice(open + 1, rest.lastIndexOf(')'));
  return { text, address: match[1]!, symbol, module };
}

/**
 * Where the last balanced group of parentheses opens; -1 without one. Modules hold blanks and
 * parentheses of their own, `(/usr/lib/x.so (deleted))`, and so do symbols, `operator()(int)`.
 */
function findModule(text: string): number {
  let depth = 0;
  for (let index = text.lastIndexOf(')'); index >= 0; index--) {
    const code = text.charCodeAt(index);
    if (code === 0x29) depth += 1;
    else if (code === 0x28) {
      depth -= 1;
      if (depth === 0) return index === 0 || isBlank(text.charCodeAt(index - 1)) ? index : -1;
    }
  }
  if (depth === 0) return -1;
  const unbalanced = text.lastIndexOf(' (', text.lastIndexOf(')'));
  return unbalanced === -1 ? -1 : unbalanced + 1;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** As `trim`, which takes 0xA0 for a blank: in UTF-8 that is the last byte of `à` and of many others. */
function trimBlanks(latin1: string): string {
  let start = 0;
  let end = latin1.length;
  while (start < end && isBlank(latin1.charCodeAt(start))) start += 1;
  while (end > start && isBlank(latin1.charCodeAt(end - 1))) end -= 1;
  return latin1.slice(start, end);
}
