import { AvalancheError } from '../../../storage/errors.ts';
import { IntList } from '../../../storage/profile/int-list.ts';
import { FrameKind, type Milliseconds } from '../../../storage/profile/profile.ts';
import type { EventStack } from './event-stack.ts';
import type { ReadContext } from './format.ts';
import { findModuleKind, findSymbolKind } from './frame-kind.ts';
import { decodeText } from './line-splitter.ts';
import { parseMapPid } from './perf-map.ts';
import { PerfScriptComments } from './perf-script-comments.ts';
import type { EventHeader, FrameLine } from './perf-script-lines.ts';
import type { EventSample, PerfScriptHandler } from './perf-script-parser.ts';

/** What a sample has from its header: rows of the profile. */
type Origin = { thread: number; event: number };

/** A stack line as frames of the profile. */
type ProfileFrame = {
  /** Outermost first: more than one where a symbol names what is inlined in it. Empty for a line that is itself inlined. */
  rows: readonly number[];
  kind: FrameKind;
  module: string;
  /** The name of a line that is inlined in the next real one; '' for the others. */
  inlinedName: string;
  /** Frames of such a line by the module it is inlined in; null for the others. */
  inlinedRows: Map<string, number> | null;
};

/** What the frames of one module have in common. */
type Module = {
  /** As people read it. */
  name: string;
  kind: FrameKind;
  /** The pid's own map of code compiled at run time. */
  isMap: boolean;
  /** Numbers of frames by symbol. */
  frames: Map<string, number>;
};

/** In place of a row: the frame is not simply one of the profile. */
const NO_ROW = -1;
/** Events with times are in order within one recording; a step back by more than this is another clock. */
const largeStepMs = 60_000;
/** `: http-nio-8080-exec-1:12/33`, ` lost 2`: what is used of records is short. */
const longestRecord = 256;
/** More kinds of event than anyone records at once. */
const mostEvents = 1_000;

/** Makes samples of a profile out of perf script text. */
export class PerfScriptProfile implements PerfScriptHandler<Origin> {
  readonly comments = new PerfScriptComments();
  /** Profiles show functions, wherever in them a sample was taken. */
  readonly needsAddresses = false;
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #events = new Map<string, number>();
  readonly #threads = new Map<string, number>();
  readonly #frames: ProfileFrame[] = [];
  readonly #modules = new Map<string, Module>();
  /** By number: the only row of a frame, or NO_ROW for those that need a closer look. */
  readonly #rows = new IntList();
  /** The stack being added, outermost first. */
  readonly #path = new IntList();
  /** Learned from COMM records, for headers with the tid alone. */
  readonly #pidsByTid = new Map<number, number>();
  #firstMs = Number.NaN;
  #latestMs = Number.NEGATIVE_INFINITY;
  #clockPeriod = 0;

  constructor(name: string, context: ReadContext) {
    this.#name = name;
    this.#context = context;
  }

  readFrame({ symbol, module: path }: FrameLine): number {
    const module = this.#modules.get(path) ?? this.#addModule(path);
    const known = module.frames.get(symbol);
    if (known !== undefined) return known;
    const frame = this.#describeFrame(symbol, module);
    module.frames.set(symbol, this.#frames.length);
    this.#rows.push(frame.rows.length === 1 ? frame.rows[0]! : NO_ROW);
    return this.#frames.push(frame) - 1;
  }

  readHeader(header: EventHeader): Origin {
    return { thread: this.#findThread(header), event: this.#findEvent(header) };
  }

  takeSample({ origin, timeMs, period, stack }: EventSample<Origin>): void {
    const { builder, limits } = this.#context;
    if (builder.sampleCount >= limits.sampleCount) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${this.#name}": more than ${limits.sampleCount} samples (set by limits.sampleCount)`,
      );
    }
    this.#watchClock(timeMs);
    const { thread, event } = origin;
    builder.addSample({ timeMs, thread, event, stack: this.#addStack(stack), count: 1, weight: period ?? 1 });
  }

  takeComment(text: string): void {
    this.comments.take(text);
  }

  takeRecord(type: string, detail: string): void {
    const text = detail.slice(0, longestRecord);
    if (type === 'COMM') this.#learnPid(text);
    if (type !== 'LOST' && type !== 'LOST_SAMPLES') return;
    this.#context.builder.addLost(Number(/lost\D*(\d+)/.exec(text)?.[1] ?? 0));
  }

  takeOddity(text: string): void {
    this.#context.builder.warn(`perf script: ${text}`);
  }

  /**
   * Hands on what the recording says of itself; the recorder's own note goes before it.
   *
   * @returns the time of the first sample; NaN without one
   */
  end(): Milliseconds {
    const { command, host } = this.comments;
    const { facts } = this.#context;
    const rateHz = facts?.rateHz ?? this.comments.rateHz ?? this.#clockRateHz();
    this.#context.builder.setRecording({
      ...(host === null ? {} : { host }),
      ...(rateHz === null ? {} : { rateHz }),
      ...(command === null || facts?.command != null ? {} : { command }),
    });
    return this.#firstMs;
  }

  #addModule(path: string): Module {
    const isMap = parseMapPid(path) !== null;
    const module = { name: decodeText(path), kind: findModuleKind(path), isMap, frames: new Map() };
    this.#modules.set(path, module);
    return module;
  }

