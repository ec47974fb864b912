export type Child = Node | string | null | undefined | false;

/** `class`, `text` attributes as they are; `true` for a bare attribute; null, undefined and false leave it out. */
export type Attributes = Record<string, string | number | boolean | null | undefined>;

/** Builds one element. Text goes in as text only: there is no way from a string to markup here. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(key, value === true ? '' : String(value));
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
  return node;
}

export function button(
  label: string,
  attributes: Attributes,
  onPress: () => void,
  ...children: Child[]
): HTMLButtonElement {
  const node = element('button', { type: 'button', 'aria-label': label, ...attributes }, ...children);
  node.addEventListener('click', onPress);
  return node;
}

/** A drawing of one path on a 20 × 20 grid, for buttons that carry a label beside it. */
export function icon(path: string): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const line = document.createElementNS(namespace, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export const icons = {
  close: 'M5 5l10 10M15 5L5 15',
  back: 'M12 4l-6 6 6 6',
  reply: 'M4 4h12v9H9l-4 3v-3H4z',
  send: 'M3 10l14-6-5 14-3-6z',
  file: 'M5 3h7l3 3v11H5zM12 3v3h3',
  eye: 'M2 10c4-6 12-6 16 0-4 6-12 6-16 0zM10 8a2 2 0 1 0 .010 0',
  down: 'M10 4v12M5 11l5 5 5-5',
} as const;

/** http and https, nothing that could run: null when the address is anything else. */
export function safeUrl(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

export type Keyed = { key: string; signature: string; build: () => HTMLElement };

/** Makes the children of `parent` these, in this order; what looks the same as before stays as it is. */
export function reconcile(parent: HTMLElement, entries: readonly Keyed[]): void {
  const present = new Map<string, HTMLElement>();
  for (const child of parent.children) {
    if (child instanceof HTMLElement && child.dataset.key !== undefined)
      present.set(child.dataset.key, child);
  }
  const wanted = entries.map(({ key, signature, build }) => {
    const old = present.get(key);
    if (old !== undefined && signatures.get(old) === signature) return old;
    const node = build();
    node.dataset.key = key;
    signatures.set(node, signature);
    return node;
  });
  let position: ChildNode | null = parent.firstChild;
  for (const node of wanted) {
    if (node === position) position = position.nextSibling;
    else parent.insertBefore(node, position);
  }
  while (position !== null) {
    const next: ChildNode | null = position.nextSibling;
    position.remove();
    position = next;
  }
}

const signatures = new WeakMap<HTMLElement, string>();
