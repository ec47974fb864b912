import { element, reconcile } from './dom.ts';
import { channelAddress } from './place.ts';
import { avatar } from './render-message.ts';
import type { State } from './state.ts';

export function renderSidebar(
  root: HTMLElement,
  state: State,
  open: string,
  unread: ReadonlySet<string>,
): void {
  const { team, channels, users, botUser, socketCount, viewer } = state.page;
  const isConnected = socketCount > 0;
  reconcile(root, [
    { key: 'team', signature: team.name, build: () => element('header', {}, element('h1', {}, team.name)) },
    { key: 'channels', signature: 'channels', build: () => element('h2', {}, 'Channels') },
    ...channels.map((channel) => {
      const isOpen = channel.id === open;
      const isUnread = unread.has(channel.id);
      return {
        key: channel.id,
        signature: `${isOpen} ${isUnread}`,
        build: () =>
          element(
            'a',
            {
              href: channelAddress(channel.id),
              class: isUnread ? 'entry unread' : 'entry',
              'aria-current': isOpen ? 'page' : null,
            },
            element('span', { class: 'sign', 'aria-hidden': 'true' }, channel.isPrivate ? '🔒' : '#'),
            element('span', {}, channel.name),
            isUnread && element('span', { class: 'hidden-label' }, ' (unread)'),
          ),
      };
    }),
    { key: 'people', signature: 'people', build: () => element('h2', {}, 'People and apps') },
    ...users
      .filter(({ kind }) => kind !== 'slackbot')
      .map((user) => {
        const isPresent = user.id === botUser ? isConnected : user.id === viewer;
        const note =
          user.id === viewer ? 'you' : user.id === botUser ? (isConnected ? 'app' : 'not connected') : '';
        return {
          key: user.id,
          signature: `${isPresent} ${note}`,
          build: () =>
            element(
              'div',
              { class: 'entry person' },
              avatar(user.id, state, 'avatar tiny'),
              element('span', {}, user.realName),
              note !== '' && element('small', {}, note),
              element('span', {
                class: isPresent ? 'presence here' : 'presence',
                role: 'img',
                'aria-label': isPresent ? 'active' : 'away',
              }),
            ),
        };
      }),
  ]);
}
