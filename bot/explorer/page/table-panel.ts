import { formatPoints } from '../../../renderers/format-points.ts';
import { formatShare } from '../../../renderers/format-share.ts';
import { cleanLabel } from '../../../renderers/label.ts';
import type { TopAnswer } from '../../../workers/exploration.ts';
import { button, element } from '../../playground/page/dom.ts';
import { exactly } from './exactly.ts';
import type { StateHolder } from './page-state.ts';

type Row = TopAnswer['rows'][number];
type Column = { key: string; label: string; valueOf(row: Row): number; format(row: Row): string };

const shownAtFirst = 100;

const plainColumns: Column[] = [
  { key: 'self', label: 'Self', valueOf: ({ self }) => self, format: ({ self }) => formatShare(self) },
  { key: 'total', label: 'Total', valueOf: ({ total }) => total, format: ({ total }) => formatShare(total) },
];

const selfDelta = ({ self, baselineSelf }: Row) => self - (baselineSelf ?? 0);
const totalDelta = ({ total, baselineTotal }: Row) => total - (baselineTotal ?? 0);

const differenceColumns: Column[] = [
  {
    key: 'self-delta',
    label: 'Self, change',
    valueOf: (row) => Math.abs(selfDelta(row)),
    format: (row) => (row.isAboveNoise ? formatPoints(selfDelta(row)) : '≈'),
  },
  { key: 'self', label: 'Self', valueOf: ({ self }) => self, format: ({ self }) => formatShare(self) },
  {
    key: 'total-delta',
    label: 'Total, change',
    valueOf: (row) => Math.abs(totalDelta(row)),
    format: (row) => (row.isAboveNoise ? formatPoints(totalDelta(row)) : '≈'),
  },
  { key: 'total', label: 'Total', valueOf: ({ total }) => total, format: ({ total }) => formatShare(total) },
];

/** Functions with their self and total share, or with what became of these. */
export class TablePanel {
  readonly #holder: StateHolder;
  readonly #host: HTMLElement;
  #answer: TopAnswer | null = null;
  #isDifference = false;
  #sortedBy = '';
  #shown = shownAtFirst;

  constructor(host: HTMLElement, holder: StateHolder) {
    this.#host = host;
    this.#holder = holder;
  }

  show(answer: TopAnswer, isDifference: boolean): void {
    this.#answer = answer;
    if (isDifference !== this.#isDifference) this.#sortedBy = '';
    this.#isDifference = isDifference;
    this.#shown = shownAtFirst;
    this.#build();
  }

  #build(): void {
    const answer = this.#answer;
    if (answer === null) return;
    const columns = this.#isDifference ? differenceColumns : plainColumns;
    const sorted = columns.find(({ key }) => key === this.#sortedBy) ?? columns[0]!;
    const rows = answer.rows.toSorted((a, b) => sorted.valueOf(b) - sorted.valueOf(a));
    const head = element(
      'tr',
      {},
      ...columns.map((column) => this.#headCell(column, column === sorted)),
      element('th', { scope: 'col' }, 'Function'),
    );
    const body = element('tbody', {}, ...rows.slice(0, this.#shown).map((row) => this.#row(row, columns)));
    const table = element('table', {}, element('thead', {}, head), body);
    const left = rows.length - this.#shown;
    const unread = answer.functionCount - rows.length;
    this.#host.replaceChildren(
      element('div', { class: 'sheet', tabindex: 0, role: 'region', 'aria-label': 'Functions' }, table),
      ...(left > 0 ? [this.#moreButton(left)] : []),
      element(
        'p',
        { class: 'note' },
        `${answer.functionCount.toLocaleString('en')} functions${unread > 0 ? `, the first ${rows.length} are here` : ''}${this.#isDifference ? ' · changes in percentage points; ≈ may be chance' : ''}`,
      ),
    );
  }

  #moreButton(left: number): HTMLElement {
    const showAll = () => {
      this.#shown = Number.POSITIVE_INFINITY;
      this.#build();
    };
    return button(`Show ${left} more`, { class: 'more' }, showAll, `Show ${left} more`);
  }

  #headCell(column: Column, isSorted: boolean): HTMLElement {
    const sort = () => {
      this.#sortedBy = column.key;
      this.#build();
      this.#host.querySelector<HTMLElement>(`[data-column="${column.key}"]`)?.focus();
    };
    const press = button(
      `Sort by ${column.label}`,
      { 'data-column': column.key },
      sort,
      column.label,
      isSorted ? ' ↓' : '',
    );
    return element(
      'th',
      { scope: 'col', 'aria-sort': isSorted ? 'descending' : null, class: 'number' },
      press,
    );
  }

  #row(row: Row, columns: readonly Column[]): HTMLElement {
    const name = cleanLabel(row.name);
    const find = () => this.#holder.update({ search: exactly(row.name), tab: 'flame' });
    return element(
      'tr',
      {},
      ...columns.map((column) => element('td', { class: 'number' }, column.format(row))),
      element(
        'td',
        {},
        row.mark > 0 && element('b', { class: 'rank' }, String(row.mark)),
        button(`Find ${name} in the flame graph`, { class: `function ${row.category}` }, find, name),
        row.file !== '' && element('span', { class: 'file' }, cleanLabel(row.file)),
      ),
    );
  }
}
