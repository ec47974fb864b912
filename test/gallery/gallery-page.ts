import { escapeXml } from '../../renderers/escape-xml.ts';

/** One recording; `file` is null where `text` says why there is no picture, else its alternative text. */
export type Exhibit = { title: string; pictures: { kind: string; file: string | null; text: string }[] };

/** A page with a row for each recording, its pictures at the size of a desktop's and of a phone's thread. */
export function writeGalleryPage(exhibits: readonly Exhibit[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Avalanche: every picture of every recording</title>
<style>
  body { font: 15px system-ui, sans-serif; margin: 1.5rem; background: #f4f4f2; color: #12100e; }
  section { margin-bottom: 2.5rem; }
  .row { display: flex; gap: 1rem; overflow-x: auto; align-items: flex-start; }
  figure { margin: 0; flex: none; width: 560px; }
  figure.phone { width: 260px; }
  img { width: 100%; display: block; box-shadow: 0 1px 4px #0004; }
  figcaption { padding: .4rem 0; font-size: 13px; }
  .missing { color: #6a6963; }
  @media (prefers-color-scheme: dark) { body { background: #1a1d21; color: #e8e8e6; } }
</style>
<h1>${exhibits.length} recordings</h1>
${exhibits.map(writeSection).join('\n')}
</html>
`;
}

function writeSection({ title, pictures }: Exhibit): string {
  return `<section><h2>${escapeXml(title)}</h2><div class="row">${pictures.map(writeFigure).join('')}</div></section>`;
}

function writeFigure({ kind, file, text }: Exhibit['pictures'][number]): string {
  const caption = `<figcaption><b>${escapeXml(kind)}</b> ${escapeXml(text)}</figcaption>`;
  if (file === null) return `<figure class="missing phone">${caption}</figure>`;
  const image = `<a href="${escapeXml(file)}"><img src="${escapeXml(file)}" alt="${escapeXml(text)}" loading="lazy"></a>`;
  return `<figure>${image}${caption}</figure><figure class="phone" aria-hidden="true">${image}</figure>`;
}
