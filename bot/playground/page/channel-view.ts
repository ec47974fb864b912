import { Composer } from './composer.ts';
import { element, icon, icons, type Keyed } from './dom.ts';
import { MessageList } from './pane.ts';
import { type Place, threadAddress } from './place.ts';
import { listMessages } from './render-message.ts';
import { press, say } from './requests.ts';
import type { State } from './state.ts';

/** The middle: name and topic, messages, composer. */
export class ChannelView {
  readonly #root: HTMLElement;
  readonly #state: () => State;
  readonly #list = new MessageList();
  #channel = '';
  #highlighted = '';

  constructor(root: HTMLElement, state: () => State) {
    this.#root = root;
    this.#state = state;
  }

  draw(place: Place): void {
    const state = this.#state();
    const channel = state.findChannel(place.channel);
    if (channel === undefined) return;
    if (this.#channel !== channel.id) this.#open(channel.id);
    const actions = {
      openThread: (ts: string) => {
        location.hash = threadAddress(channel.id, ts);
      },
      press,
    };
    const messages = listMessages(state.inChannel(channel.id), { state, actions, isThread: false });
    this.#list.show(channel.id, `Messages in ${channel.name}`, [
      this.#describeBeginning(channel.name),
      ...messages,
    ]);
    if (
      place.highlightedTs !== null &&
      place.threadTs === null &&
      this.#highlighted !== place.highlightedTs
    ) {
      this.#highlighted = place.highlightedTs;
      this.#list.highlight(place.highlightedTs);
    }
  }

  #open(id: string): void {
    this.#channel = id;
    const { name, topic, isPrivate } = this.#state().findChannel(id)!;
    this.#root.setAttribute('aria-label', `Channel ${name}`);
    const composer = new Composer({
      label: `Message #${name}`,
      state: this.#state,
      isThread: false,
      send: (text) => say(id, text, null),
    });
    this.#root.replaceChildren(
      element(
        'header',
        { class: 'pane-header' },
        element(
          'a',
          { class: 'icon-button back', href: '#channels', 'aria-label': 'Back to the channels' },
          icon(icons.back),
        ),
        element(
          'h2',
          {},
          element('span', { class: 'sign', 'aria-hidden': 'true' }, isPrivate ? '🔒 ' : '# '),
          name,
        ),
        element('p', {}, topic),
      ),
      this.#list.root,
      composer.root,
    );
    if (matchMedia('(min-width: 768px)').matches) composer.focus();
  }

  #describeBeginning(name: string): Keyed {
    return {
      key: `beginning of ${name}`,
      signature: name,
      build: () =>
        element(
          'section',
          { class: 'beginning' },
          element('h3', {}, `# ${name}`),
          element(
            'p',
            {},
            'This is the very beginning of the channel. Type ',
            element('code', {}, '/'),
            ' for commands, or mention the bot with ',
            element('code', {}, '@'),
            '. In a thread only mentions work, as in Slack.',
          ),
        ),
    };
  }
}
