import { GrowingColumn } from '../../../../storage/profile/growing-column.ts';
import type { Milliseconds, Thread } from '../../../../storage/profile/profile.ts';
import type { ReadContext } from '../format.ts';
import { sampleEvents } from './sample-events.ts';

/** `pid` is -1 where the JVM had not said its own yet. */
type JfrThread = Omit<Thread, 'pod'>;

export type JfrSample = {
  /** Row in `sampleEvents`. */
  event: number;
  timeMs: Milliseconds;
  /** As `thread` gave it. */
  thread: number;
  stack: number;
  count: number;
  weight: number;
};

/**
 * Samples of a whole recording before the profile gets them. Which events there are is known only at the end,
 * and the one that people look at first has to be the profile's first.
 */
export class JfrSamples {
  readonly #event = new GrowingColumn((length) => new Uint8Array(length));
  readonly #timeMs = new GrowingColumn((length) => new Float64Array(length));
  readonly #thread = new GrowingColumn((length) => new Uint32Array(length));
  readonly #stack = new GrowingColumn((length) => new Int32Array(length));
  readonly #count = new GrowingColumn((length) => new Float64Array(length));
  readonly #weight = new GrowingColumn((length) => new Float64Array(length));
  readonly #seen = new Set<number>();
  readonly #threads: JfrThread[] = [];

  get length(): number {
    return this.#event.length;
  }

  /** Name of the event that comes first in the profile. */
  get firstEvent(): string | undefined {
    return sampleEvents.find((_, event) => this.#seen.has(event))?.name;
  }

  thread(thread: JfrThread): number {
    return this.#threads.push(thread) - 1;
  }

  add({ event, timeMs, thread, stack, count, weight }: JfrSample): void {
    this.#seen.add(event);
    this.#event.push(event);
    this.#timeMs.push(timeMs);
    this.#thread.push(thread);
    this.#stack.push(stack);
    this.#count.push(count);
    this.#weight.push(weight);
  }

  /**
   * @param pid of threads for which it was not known
   * @param shiftMs from the clock of the samples to that of the profile
   * @returns the time of the earliest on the profile's clock; NaN when there are none
   */
  moveTo(
    { builder, pod }: Pick<ReadContext, 'builder' | 'pod'>,
    pid: number,
    shiftMs: Milliseconds,
  ): Milliseconds {
    const events = sampleEvents.map(({ name, unit }, event) =>
      this.#seen.has(event) ? builder.event(name, unit) : -1,
    );
    const threads = this.#threads.map((thread) =>
      builder.thread({ ...thread, pid: thread.pid === -1 ? pid : thread.pid, pod }),
    );
    let firstMs = Number.NaN;
    for (let row = 0; row < this.length; row++) {
      const timeMs = this.#timeMs.values[row]! + shiftMs;
      if (!(timeMs >= firstMs)) firstMs = timeMs;
      builder.addSample({
        timeMs,
        thread: threads[this.#thread.values[row]!]!,
        stack: this.#stack.values[row]!,
        event: events[this.#event.values[row]!]!,
        count: this.#count.values[row]!,
        weight: this.#weight.values[row]!,
      });
    }
    return firstMs;
  }
}
