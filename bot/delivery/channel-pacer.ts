/** Slack's limit for chat.postMessage: about one message a second and channel, with room for short bursts. */
const postEveryMs = 1_000;
/** chat.update has a limit of its own, some 50 a minute for everything: progress has to leave room for the rest. */
const updateEveryMs = 1_000;
const progressEveryMs = 2_000;

/** Beyond these the oldest are forgotten: forgetting costs no more than one message that is early. */
const mostRemembered = 2_000;

/** A message about to be sent. `name` is its own for as long as it lives. */
export type Turn = { channel: string; name: string; kind: 'progress' | 'result'; isUpdate: boolean };

/**
 * When a channel may get its next message, and a message its next change. Posts and changes are paced apart,
 * as Slack counts them apart. All times are as the caller's clock has them.
 */
export class ChannelPacer {
  readonly #freeAt = new Map<string, number>();

  dueAt({ channel, name, kind, isUpdate }: Turn): number {
    const waits = [channel, isUpdate ? `${channel} updates` : `${channel} posts`];
    if (kind === 'progress') waits.push(name);
    return Math.max(...waits.map((wait) => this.#freeAt.get(wait) ?? 0));
  }

  take({ channel, name, isUpdate }: Turn, nowMs: number): void {
    if (isUpdate) this.#keep(`${channel} updates`, nowMs + updateEveryMs);
    else this.#keep(`${channel} posts`, nowMs + postEveryMs);
    this.#keep(name, nowMs + progressEveryMs);
  }

  /** Slack asked to be left alone. */
  block(channel: string, untilMs: number): void {
    this.#keep(channel, Math.max(untilMs, this.#freeAt.get(channel) ?? 0));
  }

  #keep(wait: string, timeMs: number): void {
    this.#freeAt.delete(wait);
    this.#freeAt.set(wait, timeMs);
    const [oldest] = this.#freeAt.keys();
    if (this.#freeAt.size > mostRemembered && oldest !== undefined) this.#freeAt.delete(oldest);
  }
}
