import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { LineSplitter, longestLineBytes, ownText } from './line-splitter.ts';
import { fillFrame, type PerfMaps } from './perf-map.ts';
import {
  type EventHeader,
  type FrameLine,
  parseFrameLine,
  parseTimedHeader,
  parseUntimedHeader,
} from './perf-script-lines.ts';

/** What a reader of perf script text makes of it. All strings are latin1 and may be slices: see LineSplitter. */
export type PerfScriptHandler<Frame> = {
  /** Called once for each distinct stack line (now and then again, in a large recording). */
  readFrame(line: FrameLine): Frame;
  /**
   * @param frames innermost first, to be read during the call only
   * @param isClosed false for a last event that no blank line follows: the text may have been cut there
   */
  takeSample(header: EventHeader, frames: readonly Frame[], isClosed: boolean): void;
  /** A line that begins with `#`. */
  takeComment(text: string): void;
  /** `type` without PERF_RECORD_: LOST, COMM ... */
  takeRecord(type: string, detail: string): void;
  /** Something odd, as a fixed text. */
  takeOddity(text: string): void;
};

type PerfScriptOptions = {
  /** For messages. */
  name: string;
  limits: Limits;
  maps: PerfMaps | null;
  /** True where the text was written on the machine that recorded it, or for a lone file. */
  keepsNames: boolean;
};

/** Stack lines remembered at once; more than any recording of minutes has (300,000 in one of 1 GB). */
const rememberedLines = 500_000;

const hash = 0x23;
const tab = 0x09;
const blank = 0x20;

/** `  file.c:12`, `  libc.so.6[27b25]`: what `-F +srcline` adds below a frame; and lines of blanks only. */
const sourceLine = /^\s*$|^ {2}\S.*(?::\d+|\[[0-9a-f]+\])$/;

/**
 * Reads `perf script` text in chunks of any size.
 *
 * A new header ends an event just as a blank line does (with some field lists there are none), and so
 * does the end of the text.
 */
export class PerfScriptParser<Frame> {
  readonly #handler: PerfScriptHandler<Frame>;
  readonly #options: PerfScriptOptions;
  readonly #lines: LineSplitter;
  readonly #onLine = (line: string) => this.#takeLine(line);
  readonly #known = new Map<string, Frame>();
  readonly #frames: Frame[] = [];
  #header: EventHeader | null = null;
  #hasTimes = false;

  constructor(handler: PerfScriptHandler<Frame>, options: PerfScriptOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#lines = new LineSplitter(options.name, longestLineBytes(options.limits));
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk, this.#onLine);
  }

  end(): void {
    if (this.#lines.end(this.#onLine)) this.#handler.takeOddity('the text ends inside a line');
    this.#endEvent(false);
  }

  #takeLine(line: string): void {
    switch (line.charCodeAt(0)) {
      case tab:
        this.#takeFrame(line);
        return;
      case blank:
        this.#takeIndented(line);
        return;
      case hash:
        this.#handler.takeComment(line);
        return;
      default:
        this.#takeUnindented(line);
    }
  }

  #takeFrame(line: string): void {
    const known = this.#known.get(line);
    if (known !== undefined) this.#pushFrame(known);
    else this.#takeNewFrame(line);
  }

  /** A frame of an old paste, or a header whose comm is right-aligned: `          perf  6447 16450.092164: …`. */
  #takeIndented(line: string): void {
    const known = this.#known.get(line);
    if (known !== undefined) this.#pushFrame(known);
    else if (!this.#takeTimedHeader(line)) this.#takeNewFrame(line);
  }

  #takeUnindented(line: string): void {
    if (line.length === 0) {
      // A blank line right after the header is a fault, its stack still follows.
      if (this.#frames.length > 0) this.#endEvent();
      return;
    }
    if (this.#takeTimedHeader(line) || this.#takeUntimedHeader(line)) return;
    const frame = this.#header === null ? null : parseFrameLine(ownText(line));
    if (frame !== null && (frame.symbol !== '' || frame.module !== '')) this.#rememberFrame(frame);
    else this.#handler.takeOddity('a line that is neither event nor stack');
  }

  #takeTimedHeader(line: string): boolean {
    const header = parseTimedHeader(line);
    if (header === null) return false;
    this.#endEvent();
    if ('record' in header) {
      this.#handler.takeRecord(header.record, header.rest);
      return true;
    }
    this.#hasTimes = true;
    this.#header = header;
    if (header.rest.length > 0) this.#takeInlineFrame(header);
    return true;
  }

  /** Where events have times, a line without one is some program's message. */
  #takeUntimedHeader(line: string): boolean {
    if (this.#hasTimes) return false;
    const header = parseUntimedHeader(line);
    if (header === null) return false;
    this.#endEvent();
    this.#header = header;
    return true;
  }

  /** Without call chains the only frame stands on the header's line, where a tracepoint has its payload. */
  #takeInlineFrame({ rest }: EventHeader): void {
    const frame = parseFrameLine(ownText(rest));
    if (frame !== null && frame.address.length > 3 && frame.module !== '') this.#rememberFrame(frame);
  }

  #takeNewFrame(slice: string): void {
    const line = parseFrameLine(ownText(slice));
    if (line !== null) this.#rememberFrame(line);
    else if (!sourceLine.test(slice)) this.#handler.takeOddity('a stack line that cannot be read');
  }

  /** @param line not a slice of a chunk */
  #rememberFrame(line: FrameLine): void {
    const { limits, maps, keepsNames, name } = this.#options;
    if (line.symbol.length > limits.frameNameBytes) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${name}": a function's name has ${line.symbol.length} bytes (at most limits.frameNameBytes ${limits.frameNameBytes})`,
      );
    }
    const frame = this.#handler.readFrame(maps === null ? line : fillFrame(line, maps, keepsNames));
    if (this.#known.size >= rememberedLines) this.#known.clear();
    this.#known.set(line.text, frame);
    this.#pushFrame(frame);
  }

  #pushFrame(frame: Frame): void {
    if (this.#header === null) {
      this.#handler.takeOddity('a stack line without an event');
      return;
    }
    const { limits, name } = this.#options;
    if (this.#frames.length >= limits.stackDepth) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${name}": a stack has more than ${limits.stackDepth} frames (set by limits.stackDepth)`,
      );
    }
    this.#frames.push(frame);
  }

  #endEvent(isClosed = true): void {
    if (this.#header === null) return;
    this.#handler.takeSample(this.#header, this.#frames, isClosed);
    this.#header = null;
    this.#frames.length = 0;
  }
}
