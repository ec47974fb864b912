import { setTimeout as wait } from 'node:timers/promises';

/** Spreads bytes over time: all that share one together get no more than its rate. */
export class Pace {
  readonly #bytesPerMs: number;
  #freeAt = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Waits until the time that these bytes take is over. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + bytes / this.#bytesPerMs;
    await wait(this.#freeAt - now, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
