import { randomBytes } from 'node:crypto';
import type { Message } from './model.ts';

const usesLimit = 5;
const lifeMs = 30 * 60_000;

export type ResponseTarget = {
  channel: string;
  user: string;
  /** The message whose button was pressed; null for a command. */
  original: Message | null;
};

type ResponseUrl = ResponseTarget & { usesLeft: number; createdMs: number };

/** Addresses that let an app answer one person's action: five times, for half an hour. */
export class ResponseUrls {
  readonly #urls = new Map<string, ResponseUrl>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  create(target: ResponseTarget): string {
    for (const [secret, { createdMs }] of this.#urls) {
      if (this.#clock() - createdMs > 2 * lifeMs) this.#urls.delete(secret);
    }
    const secret = randomBytes(24).toString('base64url');
    this.#urls.set(secret, { ...target, usesLeft: usesLimit, createdMs: this.#clock() });
    return secret;
  }

  /** @returns where the answer goes, or the name of Slack's error */
  use(secret: string): ResponseTarget | 'expired_url' | 'used_url' | 'invalid_url' {
    const url = this.#urls.get(secret);
    if (url === undefined) return 'invalid_url';
    if (this.#clock() - url.createdMs > lifeMs) return 'expired_url';
    if (url.usesLeft === 0) return 'used_url';
    url.usesLeft -= 1;
    return url;
  }
}
