import type { ActionsBlock, Button, RichTextBlock } from '@slack/types';
import { buttonRow } from './buttons.ts';
import { escapeText } from './escape.ts';
import type { RichTextPart } from './rich-text.ts';
import { line, person, richText, text as textElement } from './rich-text.ts';

/** What Slack gets: blocks to show, and a text for notifications and screen readers. */
export type Reply = { text: string; blocks: ReplyBlock[] };
export type ReplyBlock = RichTextBlock | ActionsBlock;

export type ExplorerLink = (snapshotId: string, chosen?: Record<string, string>) => string;

export type ReplyContext = {
  requestId: string;
  nowMs: number;
  /** Address of a snapshot in the explorer, with what is chosen there; absent where there is no explorer. */
  explorerLink?: ExplorerLink | undefined;
  /** Whoever pressed a button, where nothing else in the thread tells who asked. */
  askedBy?: string | null;
};

/**
 * Slack counts the text of all blocks together and refuses from about 11,300 on (slackapi/bolt-js#2867), with an
 * overhead nobody outside knows. The whole JSON is longer than the text, so this stays below whatever it counts.
 */
const longestBlocks = 9_500;

/** Level 0 shows everything; each further level shows less. The last one has to fit by itself. */
export type DetailLevel = 0 | 1 | 2;

/** The most detailed reply that Slack takes. */
export function buildReply(text: string, parts: (level: DetailLevel) => RichTextPart[]): Reply {
  const levels: DetailLevel[] = [0, 1, 2];
  const candidates = levels.map((level) => () => [richText(parts(level))]);
  for (const build of candidates) {
    const blocks = build();
    if (JSON.stringify(blocks).length <= longestBlocks) return { text: escapeText(text, 500), blocks };
  }
  return { text: escapeText(text, 500), blocks: cutBlocks(parts(2)) };
}

/** The same with buttons below. */
export function withButtons({ text, blocks }: Reply, buttons: readonly (Button | undefined)[]): Reply {
  return { text, blocks: [...blocks, ...buttonRow(buttons)] };
}

/** The same with the name of whoever pressed the button, above its own buttons. */
export function withAsker({ text, blocks }: Reply, askedBy: string | null): Reply {
  if (askedBy === null) return { text, blocks };
  const asker = richText([line(textElement('Asked for by ', { italic: true }), person(askedBy))]);
  const shown = blocks.filter(({ type }) => type !== 'actions');
  return { text, blocks: [...shown, asker, ...blocks.filter(({ type }) => type === 'actions')] };
}

/** For the case that even the shortest form is too long: whole parts from the top, as many as fit. */
function cutBlocks(parts: RichTextPart[]): RichTextBlock[] {
  let length = parts.length;
  while (length > 1 && JSON.stringify(richText(parts.slice(0, length))).length > longestBlocks) length -= 1;
  return [richText(parts.slice(0, length))];
}
