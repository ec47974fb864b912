import { button, element, icon, icons } from './dom.ts';
import type { State } from './state.ts';

export type Suggestion = { text: string; hint: string };

export type ComposerOptions = {
  label: string;
  state: () => State;
  isThread: boolean;
  /** @returns what went wrong, for people; null when it was sent */
  send: (text: string) => Promise<string | null>;
};

let composers = 0;

/** Where one writes: Enter sends, Shift+Enter is a new line; `/` and `@` offer what there is. */
export class Composer {
  readonly root: HTMLElement;
  readonly #input: HTMLTextAreaElement;
  readonly #list: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #send: HTMLButtonElement;
  readonly #options: ComposerOptions;
  #suggestions: Suggestion[] = [];
  #chosen = 0;

  constructor(options: ComposerOptions) {
    this.#options = options;
    composers += 1;
    const listId = `suggestions-${composers}`;
    this.#input = element('textarea', {
      rows: 1,
      'aria-label': options.label,
      placeholder: options.label,
      'aria-autocomplete': 'list',
      'aria-controls': listId,
      maxlength: 12_000,
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.#list = element('div', {
      class: 'suggestions',
      id: listId,
      role: 'listbox',
      'aria-label': 'Suggestions',
      hidden: true,
    });
    this.#problem = element('p', { class: 'problem', role: 'alert', hidden: true });
    this.#send = button(
      'Send',
      { class: 'icon-button send', disabled: true },
      () => this.#submit(),
      icon(icons.send),
    );
    this.root = element(
      'div',
      { class: 'composer' },
      this.#list,
      element('div', { class: 'composer-box' }, this.#input, this.#send),
      this.#problem,
    );
    this.#input.addEventListener('input', () => this.#refresh());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    this.#input.addEventListener('blur', () => this.#offer([]));
  }

  focus(): void {
    this.#input.focus();
  }

  #refresh(): void {
    this.#send.disabled = this.#input.value.trim() === '';
    this.#problem.hidden = true;
    this.#offer(this.#findSuggestions());
    this.#fit();
  }

  /** As tall as the text, up to what the stylesheet allows. */
  #fit(): void {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }

  #findSuggestions(): Suggestion[] {
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    const { page } = this.#options.state();
    if (/^\/\S*$/.test(before) && !this.#options.isThread) {
      return page.commands
        .filter(({ command }) => command.startsWith(before))
        .map(({ command, usageHint, description }) => ({
          text: command,
          hint: `${usageHint} — ${description}`,
        }));
    }
    const typed = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before)?.[1]?.toLowerCase();
    if (typed === undefined) return [];
    return page.users
      .filter(({ name, kind }) => kind !== 'slackbot' && name.startsWith(typed) && name !== typed)
      .map(({ name, realName }) => ({ text: `@${name}`, hint: realName }));
  }

  #offer(suggestions: Suggestion[]): void {
    this.#suggestions = suggestions;
    this.#chosen = 0;
    this.#list.hidden = suggestions.length === 0;
    this.#drawSuggestions();
  }

  #drawSuggestions(): void {
    this.#list.replaceChildren(
      ...this.#suggestions.map(({ text, hint }, row) => {
        const id = `${this.#list.id}-${row}`;
        const option = element(
          'div',
          { role: 'option', id, 'aria-selected': String(row === this.#chosen) },
          element('b', {}, text),
          element('span', {}, hint),
        );
        option.addEventListener('mousedown', (event) => {
          event.preventDefault(); // the textarea keeps the focus
          this.#complete(text);
        });
        return option;
      }),
    );
    if (this.#suggestions.length > 0)
      this.#input.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#chosen}`);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #complete(text: string): void {
    const { value, selectionStart } = this.#input;
    const before = value.slice(0, selectionStart).replace(/[/@][^\s]*$/, '');
    this.#input.value = `${before}${text} ${value.slice(selectionStart)}`;
    this.#input.selectionStart = this.#input.selectionEnd = before.length + text.length + 1;
    this.#refresh();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const suggestion = this.#suggestions[this.#chosen];
    if (suggestion !== undefined && this.#steer(event, suggestion)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void this.#submit();
    }
  }

  /** @returns true when the key was for the list of suggestions */
  #steer(event: KeyboardEvent, suggestion: Suggestion): boolean {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isChoice =
      event.key === 'Tab' || (event.key === 'Enter' && !this.#input.value.endsWith(suggestion.text));
    if (step !== undefined) {
      this.#chosen = (this.#chosen + step + this.#suggestions.length) % this.#suggestions.length;
      this.#drawSuggestions();
    } else if (isChoice) this.#complete(suggestion.text);
    else if (event.key === 'Escape') this.#offer([]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  async #submit(): Promise<void> {
    const text = this.#input.value;
    if (text.trim() === '') return;
    this.#input.value = '';
    this.#refresh();
    const problem = await this.#options.send(text);
    if (problem === null) return;
    if (this.#input.value === '') this.#input.value = text;
    this.#refresh();
    this.#problem.textContent = problem;
    this.#problem.hidden = false;
  }
}
