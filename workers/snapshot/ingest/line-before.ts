import { viewOf } from './byte-view.ts';
import { findLineEnd } from './line-hash.ts';

const NOWHERE = -1;
const none = viewOf(Buffer.alloc(0));

/** The stack line read last, if it is not known: is the next one the same? Also where a piece of text ends between. */
export class LineBefore {
  #start = NOWHERE;
  /** The line, when it stood in an earlier piece of text; else empty. */
  #carried = none;

  /** @param start of a line in the current piece of text */
  set(start: number): void {
    this.#start = start;
  }

  clear(): void {
    this.#start = NOWHERE;
    this.#carried = none;
  }

  /** Keeps the line when its piece of text is about to go. */
  carry(text: Buffer, view: DataView): void {
    if (this.#start === NOWHERE) return;
    const end = findLineEnd(view, this.#start, view.byteLength);
    this.#carried = viewOf(Buffer.from(text.subarray(this.#start, end)));
    this.#start = NOWHERE;
  }

  /** True when the line from `start` to `end`, further on in the same piece of text or in a later one, equals it. */
  equals(view: DataView, start: number, end: number): boolean {
    // Bytes that end in a line feed, and stand where a line begins, are that line.
    if (this.#start !== NOWHERE) return hasSameBytes(view, start, end, view, this.#start);
    return this.#carried.byteLength === end - start && hasSameBytes(view, start, end, this.#carried, 0);
  }
}

function hasSameBytes(
  view: DataView,
  start: number,
  end: number,
  other: DataView,
  otherStart: number,
): boolean {
  for (let at = start; at < end; at++) {
    if (view.getUint8(at) !== other.getUint8(otherStart + at - start)) return false;
  }
  return true;
}
