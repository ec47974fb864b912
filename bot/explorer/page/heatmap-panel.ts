import { describeBurst, describeBurstRange } from '../../../renderers/describe-burst.ts';
import {
  drawHeatmapView,
  type HeatmapCell,
  type HeatmapView,
  heatmapCellAt,
  heatmapSpan,
  layoutHeatmapView,
  secondLeftPx,
} from '../../../renderers/heatmap-view.ts';
import type { HeatmapAnswer } from '../../../workers/exploration.ts';
import type { ReportedBurst } from '../../../workers/jobs.ts';
import { element } from '../../playground/page/dom.ts';
import type { StateHolder } from './page-state.ts';
import { plainButton } from './plain-button.ts';
import { currentTheme, onThemeChange } from './theme.ts';

const tickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 14_400];
const leastTickPx = 70;

/** Second by second when samples were taken; a span of it is chosen by drawing over it. */
export class HeatmapPanel {
  readonly #holder: StateHolder;
  readonly #canvas = element('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'heatmap',
    'aria-label':
      'Heatmap: each column is a second, read upwards. Arrow keys move, with Shift they choose a range, Enter chooses the second, Escape chooses all',
    'aria-describedby': 'moment',
  });
  readonly #bursts = element('div', { class: 'bursts' });
  readonly #axis = element('div', { class: 'axis', 'aria-hidden': 'true' });
  readonly #cursor = element('div', { class: 'cursor', hidden: true });
  readonly #before = element('div', { class: 'outside' });
  readonly #after = element('div', { class: 'outside' });
  readonly #moment = element('p', { class: 'moment', id: 'moment', 'aria-live': 'polite' });
  readonly #host: HTMLElement;
  #input = { counts: new Uint32Array(0), rows: 1 };
  #view: HeatmapView | null = null;
  #startedAtMs: number | null = null;
  #held: HeatmapCell | null = null;
  #at: HeatmapCell | null = null;

  constructor(host: HTMLElement, holder: StateHolder) {
    this.#holder = holder;
    this.#host = host;
    const stage = element('div', { class: 'stage' }, this.#canvas, this.#before, this.#after, this.#cursor);
    host.append(this.#bursts, stage, this.#axis, this.#moment);
    new ResizeObserver(() => this.#layout()).observe(stage);
    onThemeChange(() => this.#layout());
    holder.onChange(() => this.#markChosen());
    this.#listen();
  }

  show({ rows, counts }: HeatmapAnswer): void {
    this.#host.hidden = counts.length === 0;
    this.#input = { rows, counts: Uint32Array.from(counts) };
    this.#layout();
  }

  setStart(startedAtMs: number | null): void {
    this.#startedAtMs = startedAtMs;
    this.#layout();
  }

  showBursts(bursts: readonly ReportedBurst[]): void {
    const buttons = bursts.map((burst, index) => {
      const { fromMs, toMs } = burst;
      const range = describeBurstRange(burst);
      const choose = () => this.#holder.update({ from: fromMs, to: toMs, zoom: 0 });
      return plainButton(
        'Burst',
        'burst',
        choose,
        element('b', {}, String(index + 1)),
        ` ${range.replace('second ', '').replace(' to ', '–')} s `,
        element('span', { class: 'what' }, describeBurst(burst)),
      );
    });
    this.#bursts.replaceChildren(...buttons);
  }

  #layout(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0 || this.#input.counts.length === 0) return;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#view = layoutHeatmapView(this.#input, {
      widthPx: this.#canvas.width,
      heightPx: this.#canvas.height,
    });
    drawHeatmapView(
      this.#canvas.getContext('2d', { alpha: false })!,
      this.#input,
      this.#view,
      currentTheme(),
    );
    this.#drawAxis(this.#view, clientWidth);
    this.#markChosen();
  }

  #drawAxis(view: HeatmapView, widthPx: number): void {
    const secondPx = widthPx / (view.columns * view.secondsPerColumn);
    const step = tickSteps.find((seconds) => seconds * secondPx >= leastTickPx) ?? tickSteps.at(-1)!;
    const ticks = Array.from({ length: Math.floor(view.seconds / step) + 1 }, (_, index) => index * step);
    this.#axis.replaceChildren(
      ...ticks
        .filter((second) => second * secondPx < widthPx - 30)
        .map((second) => {
          const tick = element(
            'span',
            {},
            second === 0 && this.#startedAtMs !== null ? `0 s, ${this.#clock(0)}` : `${second} s`,
          );
          tick.style.left = `${second * secondPx}px`;
          return tick;
        }),
    );
  }

  #clock(offsetMs: number): string {
    if (this.#startedAtMs === null) return '';
    const date = new Date(this.#startedAtMs + offsetMs);
    return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(11, 19)} UTC`;
  }

  /** What is outside the range chosen is dimmed; within a second nothing is left or right. */
  #markChosen(): void {
    const { from, to } = this.#holder.state;
    const view = this.#view;
    const span =
      this.#held !== null && this.#at !== null && view !== null
        ? heatmapSpan(view, this.#held, this.#at)
        : { fromMs: from, toMs: to };
    this.#before.hidden = this.#after.hidden = view === null || (span.fromMs === null && span.toMs === null);
    if (view !== null && !this.#before.hidden) {
      const percent = (second: number) =>
        (100 * secondLeftPx(view, Math.min(view.seconds, Math.max(0, second)))) / view.widthPx;
      const first = percent(Math.floor((span.fromMs ?? 0) / 1000));
      const last = percent(Math.ceil((span.toMs ?? Number.POSITIVE_INFINITY) / 1000));
      Object.assign(this.#before.style, { left: '0', width: `${first}%` });
      Object.assign(this.#after.style, { left: `${last}%`, width: `${Math.max(0, 100 - last)}%` });
    }
    this.#tellMoment(span);
  }

  #tellMoment({ fromMs, toMs }: { fromMs: number | null; toMs: number | null }): void {
    const at = this.#at;
    if (this.#held === null && at !== null && this.#view !== null && !this.#cursor.hidden) {
      const count = this.#input.counts[at.second * this.#input.rows + at.row] ?? 0;
      const offset = Math.round((at.row * 1000) / this.#input.rows);
      const clock = this.#clock(at.second * 1000 + offset);
      const moment = [
        `second ${at.second} + ${offset} ms`,
        clock,
        `${count} sample${count === 1 ? '' : 's'}`,
      ];
      this.#moment.textContent = moment.filter((part) => part !== '').join(' · ');
      return;
    }
    const seconds = (ms: number) => (ms / 1000).toFixed(2);
    this.#moment.textContent =
      fromMs === null && toMs === null
        ? 'Draw over the heatmap to choose a time range.'
        : `Chosen: second ${seconds(fromMs ?? 0)} to ${toMs === null ? 'the end' : seconds(toMs)}`;
  }

  #cellOf(event: MouseEvent): HeatmapCell | null {
    if (this.#view === null) return null;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const ratio = devicePixelRatio;
    return heatmapCellAt(this.#view, (event.clientX - left) * ratio, (event.clientY - top) * ratio);
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#held = this.#at = this.#cellOf(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      this.#at = this.#cellOf(event);
      this.#moveCursor();
      this.#markChosen();
    });
    canvas.addEventListener('pointerup', (event) => {
      const [held, at] = [this.#held, this.#cellOf(event)];
      this.#held = null;
      if (held !== null && at !== null) this.#choose(held, at);
    });
    canvas.addEventListener('pointercancel', () => {
      this.#held = null;
      this.#markChosen();
    });
    canvas.addEventListener('pointerleave', () => {
      if (this.#held !== null) return;
      this.#cursor.hidden = true;
      this.#markChosen();
    });
    canvas.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !this.#press(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** The same cell twice is its whole second: a cell alone holds next to nothing. */
  #choose(held: HeatmapCell, at: HeatmapCell): void {
    if (this.#view === null) return;
    const isOne = held.second === at.second && held.row === at.row;
    const { rows } = this.#view;
    const span = isOne
      ? heatmapSpan(this.#view, { ...at, row: 0 }, { ...at, row: rows - 1 })
      : heatmapSpan(this.#view, held, at);
    this.#holder.update({ from: span.fromMs, to: span.toMs, zoom: 0 });
    this.#markChosen();
  }

  #moveCursor(): void {
    const [view, at] = [this.#view, this.#at];
    this.#cursor.hidden = view === null || at === null;
    if (view === null || at === null) return;
    const left = (100 * secondLeftPx(view, at.second)) / view.widthPx;
    const width = (100 * secondLeftPx(view, view.secondsPerColumn)) / view.widthPx;
    Object.assign(this.#cursor.style, {
      left: `${left}%`,
      width: `${width}%`,
      bottom: `${(100 * at.row) / view.rows}%`,
      height: `${100 / view.rows}%`,
    });
  }

  #press({ key, shiftKey }: KeyboardEvent): boolean {
    const view = this.#view;
    if (view === null) return false;
    if (key === 'Escape') {
      if (this.#held === null && this.#holder.state.from === null && this.#holder.state.to === null)
        return false;
      this.#held = null;
      this.#holder.update({ from: null, to: null, zoom: 0 });
      this.#markChosen();
      return true;
    }
    if (key === 'Enter') {
      const at = this.#at ?? { second: 0, row: 0 };
      this.#choose(this.#held ?? at, at);
      this.#held = null;
      return true;
    }
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const step = steps[key];
    if (step === undefined) return false;
    const at = this.#at ?? { second: 0, row: 0 };
    this.#held = shiftKey ? (this.#held ?? at) : null;
    const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
    this.#at = {
      second: clamp(at.second + step[0] * view.secondsPerColumn, view.seconds - 1),
      row: clamp(at.row + step[1], view.rows - 1),
    };
    this.#moveCursor();
    this.#markChosen();
    return true;
  }
}
