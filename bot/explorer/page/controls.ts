import type { FactsAnswer, TreeKind } from '../../../workers/exploration.ts';
import { element } from '../../playground/page/dom.ts';
import type { PageState, StateHolder } from './page-state.ts';
import { plainButton } from './plain-button.ts';

const kinds: [TreeKind, string][] = [
  ['callees', 'Calls'],
  ['callers', 'Callers'],
  ['difference', 'Difference'],
];
const typingMs = 200;

/** Search, view, and what part of the recording is looked at. */
export class Controls {
  readonly #holder: StateHolder;
  readonly #search = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search (regular expression)',
    'aria-label': 'Search names and files, as a regular expression',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 500,
  });
  readonly #kinds = new Map<TreeKind, HTMLInputElement>();
  readonly #comm = element('select', { 'aria-label': 'Threads' });
  readonly #pod = element('select', { 'aria-label': 'Pods' });
  readonly #chips = element('span', { class: 'chips' });
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, holder: StateHolder) {
    this.#holder = holder;
    const views = kinds.map(([kind, label]) => {
      const choose = element('input', {
        type: 'radio',
        name: 'kind',
        value: kind,
        disabled: kind === 'difference',
      });
      choose.addEventListener('change', () => holder.update({ kind, zoom: 0 }));
      this.#kinds.set(kind, choose);
      return element('label', {}, choose, label);
    });
    host.append(
      this.#search,
      element('fieldset', { class: 'segments' }, element('legend', { class: 'unseen' }, 'View'), ...views),
      this.#comm,
      this.#pod,
      this.#foldToggle(),
      this.#chips,
    );
    this.#comm.hidden = this.#pod.hidden = true;
    this.#listen();
    holder.onChange(() => this.#follow());
    this.#follow();
  }

  setFacts({ comms, pods, baseline }: FactsAnswer): void {
    fill(this.#comm, 'All threads', comms);
    fill(this.#pod, 'All pods', pods);
    this.#comm.hidden = comms.length < 2;
    this.#pod.hidden = pods.length < 2;
    const difference = this.#kinds.get('difference')!;
    difference.disabled = baseline === null;
    difference.parentElement!.title =
      baseline === null ? 'There is no recording to compare with' : `Against ${baseline}`;
    this.#follow();
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  #foldToggle(): HTMLElement {
    const fold = element('input', { type: 'checkbox', checked: !this.#holder.state.unfolded });
    fold.addEventListener('change', () => this.#holder.update({ unfolded: !fold.checked }));
    return element(
      'label',
      { class: 'fold', title: 'Frames that only pass on to the next are one box' },
      fold,
      'Fold',
    );
  }

  #listen(): void {
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(
        () => this.#holder.update({ search: this.#search.value }, { isStep: false }),
        typingMs,
      );
    });
    this.#search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#holder.update({ search: this.#search.value });
      if (event.key !== 'Escape') return;
      this.#holder.update({ search: '' });
      this.#search.blur();
      event.stopPropagation();
    });
    this.#comm.addEventListener('change', () =>
      this.#holder.update({ comm: this.#comm.value, tid: null, zoom: 0 }),
    );
    this.#pod.addEventListener('change', () => this.#holder.update({ pod: this.#pod.value, zoom: 0 }));
  }

  #follow(): void {
    const { state } = this.#holder;
    if (document.activeElement !== this.#search || state.search === '') this.#search.value = state.search;
    for (const [kind, choose] of this.#kinds) choose.checked = kind === state.kind;
    choose(this.#comm, state.comm);
    choose(this.#pod, state.pod);
    this.#chips.replaceChildren(...chipsOf(state).map(([label, change]) => this.#chip(label, change)));
  }

  #chip(label: string, change: Partial<PageState>): HTMLElement {
    const remove = () => this.#holder.update({ ...change, zoom: 0 });
    return plainButton('Remove:', 'chip', remove, label, ' ×');
  }
}

/** What is chosen beyond what the other controls show, and how it is taken back. */
function chipsOf({ from, to, tid }: PageState): [string, Partial<PageState>][] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const chips: [string, Partial<PageState>][] = [];
  if (from !== null || to !== null) {
    chips.push([`${seconds(from ?? 0)} – ${to === null ? 'end' : seconds(to)}`, { from: null, to: null }]);
  }
  if (tid !== null) chips.push([`thread ${tid}`, { tid: null, comm: '', pod: '' }]);
  return chips;
}

function fill(
  select: HTMLSelectElement,
  all: string,
  options: readonly { name: string; sampleCount: number }[],
): void {
  const nodes = options.map(({ name, sampleCount }) =>
    element('option', { value: name }, `${name} (${Math.round(sampleCount).toLocaleString('en')})`),
  );
  select.replaceChildren(element('option', { value: '' }, all), ...nodes);
}

/** A value that is not among the options, as of a thread beyond the first 500, gets one. */
function choose(select: HTMLSelectElement, value: string): void {
  if (value !== '' && ![...select.options].some((option) => option.value === value)) {
    select.append(element('option', { value }, value));
  }
  select.value = value;
}
