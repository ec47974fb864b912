import { ByteInterner, CROWDED, NOT_FOUND } from './byte-interner.ts';
import { copyBytes, viewOf } from './byte-view.ts';
import { findLineEnd, hashBytes } from './line-hash.ts';

const lineFeed = 0x0a;
const blank = 0x20;
const tab = 0x09;
const point = 0x2e;
const colon = 0x3a;
const zero = 0x30;
/** Stands for digits that were left out: no header has one but at its end. */
const leftOut = lineFeed;
/** A shape begins with how many line feeds it has, so that none is the beginning of another. */
const feedsWithoutPeriod = 2;
const feedsWithPeriod = 3;

const longestShape = 512;
/** Threads by processors by events, in any recording seen; what is beyond is read as strings. */
const mostShapes = 20_000;
const mostSecondDigits = 12;
const mostPeriodDigits = 15;

/**
 * Knows headers by their shape, which is all of them but the digits of time and period:
 *
 *      gateway    12/17    [001]  3792.931283:   10101010 cpu-clock:ppp:⏎
 *     3gateway    12/17    [001]  ⏎:   ⏎ cpu-clock:ppp:⏎
 *
 * Headers of one shape have the same thread and event, whoever reads them: no pattern of theirs looks at the
 * digits of either number. So one of each shape is read as a string, and the others by these numbers alone.
 */
export class HeaderShapes<Origin> {
  /** Of the header sought last; NaN when it cannot have a shape. */
  timeMs = Number.NaN;
  period: number | null = null;
  /** Where its line ended. */
  end = 0;
  readonly #shapes = new ByteInterner();
  readonly #origins: Origin[] = [];
  readonly #scratch = viewOf(Buffer.alloc(longestShape + 4));
  #length = 0;
  #hash = 0;
  #timeStart = 0;

  /**
   * Reads the header at `at`, whose line ends before `limit`, and sets time, period and end.
   *
   * @returns what was remembered for its shape; undefined for a new one, and for lines of another make
   */
  find(view: DataView, at: number, limit: number): Origin | undefined {
    this.timeMs = Number.NaN;
    this.#length = 0;
    const last = Math.min(limit, at + longestShape);
    const timeEnd = this.#findTime(view, at, last);
    if (timeEnd === NOT_FOUND) return undefined;
    if (!this.#leaveOutDigits(view, at, timeEnd, limit)) {
      this.timeMs = Number.NaN;
      return undefined;
    }
    this.#hash = hashBytes(this.#scratch, 0, this.#length);
    const shape = this.#shapes.find(this.#scratch, 0, this.#length, this.#hash);
    if (shape === CROWDED) this.timeMs = Number.NaN;
    return shape < 0 ? undefined : this.#origins[this.#shapes.valueOf(shape)];
  }

  /** @param origin that of the header sought last and not found, read otherwise: with this time and period */
  remember(origin: Origin, timeMs: number, period: number | null): void {
    if (timeMs !== this.timeMs || period !== this.period || this.#origins.length >= mostShapes) return;
    const value = this.#origins.push(origin) - 1;
    this.#shapes.add(this.#scratch, 0, this.#length, this.#hash, value);
  }

  /** @returns where the first `digits.digits:` between blanks ends, at its colon; micro- or nanoseconds only */
  #findTime(view: DataView, start: number, last: number): number {
    for (let at = start; at < last; at++) {
      const code = view.getUint8(at);
      if (code === lineFeed) return NOT_FOUND;
      if (code !== point) continue;
      const fractionEnd = skipDigits(view, at + 1, last);
      const digits = fractionEnd - at - 1;
      if ((digits !== 6 && digits !== 9) || fractionEnd + 1 >= last) continue;
      if (view.getUint8(fractionEnd) !== colon || view.getUint8(fractionEnd + 1) > blank) continue;
      const seconds = findDigits(view, start, at);
      if (seconds === NOT_FOUND) continue;
      this.#timeStart = seconds;
      const fraction = readDigits(view, at + 1, fractionEnd) / (digits === 9 ? 1e6 : 1e3);
      this.timeMs = readDigits(view, seconds, at) * 1e3 + fraction;
      return fractionEnd;
    }
    return NOT_FOUND;
  }

  /** @returns false when the line is too long for a shape, or its period for a number */
  #leaveOutDigits(view: DataView, start: number, timeEnd: number, limit: number): boolean {
    let at = timeEnd + 1;
    while (at < limit && isBlank(view.getUint8(at))) at += 1;
    const periodEnd = skipDigits(view, at, limit);
    const hasPeriod = periodEnd > at && periodEnd < limit && view.getUint8(periodEnd) <= blank;
    if (hasPeriod && periodEnd - at > mostPeriodDigits) return false;
    this.period = hasPeriod ? readDigits(view, at, periodEnd) : null;
    this.end = findLineEnd(view, at, limit);
    if (this.end - start > longestShape) return false;
    this.#scratch.setUint8(0, hasPeriod ? feedsWithPeriod : feedsWithoutPeriod);
    this.#length = 1;
    this.#keep(view, start, this.#timeStart);
    this.#scratch.setUint8(this.#length++, leftOut);
    if (hasPeriod) {
      this.#keep(view, timeEnd, at);
      this.#scratch.setUint8(this.#length++, leftOut);
      this.#keep(view, periodEnd, this.end);
    } else {
      this.#keep(view, timeEnd, this.end);
    }
    return true;
  }

  #keep(view: DataView, start: number, end: number): void {
    copyBytes(view, start, end, this.#scratch, this.#length);
    this.#length += end - start;
  }
}

function skipDigits(view: DataView, start: number, last: number): number {
  let at = start;
  while (at < last && isDigit(view.getUint8(at))) at += 1;
  return at;
}

/** Where the digits before `end` begin, when a blank stands before them. */
function findDigits(view: DataView, start: number, end: number): number {
  let at = end;
  while (at > start && isDigit(view.getUint8(at - 1))) at -= 1;
  const isNumber = at < end && end - at <= mostSecondDigits && at > start;
  return isNumber && isBlank(view.getUint8(at - 1)) ? at : NOT_FOUND;
}

function readDigits(view: DataView, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + view.getUint8(at) - zero;
  return value;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= 0x39;
}

function isBlank(code: number): boolean {
  return code === blank || code === tab;
}
