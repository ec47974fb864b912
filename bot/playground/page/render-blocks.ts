import type { ActionElement, Block, Picture } from '../check-blocks.ts';
import type { SlackFile } from '../model.ts';
import { askToConfirm, openPicture } from './dialogs.ts';
import { button, type Child, element, icon, icons, safeUrl } from './dom.ts';
import { renderPlainText, renderRichElement, renderTextObject } from './render-text.ts';
import type { State } from './state.ts';

export type Press = (actionId: string, value?: string) => void;

export function renderBlock(block: Block, state: State, press: Press): HTMLElement {
  switch (block.type) {
    case 'section':
      return renderSection(block, state, press);
    case 'header':
      return element('h3', { class: 'block-header' }, ...renderPlainText(block.text.text));
    case 'divider':
      return element('hr');
    case 'context':
      return element(
        'div',
        { class: 'block-context' },
        ...block.elements.map((one) => renderContextElement(one, state)),
      );
    case 'actions':
      return element(
        'div',
        { class: 'block-actions' },
        ...block.elements.map((one) => renderAction(one, press)),
      );
    case 'image':
      return element(
        'figure',
        { class: 'picture' },
        block.title && element('figcaption', {}, ...renderPlainText(block.title.text)),
        renderPicture(block, state, block.title?.text),
      );
    case 'rich_text':
      return element(
        'div',
        { class: 'block-rich' },
        ...block.elements.map((one) => renderRichElement(one, state)),
      );
  }
}

function renderSection(block: Extract<Block, { type: 'section' }>, state: State, press: Press): HTMLElement {
  const { accessory } = block;
  return element(
    'div',
    { class: 'block-section' },
    element(
      'div',
      { class: 'block-section-text' },
      block.text && element('div', {}, ...renderTextObject(block.text, state)),
      block.fields &&
        element(
          'div',
          { class: 'block-fields' },
          ...block.fields.map((field) => element('div', {}, ...renderTextObject(field, state))),
        ),
    ),
    accessory &&
      (accessory.type === 'image'
        ? renderPicture(accessory, state, undefined)
        : renderAction(accessory, press)),
  );
}

type ContextElement = Extract<Block, { type: 'context' }>['elements'][number];

function renderContextElement(one: ContextElement, state: State): Child {
  if (one.type === 'image') return renderPicture(one, state, undefined);
  return element('span', {}, ...renderTextObject(one, state));
}

function renderPicture(
  picture: Pick<Picture, 'alt_text' | 'slack_file'>,
  state: State,
  title: string | undefined,
): HTMLElement {
  const file = state.findFile(picture.slack_file ?? {});
  if (file === undefined)
    return element('p', { class: 'notice' }, `This picture is gone: ${picture.alt_text}`);
  return renderImageFile(file, state, picture.alt_text, title ?? file.title);
}

/** The picture small, in its own proportions from the start so that nothing jumps; pressed, it fills the window. */
export function renderImageFile(file: SlackFile, state: State, altText: string, title: string): HTMLElement {
  const address = fileAddress(file, state);
  const image = element('img', {
    src: address,
    alt: altText,
    width: file.widthPx,
    height: file.heightPx,
    loading: 'lazy',
  });
  return button(
    `Enlarge picture: ${title}`,
    { class: 'picture-button' },
    () => openPicture(address, altText, title),
    image,
  );
}

const fileAddress = (file: SlackFile, state: State): string =>
  `/files-pri/${state.page.team.id}/${file.id}/${encodeURIComponent(file.name)}`;

function renderAction(action: ActionElement, press: Press): HTMLElement {
  return action.type === 'button' ? renderButton(action, press) : renderChoice(action, press);
}

function renderButton(action: Extract<ActionElement, { type: 'button' }>, press: Press): HTMLElement {
  const label = action.accessibility_label ?? action.text.text;
  return button(
    label,
    { class: `action ${action.style ?? ''}` },
    async () => {
      if (action.confirm && !(await askToConfirm(action.confirm))) return;
      const url = action.url === undefined ? null : safeUrl(action.url);
      if (url !== null) window.open(url, '_blank', 'noopener,noreferrer');
      press(action.action_id ?? '', action.value);
    },
    ...renderPlainText(action.text.text),
  );
}

function renderChoice(action: Exclude<ActionElement, { type: 'button' }>, press: Press): HTMLElement {
  const placeholder = action.type === 'static_select' ? (action.placeholder?.text ?? 'Select an item') : '⋯';
  const initial = action.type === 'static_select' ? action.initial_option?.value : undefined;
  const select = element(
    'select',
    { class: 'action', 'aria-label': action.type === 'overflow' ? 'More actions' : placeholder },
    initial === undefined &&
      element('option', { value: '', disabled: true, selected: true, hidden: true }, placeholder),
    ...action.options.map(({ text, value }) =>
      element('option', { value, selected: value === initial }, text.text),
    ),
  );
  select.addEventListener('change', async () => {
    if (action.confirm === undefined || (await askToConfirm(action.confirm)))
      press(action.action_id ?? '', select.value);
    if (action.type === 'overflow') select.selectedIndex = 0;
  });
  return select;
}

export function renderOtherFile(file: SlackFile, state: State): HTMLElement {
  const size =
    file.size < 1024 ? `${file.size} B` : `${(file.size / 1024).toFixed(file.size < 10_240 ? 1 : 0)} kB`;
  const isReady = file.state === 'ready';
  return element(
    isReady ? 'a' : 'div',
    isReady
      ? { class: 'file-card', href: fileAddress(file, state), download: file.name }
      : { class: 'file-card' },
    icon(icons.file),
    element(
      'span',
      {},
      element('b', {}, file.title),
      element('small', {}, isReady ? `${file.name} · ${size}` : 'Processing…'),
    ),
  );
}
