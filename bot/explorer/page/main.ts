import { cleanLabel } from '../../../renderers/label.ts';
import type { FactsAnswer } from '../../../workers/exploration.ts';
import { button } from '../../playground/page/dom.ts';
import { Asker, fetchSubject, isLetGo, Refusal } from './ask.ts';
import { Controls } from './controls.ts';
import { createDownloads } from './downloads.ts';
import { FlamePanel } from './flame-panel.ts';
import { HeatmapPanel } from './heatmap-panel.ts';
import { createHelp } from './help-dialog.ts';
import { type PageState, partQuery, StateHolder, type Tab } from './page-state.ts';
import { fillSuspects } from './suspects-bar.ts';
import { TablePanel } from './table-panel.ts';
import { TimelinePanel } from './timeline-panel.ts';

const byId = (id: string) => document.getElementById(id)!;

const holder = new StateHolder();
const asker = new Asker();
const flame = new FlamePanel(byId('flame'), holder);
const heatmap = new HeatmapPanel(byId('heatmap'), holder);
const table = new TablePanel(byId('table'), holder);
const timeline = new TimelinePanel(byId('timeline'), holder, () => void run(askTimeline));
const controls = new Controls(byId('controls'), holder);
const help = createHelp();
document.body.append(help);

/** Runs one errand; what goes wrong is said on the page, and taken away by the next one that goes well. */
async function run(errand: () => Promise<void>): Promise<void> {
  const trouble = byId('trouble');
  try {
    await errand();
    trouble.hidden = true;
  } catch (error) {
    if (isLetGo(error)) return;
    trouble.textContent =
      error instanceof Refusal
        ? error.message
        : 'The server cannot be reached. Reload the page to try again.';
    trouble.hidden = false;
  }
}

function treeQuery(state: PageState): URLSearchParams {
  const query = partQuery(state);
  if (state.search !== '') query.set('search', state.search);
  if (state.kind !== 'callees') query.set('kind', state.kind);
  if (state.zoom > 0) query.set('zoom', String(state.zoom));
  return query;
}

async function askTree(): Promise<void> {
  flame.show(await asker.ask('tree', treeQuery(holder.state)));
}

async function askHeatmap(): Promise<void> {
  const query = partQuery(holder.state, { withTime: false });
  if (holder.state.search !== '') query.set('search', holder.state.search);
  heatmap.show(await asker.ask('heatmap', query));
}

async function askTable(): Promise<void> {
  const query = partQuery(holder.state);
  if (holder.state.search !== '') query.set('search', holder.state.search);
  const isDifference = holder.state.kind === 'difference';
  if (isDifference) query.set('compared', 'true');
  table.show(await asker.ask('top', query), isDifference);
}

async function askTimeline(): Promise<void> {
  const query = partQuery(holder.state, { withTime: false });
  if (holder.state.search !== '') query.set('search', holder.state.search);
  query.set('by', timeline.by);
  timeline.show(await asker.ask('timeline', query));
}

async function askFacts(): Promise<void> {
  const facts = await asker.ask('facts', new URLSearchParams());
  controls.setFacts(facts);
  heatmap.setStart(facts.startedAtMs);
  byId('facts').textContent = describeFacts(facts);
}

async function askSubject(): Promise<void> {
  const subject = await fetchSubject();
  byId('title').textContent = cleanLabel(subject.title);
  document.title = `${cleanLabel(subject.title)} · Avalanche`;
  fillSuspects(byId('suspects'), subject, holder);
  heatmap.showBursts(subject.bursts ?? (await asker.ask('bursts', new URLSearchParams())).bursts);
}

function describeFacts({
  events,
  rateHz,
  durationMs,
  hasTimes,
  startedAtMs,
  revision,
  remarks,
}: FactsAnswer): string {
  const [event] = events;
  const start =
    startedAtMs === null
      ? ''
      : ` from ${new Date(startedAtMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const parts = [
    event === undefined ? 'no samples' : `${Math.round(event.sampleCount).toLocaleString('en')} samples`,
    `${event?.name ?? ''}${rateHz === null ? '' : ` at ${Math.round(rateHz)} Hz`}`,
    hasTimes ? `${(durationMs / 1000).toFixed(1)} s${start}` : 'without times',
    revision === null ? '' : `revision ${revision.slice(0, 10)}`,
    ...remarks,
  ];
  return parts
    .filter((part) => part.trim() !== '')
    .map(cleanLabel)
    .join(' · ');
}

const tabs: [Tab, string][] = [
  ['flame', 'Flame graph'],
  ['table', 'Table'],
  ['timeline', 'Timeline'],
];

function buildTabs(): void {
  const nodes = tabs.map(([tab, label]) =>
    button(
      label,
      { role: 'tab', id: `tab-${tab}`, 'aria-controls': tab },
      () => holder.update({ tab }),
      label,
    ),
  );
  byId('tabs').append(...nodes);
  byId('tabs').addEventListener('keydown', ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step === undefined) return;
    const at = tabs.findIndex(([tab]) => tab === holder.state.tab);
    const [next] = tabs[(at + step + tabs.length) % tabs.length]!;
    holder.update({ tab: next });
    byId(`tab-${next}`).focus();
  });
}

function showTab(): void {
  for (const [tab] of tabs) {
    const isShown = tab === holder.state.tab;
    byId(tab).hidden = !isShown;
    byId(`tab-${tab}`).setAttribute('aria-selected', String(isShown));
    byId(`tab-${tab}`).tabIndex = isShown ? 0 : -1;
  }
}

/** Asks again for what a change touches, and only for the panel that is seen. */
function follow(state: PageState, before: PageState): void {
  showTab();
  const differs = (...keys: (keyof PageState)[]) => keys.some((key) => state[key] !== before[key]);
  const isFiltered = differs('pod', 'comm', 'tid', 'search');
  if (isFiltered) void run(askHeatmap);
  const isShown = differs('tab');
  if (state.tab === 'flame' && (isFiltered || isShown || differs('from', 'to', 'kind', 'zoom', 'unfolded')))
    void run(askTree);
  if (state.tab === 'table' && (isFiltered || isShown || differs('from', 'to', 'kind'))) void run(askTable);
  if (state.tab === 'timeline' && (isFiltered || isShown)) void run(askTimeline);
}

/** Keys that hold wherever the keyboard is, but where a person types. */
function press(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (isTyping || event.altKey || event.ctrlKey || event.metaKey || help.open) return;
  const tab = tabs[Number(event.key) - 1]?.[0];
  if (event.key === '/') controls.focusSearch();
  else if (event.key === '?') help.showModal();
  else if (tab !== undefined) holder.update({ tab });
  else if (event.key === 'c')
    holder.update({ kind: holder.state.kind === 'callers' ? 'callees' : 'callers', zoom: 0 });
  else if (event.key === 'Escape') holder.update({ from: null, to: null, search: '', zoom: 0 });
  else return;
  event.preventDefault();
}

buildTabs();
showTab();
byId('actions').append(
  createDownloads(holder, flame, (errand) => void run(errand)),
  button('Help', {}, () => help.showModal(), '?'),
);
holder.onChange(follow);
addEventListener('keydown', press);
void run(askTree);
void run(askHeatmap);
void run(askSubject);
void run(askFacts);
if (holder.state.tab === 'table') void run(askTable);
if (holder.state.tab === 'timeline') void run(askTimeline);
