import type { Change, PageState } from '../model.ts';
import { ChannelView } from './channel-view.ts';
import { readPlace, replacePermalink } from './place.ts';
import { renderSidebar } from './sidebar.ts';
import { State } from './state.ts';
import { ThreadView } from './thread-view.ts';

/** The page: one state, drawn again after every change; the address says which channel and thread are open. */
const get = (id: string) => document.getElementById(id)!;
const app = get('app');
let state: State | undefined;
const unread = new Set<string>();
const currentState = () => state!;

replacePermalink();
const channelView = new ChannelView(get('channel'), currentState);
const threadView = new ThreadView(get('thread'), currentState);

/** Several changes in one frame are one drawing. */
let isDrawingPlanned = false;
function planDrawing(): void {
  if (isDrawingPlanned) return;
  isDrawingPlanned = true;
  // A hidden tab gets no animation frames; it still has to be current when somebody looks.
  setTimeout(() => {
    isDrawingPlanned = false;
    draw();
  }, 16);
}

function draw(): void {
  if (state === undefined) return;
  const place = readPlace(state.page.channels);
  unread.delete(place.channel);
  app.dataset.view = place.view;
  document.title = `#${state.findChannel(place.channel)?.name} · ${state.page.team.name}`;
  renderSidebar(get('sidebar'), state, place.channel, unread);
  channelView.draw(place);
  threadView.draw(place);
}

const events = new EventSource('/page/events');
events.addEventListener('state', (event) => {
  state = new State(JSON.parse(event.data) as PageState);
  get('connection').hidden = true;
  draw();
});
events.addEventListener('change', (event) => {
  const change = JSON.parse(event.data) as Change;
  state?.apply(change);
  if (change.kind === 'message' && change.change === 'posted') unread.add(change.message.channel);
  planDrawing();
});
events.addEventListener('error', () => {
  get('connection').hidden = false;
});
window.addEventListener('hashchange', draw);
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open]') === null)
    threadView.close();
});
