import type { Message } from '../model.ts';
import { button, element, icon, icons, type Keyed } from './dom.ts';
import { renderBlock, renderImageFile, renderOtherFile } from './render-blocks.ts';
import { renderMrkdwn, renderPlainText } from './render-text.ts';
import type { State } from './state.ts';
import { formatDay, formatFullTime, formatTime, toMilliseconds } from './times.ts';

/** Messages of one person this close together share one name and picture. */
const groupedMs = 5 * 60_000;

type MessageActions = {
  openThread: (ts: string) => void;
  press: (message: Message, actionId: string, value?: string) => void;
};

export type ListOptions = { state: State; actions: MessageActions; isThread: boolean };

/** A list of messages with the days between them, as entries for `reconcile`. */
export function listMessages(messages: readonly Message[], options: ListOptions): Keyed[] {
  let previous: Message | undefined;
  return messages.flatMap((message) => {
    const day = formatDay(message.ts);
    const isNewDay = previous === undefined || formatDay(previous.ts) !== day;
    const entry = describeMessage(message, options, !isNewDay && isContinued(previous, message));
    previous = message;
    return isNewDay && !options.isThread ? [describeDay(day, message), entry] : [entry];
  });
}

function describeDay(day: string, message: Message): Keyed {
  return {
    key: `day ${message.ts.split('.')[0]}`,
    signature: day,
    build: () => element('div', { class: 'day', role: 'separator' }, element('span', {}, day)),
  };
}

function isContinued(previous: Message | undefined, message: Message): boolean {
  return (
    previous !== undefined &&
    previous.user === message.user &&
    previous.visibleTo === message.visibleTo &&
    !previous.isTombstone &&
    toMilliseconds(message.ts) - toMilliseconds(previous.ts) < groupedMs
  );
}

export function describeMessage(message: Message, options: ListOptions, isCompact: boolean): Keyed {
  const { state, isThread } = options;
  const replies = isThread ? [] : state.repliesTo(message.channel, message.ts);
  const pictured = message.blocks.some((block) => JSON.stringify(block).includes('slack_file'));
  const files = pictured ? state.page.files : [];
  const shown = message.fileIds.map((id) => state.findFile({ id }));
  return {
    key: message.ts,
    signature: JSON.stringify([
      message,
      isCompact,
      replies.map(({ ts, user }) => [ts, user]),
      shown,
      files.length,
    ]),
    build: () => renderMessage(message, replies, options, isCompact),
  };
}

function renderMessage(
  message: Message,
  replies: readonly Message[],
  options: ListOptions,
  isCompact: boolean,
): HTMLElement {
  const { state, actions, isThread } = options;
  const user = state.findUser(message.user);
  const name = message.isTombstone ? 'Deleted message' : (user?.realName ?? message.user);
  const isLead = !isCompact || message.isTombstone;
  return element(
    'article',
    {
      class: `message${isLead ? '' : ' compact'}${message.visibleTo === null ? '' : ' ephemeral'}`,
      'aria-label': `${name}, ${formatTime(message.ts)}`,
      'data-ts': message.ts,
    },
    isLead
      ? renderAvatar(message, options)
      : element('time', { class: 'gutter-time', title: formatFullTime(message.ts) }, formatTime(message.ts)),
    element(
      'div',
      { class: 'message-body' },
      message.visibleTo === null
        ? null
        : element('p', { class: 'only-you' }, icon(icons.eye), 'Only visible to you'),
      isLead && !message.isTombstone && renderByline(message, name, state),
      ...renderContent(message, options),
      ...renderReactions(message, state),
      replies.length > 0 && renderReplyBar(message, replies, options),
    ),
    !isThread &&
      message.visibleTo === null &&
      button(
        'Reply in thread',
        { class: 'icon-button message-tool', title: 'Reply in thread' },
        () => actions.openThread(message.ts),
        icon(icons.reply),
      ),
  );
}

function renderByline(message: Message, name: string, state: State): HTMLElement {
  const isApp = state.findUser(message.user)?.kind !== 'person';
  return element(
    'div',
    { class: 'byline' },
    element('b', { class: 'name' }, name),
    isApp && element('span', { class: 'badge' }, 'APP'),
    element(
      'time',
      { title: formatFullTime(message.ts), datetime: new Date(toMilliseconds(message.ts)).toISOString() },
      formatTime(message.ts),
    ),
  );
}

function renderAvatar(message: Message, { state }: ListOptions): HTMLElement {
  if (message.isTombstone) return element('span', { class: 'avatar gone', 'aria-hidden': 'true' });
  return avatar(message.user, state, 'avatar');
}

export function avatar(userId: string, state: State, className: string): HTMLElement {
  const user = state.findUser(userId);
  if (user?.kind === 'bot') return element('img', { class: className, src: '/page/icon.svg', alt: '' });
  const initials = (user?.realName ?? '?')
    .split(/\s+/)
    .map((word) => [...word][0] ?? '')
    .join('')
    .slice(0, 2);
  const color = [...userId].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % 6;
  return element(
    'span',
    { class: `${className} color-${user?.kind === 'slackbot' ? 'slackbot' : color}`, 'aria-hidden': 'true' },
    initials,
  );
}

function renderContent(message: Message, { state, actions }: ListOptions): HTMLElement[] {
  if (message.isTombstone) return [element('p', { class: 'notice' }, 'This message was deleted.')];
  const press = (actionId: string, value?: string) => actions.press(message, actionId, value);
  const text =
    message.blocks.length > 0
      ? element(
          'div',
          { class: 'blocks' },
          ...message.blocks.map((block) => renderBlock(block, state, press)),
        )
      : message.text !== '' && element('div', { class: 'text' }, ...renderMrkdwn(message.text, state));
  return [...(text ? [text] : []), ...message.fileIds.map((id) => renderFile(id, state))];
}

function renderFile(id: string, state: State): HTMLElement {
  const file = state.findFile({ id });
  if (file === undefined) return element('p', { class: 'notice' }, 'This file is gone.');
  if (file.state !== 'ready' || !/^image\/(png|jpeg|gif)$/.test(file.mimetype))
    return renderOtherFile(file, state);
  return element(
    'figure',
    { class: 'picture' },
    element('figcaption', {}, file.title),
    renderImageFile(file, state, file.title, file.title),
  );
}

function renderReactions({ reactions }: Message, state: State): HTMLElement[] {
  if (reactions.length === 0) return [];
  const names = (users: readonly string[]) =>
    users.map((id) => state.findUser(id)?.realName ?? id).join(', ');
  return [
    element(
      'div',
      { class: 'reactions' },
      ...reactions.map(({ name, users }) =>
        element(
          'span',
          { class: 'reaction', title: names(users) },
          ...renderPlainText(`:${name}:`),
          ` ${users.length}`,
        ),
      ),
    ),
  ];
}

function renderReplyBar(
  message: Message,
  replies: readonly Message[],
  { state, actions }: ListOptions,
): HTMLElement {
  const people = [...new Set(replies.map(({ user }) => user))].slice(0, 4);
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  return button(
    `${count}, open thread`,
    { class: 'reply-bar' },
    () => actions.openThread(message.ts),
    ...people.map((id) => avatar(id, state, 'avatar tiny')),
    element('b', {}, count),
    element('span', {}, `Last reply ${formatTime(replies.at(-1)!.ts)}`),
  );
}
