import type { RequestId } from '../../storage/database/store.ts';

const firstWaitMs = 2_000;
const longestWaitMs = 60_000;
const mostRemembered = 2_000;

/** When to try a request again whose delivery failed: after 2 s, 4 s, 8 s ... a minute. */
export class RetryTimes {
  readonly #failures = new Map<RequestId, { count: number; dueAt: number }>();

  dueAt(id: RequestId): number {
    return this.#failures.get(id)?.dueAt ?? 0;
  }

  /** @returns how long it waits now */
  postpone(id: RequestId, nowMs: number): number {
    const count = (this.#failures.get(id)?.count ?? 0) + 1;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (count - 1));
    this.#failures.delete(id);
    this.#failures.set(id, { count, dueAt: nowMs + waitMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > mostRemembered && oldest !== undefined) this.#failures.delete(oldest);
    return waitMs;
  }

  forget(id: RequestId): void {
    this.#failures.delete(id);
  }
}
