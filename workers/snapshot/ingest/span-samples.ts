import type { Limits } from '../../../storage/config.ts';
import { type EventType, type Milliseconds, NO_STACK } from '../../../storage/profile/profile.ts';
import type { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import type { ReadContext } from './format.ts';
import { tooLarge } from './recording-errors.ts';

/** A function that ran from one time to another, in ms on the recording's clock. */
export type Span = { startMs: number; endMs: number; frame: number };

type Segment = { startMs: number; endMs: number; stack: number; thread: number };

type SpanOptions = {
  /** For messages. */
  name: string;
  context: ReadContext;
  /** As warnings name it. */
  format: string;
  event: EventType;
  /** False where `startMs` and `endMs` are something else: bytes, counts. */
  isTimed: boolean;
};

/** A recording of many hours gets longer pieces, so that it stays as small as a sampled one. */
const mostPieces = 1_000_000;
const shortestPieceMs = 1;
/** Some 30,000 years: beyond it, pieces of a ms cannot be told apart. */
export const latestMs = 1e15;

/**
 * Makes samples of what was traced: functions that began and ended.
 *
 *     main  ├──────────────┤        samples   main   main;work   main
 *     work      ├──────┤                      4 ms     8 ms      4 ms, each cut into pieces of a ms
 *
 * Cut into pieces, so that a time range takes its part of a long one. The weight of a piece is its
 * microseconds; it counts as the samples that a sampler of 1 kHz would have taken.
 */
export class SpanSamples {
  readonly #options: SpanOptions;
  readonly #segments: Segment[] = [];

  constructor(options: SpanOptions) {
    this.#options = options;
  }

  /** Spans of one thread in any order. One that outlives its caller is cut there, with a warning. */
  addThread(thread: number, spans: readonly Span[]): void {
    // Callers first; at equal times as they were given.
    const { builder, limits } = this.#options.context;
    const ordered = [...spans].sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
    const open: { endMs: number; stack: number }[] = [];
    let sinceMs = 0;
    const runUntil = (endMs: number) => {
      const running = open.at(-1);
      if (running !== undefined) this.#addSegment({ startMs: sinceMs, endMs, stack: running.stack, thread });
      sinceMs = endMs;
    };
    const endUntil = (timeMs: number) => {
      for (let last = open.at(-1); last !== undefined && last.endMs <= timeMs; last = open.at(-1)) {
        runUntil(last.endMs);
        open.pop();
      }
    };
    for (const { startMs, endMs, frame } of ordered) {
      endUntil(startMs);
      runUntil(startMs);
      const caller = open.at(-1);
      if (caller !== undefined && endMs > caller.endMs) {
        builder.warn(`${this.#options.format}: a function that outlives its caller`);
      }
      open.push({
        endMs: Math.min(endMs, caller?.endMs ?? endMs),
        stack: builder.stack(caller?.stack ?? NO_STACK, frame),
      });
      if (open.length > limits.stackDepth) {
        this.#refuse(`a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
      }
    }
    endUntil(Number.POSITIVE_INFINITY);
  }

  /** @returns the time of the first sample; NaN without one */
  finish(): Milliseconds {
    const { isTimed, event } = this.#options;
    const { builder, limits } = this.#options.context;
    const totalMs = this.#segments.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs), 0);
    const pieceMs = Math.max(shortestPieceMs, totalMs / mostPieces);
    let firstMs = Number.NaN;
    for (const segment of this.#segments) {
      const row = builder.event(event.name, event.unit);
      if (isTimed) addPieces(segment, pieceMs, builder, row);
      else addWhole(segment, builder, row);
      if (isTimed && !(firstMs <= segment.startMs)) firstMs = segment.startMs;
      if (builder.sampleCount > limits.sampleCount) this.#refuseCount();
    }
    return firstMs;
  }

  #addSegment(segment: Segment): void {
    if (segment.endMs <= segment.startMs) return;
    this.#segments.push(segment);
    if (this.#segments.length > this.#options.context.limits.sampleCount) this.#refuseCount();
  }

  #refuseCount(): never {
    this.#refuse(`more than ${this.#options.context.limits.sampleCount} samples`, 'sampleCount');
  }

  #refuse(state: string, limit: keyof Limits): never {
    throw tooLarge(this.#options.name, state, limit);
  }
}

function addPieces(segment: Segment, pieceMs: number, builder: ProfileBuilder, event: number): void {
  const { startMs, endMs, stack, thread } = segment;
  const pieces = Math.ceil((endMs - startMs) / pieceMs);
  for (let piece = 0; piece < pieces; piece++) {
    const timeMs = startMs + piece * pieceMs;
    // To the ns: what is left of a difference of two large times is noise.
    const weight = Math.round(Math.min(pieceMs, endMs - timeMs) * 1e6) / 1e3;
    if (weight > 0) builder.addSample({ timeMs, thread, stack, event, count: weight / 1e3, weight });
  }
}

function addWhole({ startMs, endMs, stack, thread }: Segment, builder: ProfileBuilder, event: number): void {
  const weight = endMs - startMs;
  builder.addSample({ timeMs: Number.NaN, thread, stack, event, count: weight, weight });
}
