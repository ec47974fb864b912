import { type FrameDescription, FrameInterner } from './frame-interner.ts';
import { GrowingColumn } from './growing-column.ts';
import type { EventType, Milliseconds, Profile, Recording, SampleTable, Thread } from './profile.ts';
import { StackInterner } from './stack-interner.ts';

export type NewSample = {
  /** On the clock of the recording; NaN where the format has no times. */
  timeMs: Milliseconds;
  thread: number;
  /** Row given by `stack`, or NO_STACK. */
  stack: number;
  event: number;
  count: number;
  weight: number;
};

const unknownRecording = {
  command: null,
  host: null,
  rateHz: null,
  startedAtMs: null,
  revision: null,
  lostCount: 0,
};

/** Collects what a reader finds, in any order of time, and makes a Profile of it. */
export class ProfileBuilder {
  readonly #recording: Recording;
  readonly #warnings = new Map<string, number>();
  readonly #events: EventType[] = [];
  readonly #threads: Thread[] = [];
  readonly #threadRows = new Map<string, number>();
  readonly #frames = new FrameInterner();
  readonly #stacks = new StackInterner();
  readonly #timeMs = new GrowingColumn((length) => new Float64Array(length));
  readonly #thread = new GrowingColumn((length) => new Uint32Array(length));
  readonly #stack = new GrowingColumn((length) => new Int32Array(length));
  readonly #event = new GrowingColumn((length) => new Uint16Array(length));
  readonly #count = new GrowingColumn((length) => new Float64Array(length));
  readonly #weight = new GrowingColumn((length) => new Float64Array(length));

  constructor(recording: { format: string } & Partial<Recording>) {
    this.#recording = { ...unknownRecording, hasTimes: true, durationMs: 0, warnings: [], ...recording };
    for (const { text, count } of this.#recording.warnings) this.warn(text, count);
  }

  get sampleCount(): number {
    return this.#timeMs.length;
  }

  get frameCount(): number {
    return this.#frames.length;
  }

  get stackCount(): number {
    return this.#stacks.length;
  }

  /** As set so far. */
  get startedAtMs(): Milliseconds | null {
    return this.#recording.startedAtMs;
  }

  setRecording(facts: Partial<Omit<Recording, 'warnings' | 'hasTimes' | 'durationMs'>>): void {
    Object.assign(this.#recording, facts);
  }

  addLost(count: number): void {
    this.#recording.lostCount += count;
  }

  warn(text: string, count = 1): void {
    this.#warnings.set(text, (this.#warnings.get(text) ?? 0) + count);
  }

  event(name: string, unit: string): number {
    const known = this.#events.findIndex((event) => event.name === name);
    return known >= 0 ? known : this.#events.push({ name, unit }) - 1;
  }

  thread(thread: Thread): number {
    const key = `${thread.pid} ${thread.tid} ${thread.comm.length} ${thread.comm}${thread.pod}`;
    const known = this.#threadRows.get(key);
    if (known !== undefined) return known;
    const row = this.#threads.push({ ...thread }) - 1;
    this.#threadRows.set(key, row);
    return row;
  }

  frame(frame: FrameDescription): number {
    return this.#frames.intern(frame);
  }

  /** @param parent the caller's row, or NO_STACK for the outermost frame */
  stack(parent: number, frame: number): number {
    return this.#stacks.intern(parent, frame);
  }

  /**
   * A whole stack at once, which is faster.
   *
   * @param frames outermost first; only the first `length` of them count
   * @returns NO_STACK without frames
   */
  stackOf(frames: Int32Array, length: number): number {
    return this.#stacks.internPath(frames, length);
  }

  addSample({ timeMs, thread, stack, event, count, weight }: NewSample): void {
    this.#timeMs.push(timeMs);
    this.#thread.push(thread);
    this.#stack.push(stack);
    this.#event.push(event);
    this.#count.push(count);
    this.#weight.push(weight);
  }

  /** Samples in order of time, times since the first of them. One sample without a time makes all of them without. */
  finish(): Profile {
    const samples: SampleTable = {
      timeMs: this.#timeMs.toArray(),
      thread: this.#thread.toArray(),
      stack: this.#stack.toArray(),
      event: this.#event.toArray(),
      count: this.#count.toArray(),
      weight: this.#weight.toArray(),
    };
    const hasTimes = samples.timeMs.length > 0 && !samples.timeMs.some(Number.isNaN);
    if (!hasTimes) samples.timeMs.fill(0);
    const ordered = isAscending(samples.timeMs) ? samples : sortByTime(samples);
    const firstMs = ordered.timeMs[0] ?? 0;
    for (let row = 0; row < ordered.timeMs.length; row++) ordered.timeMs[row]! -= firstMs;
    return {
      recording: {
        ...this.#recording,
        hasTimes,
        durationMs: ordered.timeMs.at(-1) ?? 0,
        warnings: [...this.#warnings].map(([text, count]) => ({ text, count })),
      },
      events: this.#events,
      threads: this.#threads,
      frames: this.#frames.toTable(),
      stacks: this.#stacks.toTable(),
      samples: ordered,
    };
  }
}

function isAscending(values: Float64Array): boolean {
  for (let row = 1; row < values.length; row++) {
    if (values[row]! < values[row - 1]!) return false;
  }
  return true;
}

function sortByTime(samples: SampleTable): SampleTable {
  const order = Uint32Array.from(samples.timeMs, (_, row) => row);
  // Rows break ties, so that equal times keep the order in which they were read.
  order.sort((a, b) => samples.timeMs[a]! - samples.timeMs[b]! || a - b);
  const pick = <Values extends Float64Array | Uint32Array | Int32Array | Uint16Array>(
    values: Values,
  ): Values => {
    const picked = values.slice() as Values;
    for (let row = 0; row < order.length; row++) picked[row] = values[order[row]!]!;
    return picked;
  };
  return {
    timeMs: pick(samples.timeMs),
    thread: pick(samples.thread),
    stack: pick(samples.stack),
    event: pick(samples.event),
    count: pick(samples.count),
    weight: pick(samples.weight),
  };
}
