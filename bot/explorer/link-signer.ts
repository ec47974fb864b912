import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link opens: one snapshot, and what it is compared with; nothing else. */
export type LinkClaims = {
  /** `s` and a snapshot's id, or the name of a file that lies open in a terminal. */
  subject: string;
  /** Milliseconds since 1970. */
  issuedAt: number;
  expiresAt: number;
};

/** Subjects are ids of our own; a longer one was not made here. */
const subjectShape = /^[\w-]{1,64}$/;
const tokenShape = /^([\w-]{1,64})\.([0-9a-z]{1,12})\.([0-9a-z]{1,12})\.([\w-]{43})$/;

/**
 * Makes and checks the tokens in links to the explorer. Equal claims give equal tokens, so that a message
 * rendered again is the same message.
 *
 *     <subject>.<issued, s in base 36>.<expires, s in base 36>.<HMAC-SHA-256 of all before>
 *
 * @param keys the first one signs, all are accepted: a key is changed by putting the new one in front
 */
export class LinkSigner {
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    if (keys.length === 0) throw new RangeError('Cannot sign links without a key');
    this.#keys = keys;
  }

  sign({ subject, issuedAt, expiresAt }: LinkClaims): string {
    if (!subjectShape.test(subject)) throw new RangeError(`Cannot sign a link to "${subject}"`);
    const claims = [subject, toSeconds(issuedAt), toSeconds(expiresAt)].join('.');
    return `${claims}.${macOf(this.#keys[0]!, claims)}`;
  }

  /** @returns null for a token that was not made here, was altered, or has expired; which of them is not told */
  verify(token: string, now: number): LinkClaims | null {
    const [, subject, issued, expires, mac] = tokenShape.exec(token) ?? [];
    if (subject === undefined || issued === undefined || expires === undefined || mac === undefined)
      return null;
    const claims = [subject, issued, expires].join('.');
    let isOurs = false;
    // Every key is tried, so that the time tells nothing about which one it was.
    for (const key of this.#keys) isOurs = isEqual(macOf(key, claims), mac) || isOurs;
    const [issuedAt, expiresAt] = [fromSeconds(issued), fromSeconds(expires)];
    return isOurs && now < expiresAt ? { subject, issuedAt, expiresAt } : null;
  }
}

function macOf(key: string, claims: string): string {
  // The purpose is part of what is signed: the key may serve for something else one day.
  return createHmac('sha256', key).update(`avalanche explorer link 1\n${claims}`).digest('base64url');
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const toSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000).toString(36);
const fromSeconds = (text: string) => Number.parseInt(text, 36) * 1000;
