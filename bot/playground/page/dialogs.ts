import { button, element, icon, icons } from './dom.ts';

export function openPicture(address: string, altText: string, title: string): void {
  const dialog = element('dialog', { class: 'lightbox', 'aria-label': title });
  const image = element('img', { src: address, alt: altText });
  // The first press on the picture shows it at full size, to read it; the next one fits it again.
  image.addEventListener('click', () => dialog.classList.toggle('full-size'));
  dialog.append(
    element(
      'header',
      {},
      element('b', {}, title),
      element('a', { href: address, target: '_blank', rel: 'noopener' }, 'Open original'),
      button('Close picture', { class: 'icon-button' }, () => dialog.close(), icon(icons.close)),
    ),
    element('div', { class: 'lightbox-stage' }, image),
  );
  show(dialog);
}

type Confirm = {
  title: { text: string };
  text: { text: string };
  confirm: { text: string };
  deny: { text: string };
  style?: string | undefined;
};

export function askToConfirm({ title, text, confirm, deny, style }: Confirm): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const dialog = element('dialog', { class: 'confirm', 'aria-label': title.text });
  dialog.append(
    element('h3', {}, title.text),
    element('p', {}, text.text),
    element(
      'footer',
      {},
      button(deny.text, { class: 'action' }, () => dialog.close('no'), deny.text),
      button(
        confirm.text,
        { class: `action ${style ?? 'primary'}` },
        () => dialog.close('yes'),
        confirm.text,
      ),
    ),
  );
  dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
  show(dialog);
  return promise;
}

/** Escape and a press beside it close the dialog; it leaves nothing behind. */
function show(dialog: HTMLDialogElement): void {
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
