import type { TreeKind } from '../../../workers/exploration.ts';

export type Tab = 'flame' | 'table' | 'timeline';

/** All that a person has chosen. It stands in the address whole, so that to share is to copy that. */
export type PageState = {
  /** Milliseconds since the first sample; null for its beginning and end. */
  from: number | null;
  to: number | null;
  /** Names as recorded; '' for all. */
  pod: string;
  comm: string;
  /** null for all. */
  tid: number | null;
  search: string;
  kind: TreeKind;
  /** Id of a row of the tree; 0 for all of it. */
  zoom: number;
  /** Frames that only pass on are shown one by one. */
  unfolded: boolean;
  tab: Tab;
};

const initial: PageState = {
  from: null,
  to: null,
  pod: '',
  comm: '',
  tid: null,
  search: '',
  kind: 'callees',
  zoom: 0,
  unfolded: false,
  tab: 'flame',
};

const kinds: readonly string[] = ['callees', 'callers', 'difference'];
const tabs: readonly string[] = ['flame', 'table', 'timeline'];

/** What makes no sense in an address is as if it were not there. */
export function readState(query: URLSearchParams): PageState {
  const number = (key: string) => {
    const value = query.get(key);
    return value !== null && /^\d{1,12}(\.\d+)?$/.test(value) ? Number(value) : null;
  };
  const text = (key: string) => query.get(key) ?? '';
  const kind = text('kind');
  const tab = text('tab');
  return {
    from: number('from'),
    to: number('to'),
    pod: text('pod'),
    comm: text('comm'),
    tid: number('tid'),
    search: text('search'),
    kind: kinds.includes(kind) ? (kind as TreeKind) : initial.kind,
    zoom: number('zoom') ?? 0,
    unfolded: text('unfolded') === '1',
    tab: tabs.includes(tab) ? (tab as Tab) : initial.tab,
  };
}

/** Only what differs from the beginning, in one order: equal states have equal addresses. */
export function writeState(state: PageState): string {
  const query = new URLSearchParams();
  for (const key of Object.keys(initial) as (keyof PageState)[]) {
    const value = state[key];
    if (value !== initial[key]) query.set(key, value === true ? '1' : String(value));
  }
  return query.toString();
}

/** What the server is asked about: the part of the recording. */
export function partQuery(state: PageState, { withTime = true } = {}): URLSearchParams {
  const query = new URLSearchParams();
  if (withTime && state.from !== null) query.set('from', String(state.from));
  if (withTime && state.to !== null) query.set('to', String(state.to));
  if (state.pod !== '') query.set('pod', state.pod);
  if (state.comm !== '') query.set('comm', state.comm);
  if (state.tid !== null) query.set('tid', String(state.tid));
  return query;
}

type Listener = (state: PageState, before: PageState) => void;

/** The state of the page, its address, and whoever wants to know of changes. */
export class StateHolder {
  #state = readState(new URLSearchParams(location.search));
  readonly #listeners: Listener[] = [];

  constructor() {
    addEventListener('popstate', () => this.#set(readState(new URLSearchParams(location.search))));
  }

  get state(): PageState {
    return this.#state;
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** @param isStep whether the browser's Back should lead here again; not for every letter of a search */
  update(change: Partial<PageState>, { isStep = true } = {}): void {
    const next = { ...this.#state, ...change };
    const [query, before] = [writeState(next), writeState(this.#state)];
    if (query === before) return;
    const address = `${location.pathname}${query === '' ? '' : `?${query}`}`;
    if (isStep) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    this.#set(next);
  }

  #set(next: PageState): void {
    const before = this.#state;
    this.#state = next;
    for (const listener of this.#listeners) listener(next, before);
  }
}
