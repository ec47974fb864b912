import { WebAPIPlatformError } from '@slack/web-api';
import type { Clock } from '../../bot/delivery/clock.ts';
import type {
  OutgoingMessage,
  SharedFile,
  ShareUpload,
  SlackMethods,
} from '../../bot/delivery/slack-methods.ts';

/** Time that passes only when somebody sleeps. */
export class FakeClock implements Clock {
  #now = Date.now();
  now = () => this.#now;

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const dueAt = this.#now + ms;
    // Real work (the store's) goes on meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (!signal.aborted) this.#now = Math.max(this.#now, dueAt);
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}

type Method = keyof SlackMethods;
export type Posted = {
  ts: string;
  threadTs: string | null;
  channel: string;
  text: string;
  key: string;
  atMs: number;
  versions: string[];
};
/** What happens instead of the answer. With `lost`, Slack does what it was asked, and the answer gets lost. */
type Trouble = { method: Method; error: Error; lost?: boolean };

/** A channel as far as delivery touches it, with troubles to come in order. */
export class FakeSlack implements SlackMethods {
  readonly posts: Posted[] = [];
  readonly calls: Method[] = [];
  readonly updatesAtMs: number[] = [];
  readonly files: { id: string; bytes: number; shares: SharedFile['shares'] }[] = [];
  readonly troubles: Trouble[] = [];
  sharesFiles = true;
  readonly #clock: Clock;
  readonly #completed = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async postMessage(message: OutgoingMessage & { requestId: string; key: string }): Promise<{ ts: string }> {
    return this.#answer('postMessage', () => {
      const { channel, threadTs, text, key } = message;
      const ts = `1764028800.${String(this.posts.length + 1).padStart(6, '0')}`;
      this.posts.push({ ts, threadTs, channel, text, key, atMs: this.#clock.now(), versions: [text] });
      return { ts };
    });
  }

  async updateMessage({ ts, text }: Omit<OutgoingMessage, 'threadTs'> & { ts: string }): Promise<void> {
    return this.#answer('updateMessage', () => {
      const post = this.posts.find((candidate) => candidate.ts === ts);
      if (post === undefined) throw new RangeError(`Cannot update "${ts}": it is not there`);
      post.text = text;
      post.versions.push(text);
      this.updatesAtMs.push(this.#clock.now());
    });
  }

  async startUpload({
    bytes,
  }: {
    fileName: string;
    bytes: number;
  }): Promise<{ uploadUrl: string; fileId: string }> {
    return this.#answer('startUpload', () => {
      const id = `F${this.files.length + 1}`;
      this.files.push({ id, bytes, shares: [] });
      return { uploadUrl: `https://upload.example/${id}`, fileId: id };
    });
  }

  async uploadFile(): Promise<void> {
    return this.#answer('uploadFile', () => {});
  }

  async shareUpload({ fileId, channel, threadTs }: ShareUpload): Promise<void> {
    return this.#answer('shareUpload', () => {
      const file = this.files.find(({ id }) => id === fileId);
      // As Slack has it: a file is completed once.
      if (this.#completed.has(fileId)) throw new WebAPIPlatformError({ ok: false, error: 'file_not_found' });
      this.#completed.add(fileId);
      if (this.sharesFiles) file?.shares.push({ channel, threadTs, ts: `1764028900.${fileId}` });
    });
  }

  async getFile(fileId: string): Promise<SharedFile> {
    return this.#answer('getFile', () => {
      const shares = this.files.find(({ id }) => id === fileId)?.shares ?? [];
      return { permalink: `https://slack.example/files/${fileId}`, shares };
    });
  }

  async #answer<Value>(method: Method, act: () => Value): Promise<Value> {
    this.calls.push(method);
    const row = this.troubles.findIndex((trouble) => trouble.method === method);
    const [trouble] = row === -1 ? [] : this.troubles.splice(row, 1);
    if (trouble === undefined) return act();
    if (trouble.lost === true) act();
    throw trouble.error;
  }
}
