import { button, element } from '../../playground/page/dom.ts';

const keys: [string, string][] = [
  ['/', 'search; Escape clears it'],
  ['1 2 3', 'flame graph, table, timeline'],
  ['c', 'calls or callers'],
  ['Tab', 'from the heatmap to the flame graph and on'],
  ['← → ↑ ↓', 'in the heatmap: move; with Shift choose a range; Enter chooses the second'],
  ['← → ↑ ↓', 'in the flame graph: siblings, caller, callee; Enter zooms in'],
  ['Escape', 'zooms out, or chooses the whole recording again'],
  ['?', 'this help'],
];

const words: string[] = [
  'Width is the share of the samples in a function and all it calls; the widest path is along the left edge.',
  'In the heatmap a column is a second, read from the bottom up; darker is more samples.',
  'The address holds all that you see: copy it to share it. It opens this recording alone, and for some days.',
];

/** Opens and closes by itself; the browser keeps the keyboard inside. */
export function createHelp(): HTMLDialogElement {
  const list = keys.flatMap(([key, what]) => [element('dt', {}, key), element('dd', {}, what)]);
  const dialog = element(
    'dialog',
    { 'aria-label': 'Help' },
    element('h2', {}, 'How to read and steer it'),
    ...words.map((line) => element('p', {}, line)),
    element('dl', {}, ...list),
  );
  dialog.append(button('Close', {}, () => dialog.close(), 'Close'));
  return dialog;
}
