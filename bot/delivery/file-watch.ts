import type { Logger } from 'pino';
import type { MessageRow, RequestRow, Store } from '../../storage/database/store.ts';
import { line, link, richText, text } from '../replies/rich-text.ts';
import type { Clock } from './clock.ts';
import { findShare } from './send-file.ts';
import type { SlackMethods } from './slack-methods.ts';

type Tools = { store: Store; slack: SlackMethods; clock: Clock; log: Logger };
type SentFile = { key: string; version: number; fileId: string };
type Watched = SentFile & { untilMs: number; waitMs: number };

/** Slack says yes to an upload before the file is in the thread, and sometimes it never gets there. */
const longestWatchMs = 15_000;
const firstWaitMs = 300;
const longestWaitMs = 2_000;

/**
 * Waits for uploaded files to appear in their thread, and learns their timestamps. Only then is a file noted as
 * delivered: whoever takes over from a process that died meanwhile finds the file, and asks where it stands.
 */
export class FileWatch {
  readonly #tools: Tools;
  #watched: Watched[] = [];

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  get isWatching(): boolean {
    return this.#watched.length > 0;
  }

  /** Whether this version of it is on its way. */
  has({ key, version }: MessageRow): boolean {
    return this.#watched.some((sent) => sent.key === key && sent.version === version);
  }

  add(sent: SentFile): void {
    const untilMs = this.#tools.clock.now() + longestWatchMs;
    this.#watched.push({ ...sent, untilMs, waitMs: firstWaitMs });
  }

  /** One pause and one look at the oldest. A look that fails is one that found nothing: the file is uploaded. */
  async look(request: RequestRow, threadTs: string | null, signal: AbortSignal): Promise<void> {
    const [sent, ...others] = this.#watched;
    if (sent === undefined) return;
    const { store, slack, clock, log } = this.#tools;
    await clock.sleep(sent.waitMs, signal);
    if (signal.aborted) return;
    this.#watched = others;
    const file = await slack.getFile(sent.fileId).catch((error: unknown) => {
      log.warn({ err: error, requestId: request.id }, 'Uploaded file could not be looked up');
      return null;
    });
    const share = file === null ? undefined : findShare(file, request, threadTs);
    if (share !== undefined) {
      const { key, version, fileId } = sent;
      await store.markDelivered(request.id, key, { version, slackTs: share.ts, slackFileId: fileId });
    } else if (clock.now() < sent.untilMs) {
      this.#watched.push({ ...sent, waitMs: Math.min(longestWaitMs, sent.waitMs * 2) });
    } else {
      await this.#postLink(request, threadTs, sent, file?.permalink ?? null);
    }
  }

  async #postLink(
    request: RequestRow,
    threadTs: string | null,
    sent: SentFile,
    permalink: string | null,
  ): Promise<void> {
    const { store, slack, log } = this.#tools;
    log.warn({ requestId: request.id, fileId: sent.fileId }, 'Slack took the file but does not show it');
    const words = 'The file was uploaded, but Slack does not show it here. ';
    const blocks = [richText([line(text(words), link(permalink, 'Open the file'))])];
    await slack.postMessage({
      channel: request.channelId,
      threadTs,
      text: words,
      blocks,
      requestId: request.id,
      key: sent.key,
    });
    const { key, version, fileId } = sent;
    await store.markDelivered(request.id, key, { version, slackFileId: fileId });
  }
}
