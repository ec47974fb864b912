import { button, type Child, element } from '../../playground/page/dom.ts';

/** A button whose name is what stands on it, with words before it that only a screen reader says. */
export function plainButton(
  unseen: string,
  className: string,
  onPress: () => void,
  ...children: Child[]
): HTMLButtonElement {
  const words = element('span', { class: 'unseen' }, `${unseen} `);
  return button('', { class: className, 'aria-label': null }, onPress, words, ...children);
}
