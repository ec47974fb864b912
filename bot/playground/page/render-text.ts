import type { InlineElement, RichElement, TextObject } from '../check-blocks.ts';
import { type Child, element, safeUrl } from './dom.ts';
import { emoji } from './emoji.ts';
import { type Mrkdwn, parseMrkdwn } from './mrkdwn.ts';
import type { State } from './state.ts';

export function renderMrkdwn(text: string, state: State, isLinking = true): Node[] {
  return parseMrkdwn(text, isLinking).map((node) => renderNode(node, state));
}

export function renderTextObject(text: TextObject, state: State): Node[] {
  if (text.type === 'mrkdwn') return renderMrkdwn(text.text, state, text.verbatim !== true);
  return renderPlainText(text.text, text.emoji !== false);
}

export function renderPlainText(text: string, withEmoji = true): Node[] {
  const parts = text.split(/:([a-z0-9_+-]+):/);
  return parts.map((part, row) => {
    if (row % 2 === 0) return document.createTextNode(part);
    return withEmoji ? renderEmoji(part) : document.createTextNode(`:${part}:`);
  });
}

const tags = {
  bold: 'b',
  italic: 'i',
  strike: 's',
  code: 'code',
  fence: 'pre',
  quote: 'blockquote',
} as const;

function renderNode(node: Mrkdwn, state: State): Node {
  switch (node.kind) {
    case 'text':
      return document.createTextNode(node.text);
    case 'break':
      return element('br');
    case 'link':
      return renderLink(node.url, node.label);
    case 'user':
      return renderUser(node.id, node.label, state);
    case 'channel':
      return renderChannel(node.id, node.label, state);
    case 'broadcast':
      return element('span', { class: 'mention mention-me' }, `@${node.range}`);
    case 'emoji':
      return renderEmoji(node.name);
    default:
      return element(tags[node.kind], {}, ...node.children.map((child) => renderNode(child, state)));
  }
}

function renderLink(address: string, label: string): Node {
  const url = safeUrl(address);
  if (url === null) return document.createTextNode(label);
  return element('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, label);
}

function renderUser(id: string, label: string, state: State): Node {
  const name = state.findUser(id)?.realName ?? (label || id);
  return element('span', { class: id === state.page.viewer ? 'mention mention-me' : 'mention' }, `@${name}`);
}

function renderChannel(id: string, label: string, state: State): Node {
  const channel = state.findChannel(id);
  if (channel === undefined) return element('span', { class: 'mention' }, `#${label || id}`);
  return element('a', { class: 'mention', href: `#${channel.id}` }, `#${channel.name}`);
}

function renderEmoji(name: string): Node {
  const found = Object.hasOwn(emoji, name) ? emoji[name] : undefined;
  if (found === undefined) return document.createTextNode(`:${name}:`);
  return element('span', { class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' ') }, found);
}

// ── rich text ───────────────────────────────────────────────────────────────────────────────────

export function renderRichElement(rich: RichElement, state: State): Node {
  switch (rich.type) {
    case 'rich_text_section':
      return element('div', {}, ...renderInlines(rich.elements, state));
    case 'rich_text_quote':
      return element('blockquote', {}, ...renderInlines(rich.elements, state));
    case 'rich_text_preformatted':
      return element('pre', {}, ...renderInlines(rich.elements, state));
    case 'rich_text_list':
      return element(
        rich.style === 'ordered' ? 'ol' : 'ul',
        {
          class: `indent-${rich.indent ?? 0}`,
          start: rich.style === 'ordered' ? (rich.offset ?? 0) + 1 : null,
        },
        ...rich.elements.map((section) => element('li', {}, ...renderInlines(section.elements, state))),
      );
  }
}

const renderInlines = (elements: readonly InlineElement[], state: State): Node[] =>
  elements.map((inline) => renderStyled(inline, renderInline(inline, state)));

function renderInline(inline: InlineElement, state: State): Node {
  switch (inline.type) {
    case 'text':
      return document.createTextNode(inline.text);
    case 'link':
      return renderLink(inline.url, inline.text ?? inline.url);
    case 'emoji':
      return renderEmoji(inline.name);
    case 'user':
      return renderUser(inline.user_id, '', state);
    case 'channel':
      return renderChannel(inline.channel_id, '', state);
    case 'broadcast':
      return element('span', { class: 'mention mention-me' }, `@${inline.range}`);
  }
}

function renderStyled({ style }: InlineElement, content: Child): Node {
  let node = content as Node;
  if (style?.code) node = element('code', {}, node);
  if (style?.strike) node = element('s', {}, node);
  if (style?.italic) node = element('i', {}, node);
  if (style?.bold) node = element('b', {}, node);
  if (style?.underline) node = element('u', {}, node);
  return node;
}
