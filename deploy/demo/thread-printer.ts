import type { Message } from '../../bot/playground/model.ts';
import type { Playground } from '../../bot/playground/start-playground.ts';

/**
 * Prints a thread to the terminal as it grows, from what stands in Slack and nothing else. An edited message
 * prints its first line again while it is progress; at the end `printWhole` shows each message as it stands.
 */
export class ThreadPrinter {
  readonly #playground: Playground;
  readonly #write: (line: string) => void;
  readonly #startedAt = performance.now();
  readonly #lastLine = new Map<string, string>();
  readonly #channel: string;
  readonly stop: () => void;
  /** When the thread last changed, ms since 1970. */
  changedAt = 0;

  constructor(playground: Playground, channel: string, write: (line: string) => void) {
    this.#playground = playground;
    this.#channel = channel;
    this.#write = write;
    this.stop = playground.onChange((change) => {
      if (change.kind !== 'message' || change.message.channel !== this.#channelId()) return;
      if (change.message.user !== playground.bot.userId) return;
      this.changedAt = Date.now();
      this.#printChange(change.message);
    });
  }

  printWhole(ts: string): void {
    for (const message of this.#playground.thread(this.#channel, ts)) {
      const indent = message.threadTs === null || message.threadTs === message.ts ? '  ' : '    ';
      this.#write('');
      for (const line of linesOf(message, this.#playground)) this.#write(`${indent}${line}`);
    }
    this.#write('');
  }

  #channelId(): string | undefined {
    return this.#playground.channels.find(({ name }) => name === this.#channel)?.id;
  }

  #printChange(message: Message): void {
    const [line = ''] = linesOf(message, this.#playground);
    if (this.#lastLine.get(message.ts) === line) return;
    this.#lastLine.set(message.ts, line);
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    this.#write(`  ${seconds} s  ${message.visibleTo === null ? '' : '(only you) '}${line}`);
  }
}

/** A message as plain lines: its blocks, its files, or its text. */
export function linesOf(message: Message, playground: Playground): string[] {
  const files = message.fileIds.flatMap((id) => {
    const file = playground.file(id);
    return file === undefined
      ? []
      : [
          `[${file.mimetype.startsWith('image/') ? 'picture' : 'file'}] ${file.title} (${Math.round(file.size / 1024)} kB)`,
        ];
  });
  const blocks = message.blocks.flatMap((block) => textOf(block).split('\n'));
  const lines = [...blocks, ...files].filter((line) => line.trim() !== '');
  return lines.length > 0 ? lines : [plain(message.text)];
}

/** All text inside a block, in reading order; a list item or a section begins a new line. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (value === null || typeof value !== 'object') return '';
  const node = value as Record<string, unknown>;
  const own =
    typeof node.text === 'string'
      ? node.type === 'mrkdwn'
        ? plain(node.text)
        : node.text
      : textOf(node.text);
  const children = textOf(node.fields) + textOf(node.elements);
  const isLine = typeof node.type === 'string' && /^(rich_text_|section$|header$|context$)/.test(node.type);
  const place = node.type === 'link' && typeof node.url === 'string' ? ` (${node.url})` : '';
  return `${own}${place}${children}${isLine ? '\n' : ''}`;
}

function plain(mrkdwn: string): string {
  return mrkdwn
    .replaceAll(/<(https?:[^|>]+)\|([^>]*)>/g, '$2 ($1)')
    .replaceAll(/[*_`]/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
