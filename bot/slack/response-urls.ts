import type { Logger } from 'pino';
import type { RequestId } from '../../storage/database/store.ts';
import type { Reply } from '../replies/reply.ts';
import { toSafeUrl } from '../replies/safe-url.ts';

/** Slack takes five answers within half an hour. */
const validMs = 30 * 60_000;
const mostRemembered = 1_000;
const answerMs = 10_000;

/**
 * Addresses at which the sender of a slash command can be answered although Avalanche may not post in the
 * channel. Kept in memory only: they are the last resort, and worthless after half an hour.
 */
export class ResponseUrls {
  readonly #urls = new Map<RequestId, { url: string; untilMs: number }>();
  readonly #origins: readonly string[];
  readonly #log: Logger;
  readonly #now: () => number;

  /** @param bases addresses whose hosts may be answered; nothing is sent anywhere else */
  constructor(options: { bases: readonly string[]; log: Logger; now: () => number }) {
    this.#origins = options.bases.map((base) => new URL(base).origin);
    this.#log = options.log;
    this.#now = options.now;
  }

  remember(id: RequestId, url: string): void {
    this.#urls.set(id, { url, untilMs: this.#now() + validMs });
    const [oldest] = this.#urls.keys();
    if (this.#urls.size > mostRemembered && oldest !== undefined) this.#urls.delete(oldest);
  }

  /** Answers the sender of a request, where one is remembered. Once, and best effort: a failure is logged. */
  async answerRequest(id: RequestId, reply: Reply): Promise<void> {
    const known = this.#urls.get(id);
    this.#urls.delete(id);
    if (known !== undefined && known.untilMs > this.#now()) await this.answer(known.url, reply);
  }

  /**
   * @param threadTs the thread in which the person pressed, to see the answer there
   * @returns whether Slack took the answer
   */
  async answer(url: string, { text, blocks }: Reply, threadTs: string | null = null): Promise<boolean> {
    const safeUrl = toSafeUrl(url);
    if (safeUrl === null || !this.#origins.includes(new URL(safeUrl).origin)) {
      this.#log.warn('Response address is none of Slack');
      return false;
    }
    try {
      const response = await fetch(safeUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({
          response_type: 'ephemeral',
          replace_original: false,
          text,
          blocks,
          ...(threadTs === null ? {} : { thread_ts: threadTs }),
        }),
        redirect: 'error',
        signal: AbortSignal.timeout(answerMs),
      });
      await response.body?.cancel();
      if (!response.ok) this.#log.warn({ status: response.status }, 'Response address refused the answer');
      return response.ok;
    } catch (error) {
      this.#log.warn({ err: error }, 'Response address did not answer');
      return false;
    }
  }
}
