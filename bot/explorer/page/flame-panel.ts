import {
  boxAt,
  boxPlace,
  drawFlameGraphView,
  type FlameGraphView,
  layoutFlameGraphView,
} from '../../../renderers/flame-graph-view.ts';
import { formatPoints } from '../../../renderers/format-points.ts';
import { formatShare } from '../../../renderers/format-share.ts';
import { cleanLabel } from '../../../renderers/label.ts';
import { REST } from '../../../renderers/place-boxes.ts';
import { searchStyle } from '../../../renderers/search-style.ts';
import type { TreeAnswer } from '../../../workers/exploration.ts';
import { button, element } from '../../playground/page/dom.ts';
import { exactly } from './exactly.ts';
import type { StateHolder } from './page-state.ts';
import { currentTheme, isTouched, onThemeChange } from './theme.ts';
import { isMatch, styleOf, toInput } from './tree-input.ts';

const nothing = -1;

/** The flame graph, root on top; one row is zoomed into, one is looked at. */
export class FlamePanel {
  readonly #holder: StateHolder;
  readonly #canvas = element('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'flame graph',
    'aria-label': 'Flame graph: arrow keys move from frame to frame, Enter zooms, Escape zooms out',
    'aria-describedby': 'frame',
  });
  readonly #scroller = element('div', { class: 'scroller' });
  readonly #spacer = element('div', { class: 'spacer' }, this.#canvas);
  readonly #marker = element('div', { class: 'marker', hidden: true });
  readonly #detail = element('div', { class: 'detail', id: 'frame', 'aria-live': 'polite' });
  readonly #note = element('p', { class: 'note' });
  #tree: TreeAnswer | null = null;
  #input: ReturnType<typeof toInput> | null = null;
  #view: FlameGraphView | null = null;
  /** Rows of the tree. */
  #zoomed = 0;
  #looked = nothing;
  #frame = 0;

  constructor(host: HTMLElement, holder: StateHolder) {
    this.#holder = holder;
    this.#spacer.append(this.#marker);
    this.#scroller.append(this.#spacer);
    host.append(this.#detail, this.#scroller, this.#note);
    this.#scroller.addEventListener('scroll', () => this.#paintSoon());
    this.#listen();
    new ResizeObserver(() => this.#layout()).observe(this.#scroller);
    onThemeChange(() => this.#paintSoon());
    this.#describe();
  }

  get tree(): TreeAnswer | null {
    return this.#tree;
  }

  show(tree: TreeAnswer): void {
    const lookedAt = this.#looked === nothing ? null : this.#tree?.id[this.#looked];
    const isSameKind = this.#tree?.kind === tree.kind;
    this.#tree = tree;
    this.#input = toInput(tree);
    this.#zoomed = tree.zoomed;
    this.#looked =
      isSameKind && lookedAt !== null && lookedAt !== undefined ? tree.id.indexOf(lookedAt) : nothing;
    this.#layout();
  }

  focus(): void {
    this.#canvas.focus();
  }

  #layout(): void {
    const tree = this.#tree;
    const widthPx = this.#scroller.clientWidth;
    if (tree === null || this.#input === null || widthPx === 0) return;
    const ratio = devicePixelRatio;
    // What is searched for is not to vanish in a chain of frames that only pass on.
    const input = {
      ...this.#input,
      mark: (row: number) => this.#input!.mark(row) || (isMatch(tree, row) ? 99 : 0),
    };
    const view = layoutFlameGraphView(input, {
      widthPx: Math.round(widthPx * ratio),
      zoom: this.#zoomed,
      pixelRatio: ratio,
      isFolded: !this.#holder.state.unfolded,
      isTouched: isTouched(),
    });
    this.#view = { ...view, marks: view.marks.filter(({ rank }) => rank < 99) };
    const heightPx = view.heightPx / ratio;
    this.#spacer.style.height = `${heightPx}px`;
    this.#scroller.style.height = `${Math.min(heightPx, innerHeight * 0.7)}px`;
    this.#tellNote(tree);
    this.#describe();
    this.#paint();
  }

  #paintSoon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    const [tree, input, view] = [this.#tree, this.#input, this.#view];
    if (tree === null || input === null || view === null) return;
    const ratio = devicePixelRatio;
    const heightPx = Math.round(this.#scroller.clientHeight * ratio);
    if (this.#canvas.width !== view.widthPx || this.#canvas.height !== heightPx) {
      this.#canvas.width = view.widthPx;
      this.#canvas.height = heightPx;
      this.#canvas.style.width = `${view.widthPx / ratio}px`;
      this.#canvas.style.height = `${heightPx / ratio}px`;
    }
    const theme = currentTheme();
    const plain = styleOf(tree, theme);
    const hasSearch = this.#holder.state.search !== '';
    drawFlameGraphView(this.#canvas.getContext('2d', { alpha: false })!, input, view, {
      style: hasSearch ? searchStyle(plain, (row) => isMatch(tree, row), theme) : plain,
      scrollPx: this.#scroller.scrollTop * ratio,
      heightPx,
      theme,
      fontFamily: '"DejaVu Sans", system-ui, sans-serif',
    });
    this.#placeMarker();
    if (performance.getEntriesByName('first-flame').length === 0) performance.mark('first-flame');
  }

  #placeMarker(): void {
    const box = this.#boxOf(this.#looked);
    this.#marker.hidden = box === nothing;
    if (box === nothing || this.#view === null) return;
    const { leftPx, topPx, widthPx, heightPx } = boxPlace(this.#view, box);
    const px = (value: number) => `${value / devicePixelRatio}px`;
    Object.assign(this.#marker.style, {
      left: px(leftPx),
      top: px(topPx),
      width: px(Math.max(2, widthPx)),
      height: px(heightPx),
    });
  }

  #tellNote(tree: TreeAnswer): void {
    const { matchedRatio, prunedCount, remarks, sampleCount } = tree;
    const parts = [
      `${Math.round(sampleCount).toLocaleString('en')} samples`,
      matchedRatio === null ? '' : `${formatShare(matchedRatio)} of them match`,
      prunedCount === 0 ? '' : `${prunedCount.toLocaleString('en')} frames too narrow to show (zoom in)`,
      tree.baselineName === null
        ? ''
        : `against ${tree.baselineName}: orange grew, blue shrank, grey may be chance`,
      ...remarks,
    ];
    this.#note.textContent = parts.filter((part) => part !== '').join(' · ');
  }

  #look(row: number, { scroll = false } = {}): void {
    if (this.#looked === row) return;
    this.#looked = row;
    this.#describe();
    this.#placeMarker();
    const box = this.#boxOf(row);
    if (!scroll || box === nothing || this.#view === null) return;
    const { topPx, heightPx } = boxPlace(this.#view, box);
    const [top, bottom] = [topPx / devicePixelRatio, (topPx + heightPx) / devicePixelRatio];
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    const { clientHeight } = this.#scroller;
    if (bottom > this.#scroller.scrollTop + clientHeight) this.#scroller.scrollTop = bottom - clientHeight;
  }

  #zoom(row: number): void {
    const tree = this.#tree;
    if (tree === null) return;
    this.#zoomed = row;
    this.#layout();
    this.#scroller.scrollTop = 0;
    this.#holder.update({ zoom: tree.id[row]! });
  }

  #zoomOut(): void {
    const tree = this.#tree;
    if (tree === null || this.#zoomed === 0) return;
    // Past the callers that only pass on: each would look the same.
    let row = tree.parent[this.#zoomed]!;
    while (row > 0 && tree.total[row]! === tree.total[this.#zoomed]!) row = tree.parent[row]!;
    this.#zoom(row);
  }

  /** What is looked at, in words, with what can be done with it. */
  #describe(): void {
    const [tree, input, row] = [this.#tree, this.#input, this.#looked];
    if (tree === null || input === null || row === nothing) {
      const how = isTouched()
        ? 'Tap a frame to see what it is, twice to zoom.'
        : 'Point at a frame to see what it is, click to zoom.';
      this.#detail.replaceChildren(element('p', { class: 'name quiet' }, how));
      return;
    }
    const name = cleanLabel(input.name(row));
    const file = tree.files[tree.label[row]!]!;
    const isZoomed = row === this.#zoomed && row !== 0;
    this.#detail.replaceChildren(
      element('p', { class: 'name' }, name),
      element(
        'p',
        { class: 'facts' },
        [describeValue(tree, row), file === '' ? '' : cleanLabel(file)].filter(Boolean).join(' · '),
      ),
      element(
        'p',
        { class: 'acts' },
        isZoomed
          ? button('Zoom out', {}, () => this.#zoomOut(), 'Zoom out')
          : button(`Zoom into ${name}`, {}, () => this.#zoom(row), 'Zoom'),
        row !== 0 &&
          button(
            `Search for ${name}`,
            {},
            () => this.#holder.update({ search: exactly(input.name(row)) }),
            'Find all',
          ),
        button(`Copy ${name}`, {}, () => void navigator.clipboard?.writeText(name), 'Copy'),
      ),
    );
  }

  #boxOf(row: number): number {
    return row === nothing || this.#view === null ? nothing : this.#view.boxes.row.indexOf(row);
  }

  #rowAt(event: MouseEvent): number {
    if (this.#view === null) return nothing;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const ratio = devicePixelRatio;
    const box = boxAt(
      this.#view,
      (event.clientX - left) * ratio,
      (event.clientY - top + this.#scroller.scrollTop) * ratio,
    );
    return box === nothing || this.#view.boxes.row[box] === REST ? nothing : this.#view.boxes.row[box]!;
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('mousemove', (event) => {
      const row = this.#rowAt(event);
      canvas.style.cursor = row === nothing ? '' : 'pointer';
      if (row !== nothing && !isTouched()) this.#look(row);
    });
    canvas.addEventListener('click', (event) => {
      const row = this.#rowAt(event);
      if (row === nothing) return;
      const isSecondTap = row === this.#looked;
      this.#look(row);
      if (!isTouched() || isSecondTap) this.#zoom(row);
    });
    canvas.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !this.#press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** @returns whether the key means something here */
  #press(key: string): boolean {
    if (this.#view === null) return false;
    const box = this.#boxOf(this.#looked);
    if (key === 'Enter') {
      if (box !== nothing) this.#zoom(this.#looked);
      return true;
    }
    if (key === 'Escape') {
      if (this.#zoomed === 0) return false;
      this.#zoomOut();
      return true;
    }
    if (!['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home'].includes(key)) return false;
    const next = box === nothing || key === 'Home' ? 0 : neighbourOf(this.#view, box, key);
    if (next !== nothing) this.#look(this.#view.boxes.row[next]!, { scroll: true });
    return true;
  }
}

/** The next box in a direction that is a frame, and wide enough to be seen. */
function neighbourOf({ boxes }: FlameGraphView, box: number, key: string): number {
  if (key === 'ArrowUp') return boxes.parent[box]!;
  const isFrame = (at: number) => boxes.row[at] !== REST && boxes.rightPx[at]! > boxes.leftPx[at]!;
  const all = Array.from(boxes.row.keys());
  if (key === 'ArrowDown') return all.find((at) => boxes.parent[at] === box && isFrame(at)) ?? nothing;
  const inRow = all.filter((at) => boxes.depth[at] === boxes.depth[box] && isFrame(at));
  return inRow[inRow.indexOf(box) + (key === 'ArrowRight' ? 1 : -1)] ?? nothing;
}

/** `61 % of all, 4.0 % itself`; of a difference what became of it. */
function describeValue(
  { total, self, baseline, isAboveNoise, sampleCount, kind }: TreeAnswer,
  row: number,
): string {
  if (baseline !== null) {
    const [is, was] = [total[row]!, baseline[row]!];
    const change = isAboveNoise?.[row] === 1 ? `${formatPoints(is - was)} points` : 'may be chance';
    return `${formatShare(is)}, was ${formatShare(was)}: ${change}`;
  }
  const share = (value: number) => formatShare(value / Math.max(1, total[0]!));
  const samples = `${Math.round(total[row]!).toLocaleString('en')} of ${Math.round(sampleCount).toLocaleString('en')} samples`;
  return kind === 'callers'
    ? `${share(total[row]!)} through here, ${samples}`
    : `${share(total[row]!)} of all, ${share(self[row]!)} itself, ${samples}`;
}
