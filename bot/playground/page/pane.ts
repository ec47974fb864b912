import { button, element, icon, icons, type Keyed, reconcile } from './dom.ts';

/** How far from its end a list may be and still follow what comes. */
const followPx = 60;

/** A scrolling list of messages that follows its end, unless the reader has gone up to read. */
export class MessageList {
  readonly root: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #list: HTMLElement;
  readonly #jump: HTMLElement;
  #key = '';
  #isFollowing = true;

  constructor() {
    this.#list = element('div', { class: 'messages', role: 'log', 'aria-live': 'polite' });
    this.#scroller = element('div', { class: 'scroller', tabindex: 0 }, this.#list);
    this.#jump = button(
      'Jump to the latest message',
      { class: 'jump', hidden: true },
      () => this.#toEnd(),
      icon(icons.down),
      'Latest',
    );
    this.root = element('div', { class: 'list-frame' }, this.#scroller, this.#jump);
    this.#scroller.addEventListener('scroll', () => {
      this.#isFollowing = this.#distanceToEnd() < followPx;
      if (this.#isFollowing) this.#jump.hidden = true;
    });
    // Pictures and the window change heights without a message coming in.
    const follow = new ResizeObserver(() => this.#isFollowing && this.#toEnd());
    follow.observe(this.#list);
    follow.observe(this.#scroller);
  }

  /** @param key what is listed: another key begins at the end again */
  show(key: string, label: string, entries: readonly Keyed[]): void {
    const isSame = key === this.#key;
    const before = this.#list.childElementCount;
    this.#key = key;
    this.#list.setAttribute('aria-label', label);
    reconcile(this.#list, entries);
    if (!isSame || this.#isFollowing) this.#toEnd();
    else if (this.#list.childElementCount > before) this.#jump.hidden = false;
  }

  highlight(ts: string): void {
    const message = this.#list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (message === null) return;
    this.#isFollowing = false;
    message.scrollIntoView({ block: 'center' });
    message.classList.add('highlighted');
  }

  #distanceToEnd(): number {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  #toEnd(): void {
    this.#isFollowing = true;
    this.#jump.hidden = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}
