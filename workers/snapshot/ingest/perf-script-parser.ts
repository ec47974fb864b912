import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { NOT_FOUND } from './byte-interner.ts';
import { viewOf } from './byte-view.ts';
import { EventStack } from './event-stack.ts';
import { FrameTexts } from './frame-texts.ts';
import { HeaderShapes } from './header-shapes.ts';
import { KnownLines } from './known-lines.ts';
import { LineBefore } from './line-before.ts';
import { findLineEnd } from './line-hash.ts';
import { longestLineBytes } from './line-splitter.ts';
import { fillFrame, type PerfMaps } from './perf-map.ts';
import {
  type EventHeader,
  type FrameLine,
  type HeaderLine,
  parseFrameLine,
  parseTimedHeader,
  parseUntimedHeader,
} from './perf-script-lines.ts';
import { WholeLines } from './whole-lines.ts';

/**
 * What a reader of perf script text makes of it. All strings are latin1 and not slices of anything larger.
 *
 * Strings are given only for what is seen for the first time (and now and then again, in a large recording):
 * a frame becomes a number, a header an `Origin`, and samples are made of these.
 */
export type PerfScriptHandler<Origin extends object> = {
  /** False when frames of one symbol and module are the same whatever their address: few lines are new then. */
  readonly needsAddresses: boolean;
  readFrame(line: FrameLine): number;
  /** @returns what a sample gets from its header beside time and period; may be used for many samples */
  readHeader(header: EventHeader): Origin;
  takeSample(sample: EventSample<Origin>): void;
  /** A line that begins with `#`. */
  takeComment(text: string): void;
  /** `type` without PERF_RECORD_: LOST, COMM ... */
  takeRecord(type: string, detail: string): void;
  /** Something odd, as a fixed text. */
  takeOddity(text: string): void;
};

export type EventSample<Origin> = Pick<EventHeader, 'timeMs' | 'period'> & {
  origin: Origin;
  /** To be read during the call only. */
  stack: EventStack;
  /** False for a last event that no blank line follows: the text may have been cut there. */
  isClosed: boolean;
};

type PerfScriptOptions = {
  /** For messages. */
  name: string;
  limits: Limits;
  maps: PerfMaps | null;
  /** True where the text was written on the machine that recorded it, or for a lone file. */
  keepsNames: boolean;
};

/** What is kept of lines and of their frames' texts before beginning anew: some ten times what 1 GB has of them. */
const rememberedBytes = 128 * 1024 ** 2;

const hash = 0x23;
const tab = 0x09;
const blank = 0x20;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

const lineWithoutEvent = 'a stack line without an event';

/** `  file.c:12`, `  libc.so.6[27b25]`: what `-F +srcline` adds below a frame; and lines of blanks only. */
const sourceLine = /^\s*$|^ {2}\S.*(?::\d+|\[[0-9a-f]+\])$/;

/**
 * Reads `perf script` text in chunks of any size.
 *
 * Two kinds of line make up nearly all of it, and neither becomes a string once it is known: stack lines are
 * looked up as bytes, and headers by all but their time and period. What is left goes through the grammar of
 * perf-script-lines.ts, which alone says what a line means.
 *
 * A new header ends an event just as a blank line does (with some field lists there are none), and so
 * does the end of the text.
 */
export class PerfScriptParser<Origin extends object> {
  readonly #handler: PerfScriptHandler<Origin>;
  readonly #options: PerfScriptOptions;
  readonly #wholeLines: WholeLines;
  readonly #onLines = (lines: Buffer) => this.#takeLines(lines);
  readonly #shapes = new HeaderShapes<Origin>();
  readonly #stack = new EventStack();
  readonly #lineBefore = new LineBefore();
  #lines = new KnownLines();
  #frames = new FrameTexts();
  /** The header of the event that is being read; undefined between events. */
  #origin: Origin | undefined;
  #timeMs = Number.NaN;
  #period: number | null = null;
  #hasTimes = false;

  constructor(handler: PerfScriptHandler<Origin>, options: PerfScriptOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#wholeLines = new WholeLines(options.name, longestLineBytes(options.limits));
  }

