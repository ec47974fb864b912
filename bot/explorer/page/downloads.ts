import { button, element } from '../../playground/page/dom.ts';
import type { FlamePanel } from './flame-panel.ts';
import { partQuery, type StateHolder } from './page-state.ts';

const formats: [string, string][] = [
  ['pprof', 'pprof'],
  ['speedscope', 'speedscope JSON'],
  ['folded', 'folded stacks'],
  ['perf-script', 'perf script text'],
];

/** What can be saved of the part that is looked at, and speedscope with it. */
export function createDownloads(
  holder: StateHolder,
  flame: FlamePanel,
  run: (errand: () => Promise<void>) => void,
) {
  const items = element('div', {});
  const menu = element('details', { class: 'menu' }, element('summary', {}, 'Save'), items);
  const picture = (kind: 'svg' | 'png', label: string) =>
    button(label, {}, () => run(() => savePicture(kind)), label);

  async function savePicture(kind: 'svg' | 'png'): Promise<void> {
    menu.open = false;
    const tree = flame.tree;
    if (tree === null) return;
    // Drawing pictures is loaded when one is wanted.
    const { drawPicture } = await import('./draw-picture.ts');
    const title = document.getElementById('title')!.textContent!;
    save(await drawPicture(tree, kind, title, describePart()), `flame-graph.${kind}`);
  }

  function describePart(): string {
    const { from, to, comm, pod, tid, kind } = holder.state;
    const second = (ms: number) => (ms / 1000).toFixed(2);
    const range =
      from === null && to === null
        ? ''
        : `second ${second(from ?? 0)} to ${to === null ? 'the end' : second(to)}`;
    return [kind === 'callers' ? 'callers' : '', range, comm, pod, tid === null ? '' : `thread ${tid}`]
      .filter((part) => part !== '')
      .join(' · ');
  }

  function fill(): void {
    const query = partQuery(holder.state);
    const links = formats.map(([format, label]) => {
      query.set('format', format);
      return element('a', { href: `api/download?${query}`, download: true }, label);
    });
    query.set('format', 'speedscope');
    const profile = new URL(`api/download?${query}`, location.href).href;
    // speedscope knows no + for a space.
    const fragment = `profileURL=${encodeURIComponent(profile)}&title=${encodeURIComponent(document.title)}`;
    const isDifference = holder.state.kind === 'difference';
    items.replaceChildren(
      element(
        'a',
        { href: `speedscope/#${fragment}`, target: '_blank', rel: 'noopener' },
        'Open in speedscope',
      ),
      ...links,
      // The picture of a difference is that of the thread: it needs more than this page has.
      ...(isDifference ? [] : [picture('svg', 'SVG picture'), picture('png', 'PNG picture')]),
    );
  }

  menu.addEventListener('toggle', () => menu.open && fill());
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')!.focus();
    event.stopPropagation();
  });
  addEventListener('pointerdown', ({ target }) => {
    if (!(target instanceof Node && menu.contains(target))) menu.open = false;
  });
  return menu;
}

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  element('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
