import { heatColour } from '../../../renderers/heatmap-colours.ts';
import { cleanLabel } from '../../../renderers/label.ts';
import type { TimelineAnswer } from '../../../workers/exploration.ts';
import { element } from '../../playground/page/dom.ts';
import type { PageState, StateHolder } from './page-state.ts';
import { plainButton } from './plain-button.ts';
import { currentTheme, onThemeChange } from './theme.ts';

export type LaneKind = 'comm' | 'thread' | 'pod';

const kinds: [LaneKind, string][] = [
  ['comm', 'Commands'],
  ['thread', 'Threads'],
  ['pod', 'Pods'],
];

/** How busy each command, thread or pod was, over the whole recording. */
export class TimelinePanel {
  readonly #holder: StateHolder;
  readonly #lanes = element('ul', { class: 'lanes' });
  readonly #note = element('p', { class: 'note' });
  #answer: TimelineAnswer | null = null;
  by: LaneKind = 'comm';

  constructor(host: HTMLElement, holder: StateHolder, onKind: () => void) {
    this.#holder = holder;
    const choices = kinds.map(([kind, label]) => {
      const choose = element('input', {
        type: 'radio',
        name: 'lanes',
        value: kind,
        checked: kind === this.by,
      });
      choose.addEventListener('change', () => {
        this.by = kind;
        onKind();
      });
      return element('label', {}, choose, label);
    });
    host.append(
      element(
        'fieldset',
        { class: 'segments' },
        element('legend', { class: 'unseen' }, 'One lane for each of'),
        ...choices,
      ),
      this.#lanes,
      this.#note,
    );
    onThemeChange(() => this.#build());
    holder.onChange(() => this.#build());
  }

  show(answer: TimelineAnswer): void {
    this.#answer = answer;
    this.#build();
  }

  #build(): void {
    const answer = this.#answer;
    if (answer === null) return;
    const most = answer.lanes.reduce((highest, { counts }) => Math.max(highest, ...counts), 0);
    this.#lanes.replaceChildren(...answer.lanes.map((lane) => this.#lane(lane, most, answer.binMs)));
    const left = answer.laneCount - answer.lanes.length;
    this.#note.textContent =
      answer.lanes.length === 0
        ? 'The recording has no times, so there is nothing to show over time.'
        : `A cell is ${(answer.binMs / 1000).toFixed(2)} s; the darkest holds ${most.toLocaleString('en')} samples${left > 0 ? `; ${left} lanes with fewer samples are left out` : ''}.`;
  }

  #lane(lane: TimelineAnswer['lanes'][number], most: number, binMs: number): HTMLElement {
    const strip = element('canvas', { width: lane.counts.length, height: 1, 'aria-hidden': 'true' });
    const context = strip.getContext('2d')!;
    const theme = currentTheme();
    for (const [bin, count] of lane.counts.entries()) {
      if (count === 0) continue;
      context.fillStyle = heatColour(count / most, theme);
      context.fillRect(bin, 0, 1, 1);
    }
    const name = cleanLabel(lane.name);
    const samples = `${Math.round(lane.sampleCount).toLocaleString('en')} samples`;
    const choose = () => this.#holder.update({ ...this.#choice(lane), zoom: 0, tab: 'flame' });
    const stage = element('div', { class: 'strip' }, strip, this.#chosen(lane.counts.length * binMs));
    return element(
      'li',
      {},
      plainButton('Only', 'lane', choose, element('span', {}, name), element('small', {}, samples)),
      stage,
    );
  }

  #choice({ comm, tid, pod }: TimelineAnswer['lanes'][number]): Partial<PageState> {
    if (this.by === 'comm') return { comm };
    return this.by === 'pod' ? { pod } : { comm, tid, pod };
  }

  /** The time range, as in the heatmap. */
  #chosen(durationMs: number): HTMLElement {
    const { from, to } = this.#holder.state;
    const mark = element('div', { class: 'chosen', hidden: from === null && to === null });
    const percent = (ms: number) => Math.min(100, (100 * ms) / Math.max(1, durationMs));
    const left = percent(from ?? 0);
    Object.assign(mark.style, {
      left: `${left}%`,
      width: `${Math.max(0.3, percent(to ?? durationMs) - left)}%`,
    });
    return mark;
  }
}