  #describeFrame(symbol: string, module: Module): ProfileFrame {
    const kind = findSymbolKind(symbol, module.kind);
    const name = symbol === '' ? '[unknown]' : decodeText(symbol);
    if (kind === FrameKind.Inlined) {
      return { rows: [], kind, module: '', inlinedName: name, inlinedRows: new Map() };
    }
    // `outer->inlined`, written by perf-map-agent; elsewhere `->` is part of a name: `operator->`, `Fn() -> T`.
    const names = module.isMap ? name.split('->') : [name];
    const { builder } = this.#context;
    const rows = names.map((part, depth) =>
      builder.frame({ name: part, module: module.name, kind: depth === 0 ? kind : FrameKind.Inlined }),
    );
    return { rows, kind, module: module.name, inlinedName: '', inlinedRows: null };
  }

  #addStack(stack: EventStack): number {
    const frames = stack.frames.values;
    const rows = this.#rows.values;
    const path = this.#path;
    path.length = 0;
    let enclosing: number | null = null;
    for (let index = stack.depth - 1; index >= 0; index--) {
      const frame = frames[index]!;
      const row = rows[frame]!;
      if (row === NO_ROW) this.#addOddFrame(frame, enclosing);
      else if (!stack.isRepeated(index) || !this.#isPrintedTwice(stack, index)) {
        path.push(row);
      }
      if (row !== NO_ROW || this.#frames[frame]!.kind !== FrameKind.Inlined) enclosing = frame;
    }
    return this.#context.builder.stackOf(path.values, path.length);
  }

  /** @param enclosing the nearest real frame outside of it */
  #addOddFrame(number: number, enclosing: number | null): void {
    const frame = this.#frames[number]!;
    if (frame.kind === FrameKind.Inlined) {
      const module = enclosing === null ? '' : this.#frames[enclosing]!.module;
      this.#path.push(this.#findInlinedRow(frame, module));
    } else {
      for (const row of frame.rows) this.#path.push(row);
    }
  }

  /**
   * With DWARF stacks perf prints the frame that made a system call twice, `__GI___libc_write` at one address.
   *
   * @param index of a line that equals the next inner one
   */
  #isPrintedTwice(stack: EventStack, index: number): boolean {
    if (index < 2) return false;
    const frames = stack.frames.values;
    const callee = this.#frames[frames[index - 2]!]!;
    return callee.kind === FrameKind.Kernel && this.#frames[frames[index]!]!.kind !== FrameKind.Kernel;
  }

  #findInlinedRow(frame: ProfileFrame, module: string): number {
    const known = frame.inlinedRows?.get(module);
    if (known !== undefined) return known;
    const row = this.#context.builder.frame({ name: frame.inlinedName, module, kind: FrameKind.Inlined });
    frame.inlinedRows?.set(module, row);
    return row;
  }

  #findThread({ comm, pid, tid }: EventHeader): number {
    const key = `${pid}/${tid} ${comm}`;
    const known = this.#threads.get(key);
    if (known !== undefined) return known;
    const { builder, pod } = this.#context;
    const ownPid = pid === -1 ? (this.#pidsByTid.get(tid) ?? -1) : pid;
    const row = builder.thread({ pod, pid: ownPid, tid, comm: decodeText(comm) });
    this.#threads.set(key, row);
    return row;
  }

  #findEvent({ event, period }: EventHeader): number {
    const known = this.#events.get(event);
    if (known !== undefined) return known;
    if (this.#events.size >= mostEvents) {
      throw new AvalancheError(
        'RECORDING_DAMAGED',
        `Cannot read "${this.#name}": more than ${mostEvents} different events (perf script text, at most a few wanted)`,
      );
    }
    const isClock = /^(?:cpu|task)-clock\b/.test(event);
    if (isClock && period !== null && this.#clockPeriod === 0) this.#clockPeriod = period;
    const unit = period === null ? 'samples' : isClock ? 'nanoseconds' : 'events';
    const row = this.#context.builder.event(event === '' ? 'samples' : decodeText(event), unit);
    this.#events.set(event, row);
    return row;
  }

  #learnPid(detail: string): void {
    const match = /:(\d+)\/(\d+)\s*$/.exec(detail);
    if (match !== null) this.#pidsByTid.set(Number(match[2]), Number(match[1]));
  }

  #watchClock(timeMs: number): void {
    if (timeMs < this.#latestMs - largeStepMs) this.takeOddity('time goes back by more than a minute');
    if (Number.isNaN(timeMs)) return;
    this.#latestMs = timeMs;
    if (!(this.#firstMs <= timeMs)) this.#firstMs = timeMs;
  }

  /** The period of a clock event is in nanoseconds: 10101010 is 99 Hz. */
  #clockRateHz(): number | null {
    return this.#clockPeriod > 1 ? Math.round(1e9 / this.#clockPeriod) : null;
  }
}
