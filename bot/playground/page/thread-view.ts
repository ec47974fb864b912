import { Composer } from './composer.ts';
import { element, icon, icons, type Keyed } from './dom.ts';
import { MessageList } from './pane.ts';
import { channelAddress, type Place, threadAddress } from './place.ts';
import { describeMessage, type ListOptions, listMessages } from './render-message.ts';
import { press, say } from './requests.ts';
import type { State } from './state.ts';

/** The right-hand side: a parent, its replies, a composer. On a phone it fills the window. */
export class ThreadView {
  readonly #root: HTMLElement;
  readonly #state: () => State;
  readonly #list = new MessageList();
  #open: { channel: string; ts: string } | null = null;
  #highlighted = '';

  constructor(root: HTMLElement, state: () => State) {
    this.#root = root;
    this.#state = state;
  }

  draw({ channel, threadTs, highlightedTs }: Place): void {
    const state = this.#state();
    const parent = threadTs === null ? undefined : state.findMessage(channel, threadTs);
    this.#root.hidden = parent === undefined;
    if (parent === undefined) {
      this.#open = null;
      return;
    }
    if (this.#open?.channel !== channel || this.#open.ts !== parent.ts) this.#show(channel, parent.ts);
    const actions = {
      openThread: (ts: string) => {
        location.hash = threadAddress(channel, ts);
      },
      press,
    };
    const options: ListOptions = { state, actions, isThread: true };
    const replies = state.repliesTo(channel, parent.ts);
    const count = replies.filter(({ visibleTo }) => visibleTo === null).length;
    this.#list.show(parent.ts, 'Messages of the thread', [
      describeMessage(parent, options, false),
      ...(count > 0 ? [describeCount(count)] : []),
      ...listMessages(replies, options),
    ]);
    if (highlightedTs !== null && this.#highlighted !== highlightedTs) {
      this.#highlighted = highlightedTs;
      this.#list.highlight(highlightedTs);
    }
  }

  close(): void {
    if (this.#open !== null) location.hash = channelAddress(this.#open.channel);
  }

  #show(channel: string, ts: string): void {
    this.#open = { channel, ts };
    const composer = new Composer({
      label: 'Reply…',
      state: this.#state,
      isThread: true,
      send: (text) => say(channel, text, ts),
    });
    this.#root.replaceChildren(
      element(
        'header',
        { class: 'pane-header' },
        element(
          'a',
          { class: 'icon-button back', href: channelAddress(channel), 'aria-label': 'Back to the channel' },
          icon(icons.back),
        ),
        element('h2', {}, 'Thread'),
        element('p', {}, `# ${this.#state().findChannel(channel)?.name}`),
        element(
          'a',
          {
            class: 'icon-button close',
            href: channelAddress(channel),
            'aria-label': 'Close thread',
            title: 'Close thread (Escape)',
          },
          icon(icons.close),
        ),
      ),
      this.#list.root,
      composer.root,
    );
    if (matchMedia('(min-width: 768px)').matches) composer.focus();
  }
}

const describeCount = (count: number): Keyed => ({
  key: 'count',
  signature: String(count),
  build: () =>
    element(
      'div',
      { class: 'day thread-count' },
      element('span', {}, count === 1 ? '1 reply' : `${count} replies`),
    ),
});