  /** @param chunk may be written over afterwards */
  push(chunk: Buffer): void {
    this.#wholeLines.push(chunk, this.#onLines);
  }

  end(): void {
    const last = this.#wholeLines.end();
    if (last !== null) {
      this.#takeLines(Buffer.concat([last, Buffer.from('\n')]));
      this.#handler.takeOddity('the text ends inside a line');
    }
    this.#endEvent(false);
  }

  #takeLines(bytes: Buffer): void {
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; ) at = this.#takeLine(bytes, view, at);
    this.#lineBefore.carry(bytes, view);
  }

  /** Takes all of a stack, or one other line. @returns where the next line begins */
  #takeLine(bytes: Buffer, view: DataView, at: number): number {
    const first = view.getUint8(at);
    if (isIndent(first)) return this.#takeIndented(bytes, view, at);
    if (first === lineFeed) return this.#takeBlankLine(at + 1);
    const origin = this.#shapes.find(view, at, bytes.length);
    if (origin !== undefined) {
      this.#beginEvent(origin, this.#shapes.timeMs, this.#shapes.period);
      return this.#shapes.end;
    }
    const end = findLineEnd(view, at, bytes.length);
    this.#takeUnindented(bytes, view, at, end);
    return end;
  }

  /** Frames, or a header whose comm is right-aligned: `          perf  6447 16450.092164: …`. */
  #takeIndented(bytes: Buffer, view: DataView, start: number): number {
    const limit = view.byteLength;
    let at = start;
    while (at < limit && isIndent(view.getUint8(at))) {
      const lines = this.#lines;
      const line = lines.read(view, at, limit);
      const { end } = lines;
      if (line === NOT_FOUND) this.#takeNewIndented(bytes, view, at, end);
      else this.#pushFrame(lines.frameOf(line), line);
      at = end;
    }
    return at;
  }

  #takeNewIndented(bytes: Buffer, view: DataView, at: number, end: number): void {
    if (!this.#needsAddresses && this.#origin !== undefined) {
      const frame = this.#frames.find(view, at, end);
      if (frame !== NOT_FOUND) {
        this.#addLine(frame, view, at, end);
        return;
      }
    }
    const text = this.#readText(bytes, at, end);
    if (view.getUint8(at) === blank && this.#takeTimedHeader(text) !== null) return;
    const line = parseFrameLine(text);
    if (line === null) {
      if (!sourceLine.test(text)) this.#handler.takeOddity('a stack line that cannot be read');
      return;
    }
    if (this.#origin === undefined) {
      this.#handler.takeOddity(lineWithoutEvent);
      return;
    }
    const frame = this.#readFrame(line);
    if (!this.#needsAddresses) this.#frames.add(frame);
    this.#addLine(frame, view, at, end);
  }

  get #needsAddresses(): boolean {
    return this.#handler.needsAddresses || this.#options.maps !== null;
  }

  /** A blank line right after the header is a fault, its stack still follows. */
  #takeBlankLine(next: number): number {
    if (this.#stack.depth > 0) this.#endEvent();
    return next;
  }

  #takeUnindented(bytes: Buffer, view: DataView, at: number, end: number): void {
    const text = this.#readText(bytes, at, end);
    if (text === '') this.#takeBlankLine(end);
    else if (text.charCodeAt(0) === hash) this.#handler.takeComment(text);
    else if (!this.#takeNewHeader(text)) this.#takeUnindentedFrame(text, view, at);
  }

  #takeNewHeader(text: string): boolean {
    const header = this.#takeTimedHeader(text);
    if (header === null) return this.#takeUntimedHeader(text);
    const isPlain = !('record' in header) && header.rest.trim() === '';
    if (isPlain && this.#origin !== undefined) {
      this.#shapes.remember(this.#origin, header.timeMs, header.period);
    }
    return true;
  }

  /** In pastes; anything else is some program's message. */
  #takeUnindentedFrame(text: string, view: DataView, at: number): void {
    const line = this.#origin === undefined ? null : parseFrameLine(text);
    if (line === null || (line.symbol === '' && line.module === '')) {
      this.#handler.takeOddity('a line that is neither event nor stack');
      return;
    }
    const known = this.#lines.read(view, at, view.byteLength);
    const { end } = this.#lines;
    if (known === NOT_FOUND) this.#addLine(this.#readFrame(line), view, at, end);
    else this.#pushFrame(this.#lines.frameOf(known), known);
  }

  /** @returns null for a line that is no header with a time */
  #takeTimedHeader(text: string): HeaderLine | null {
    const header = parseTimedHeader(text);
    if (header === null) return null;
    if ('record' in header) {
      this.#endEvent();
      this.#handler.takeRecord(header.record, header.rest);
      return header;
    }
    this.#hasTimes = true;
    this.#beginEvent(this.#handler.readHeader(header), header.timeMs, header.period);
    if (header.rest.length > 0) this.#takeInlineFrame(header.rest);
    return header;
  }

  /** Where events have times, a line without one is some program's message. */
  #takeUntimedHeader(text: string): boolean {
    const header = this.#hasTimes ? null : parseUntimedHeader(text);
    if (header === null) return false;
    this.#beginEvent(this.#handler.readHeader(header), header.timeMs, header.period);
    return true;
  }

  /** Without call chains the only frame stands on the header's line, where a tracepoint has its payload. */
  #takeInlineFrame(rest: string): void {
    const frame = parseFrameLine(rest);
    if (frame === null || frame.address.length <= 3 || frame.module === '') return;
    this.#pushFrame(this.#readFrame(frame), NOT_FOUND);
  }

  #readFrame(line: FrameLine): number {
    const { limits, maps, keepsNames, name } = this.#options;
    if (line.symbol.length > limits.frameNameBytes) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${name}": a function's name has ${line.symbol.length} bytes (at most limits.frameNameBytes ${limits.frameNameBytes})`,
      );
    }
    return this.#handler.readFrame(maps === null ? line : fillFrame(line, maps, keepsNames));
  }

  /** The line that was read last and is not known. Where the one before it was not either, their bytes are compared. */
  #addLine(frame: number, view: DataView, at: number, end: number): void {
    const stack = this.#stack;
    const line = this.#lines.add(view, frame);
    const mayRepeat = line !== NOT_FOUND && stack.endsUnnumbered(frame);
    if (mayRepeat && this.#lineBefore.equals(view, at, end)) stack.number(line);
    this.#pushFrame(frame, line);
    this.#lineBefore.set(at);
  }

  #pushFrame(frame: number, line: number): void {
    if (this.#origin === undefined) {
      this.#handler.takeOddity(lineWithoutEvent);
      return;
    }
    if (this.#stack.depth >= this.#options.limits.stackDepth) this.#refuseDepth();
    this.#stack.push(frame, line);
  }

  #refuseDepth(): never {
    const { limits, name } = this.#options;
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${name}": a stack has more than ${limits.stackDepth} frames (set by limits.stackDepth)`,
    );
  }

  #beginEvent(origin: Origin, timeMs: number, period: number | null): void {
    this.#endEvent();
    this.#origin = origin;
    this.#timeMs = timeMs;
    this.#period = period;
  }

  #endEvent(isClosed = true): void {
    const origin = this.#origin;
    if (origin === undefined) return;
    const stack = this.#stack;
    this.#handler.takeSample({ origin, timeMs: this.#timeMs, period: this.#period, stack, isClosed });
    this.#origin = undefined;
    this.#lineBefore.clear();
    stack.clear();
    this.#forgetMany();
  }

  #forgetMany(): void {
    if (this.#lines.storedBytes > rememberedBytes) this.#lines = new KnownLines();
    if (this.#frames.storedBytes > rememberedBytes) this.#frames = new FrameTexts();
  }

  /** A line as a string of its own, without its end. */
  #readText(bytes: Buffer, start: number, end: number): string {
    const isCrlf = end - start > 1 && bytes[end - 2] === carriageReturn;
    const textEnd = end - (isCrlf ? 2 : 1);
    this.#wholeLines.checkLength(textEnd - start);
    return bytes.toString('latin1', start, textEnd);
  }
}

function isIndent(code: number): boolean {
  return code === tab || code === blank;
}
