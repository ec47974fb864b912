import { setTimeout as sleep } from 'node:timers/promises';

/** What listeners are doing right now, so that a process that ends can wait for it. */
export class PendingWork {
  readonly #pending = new Set<Promise<unknown>>();

  async keep(work: Promise<void>): Promise<void> {
    this.#pending.add(work);
    await work.finally(() => this.#pending.delete(work));
  }

  /** Ends when nothing is pending, or after the limit. Failures are told to whoever called the listener. */
  async settle(limitMs: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#pending), sleep(limitMs, undefined, { ref: false })]);
  }
}
