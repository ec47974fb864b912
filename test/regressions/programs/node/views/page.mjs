import { escape } from './escape.mjs';

export function renderPage(title, parts) {
  const head = renderHead(title);
  const body = joinParts(parts);
  return `<!doctype html><html>${head}<body><main>${body}</main>${renderFoot(parts.length)}</body></html>`;
}

function renderHead(title) {
  return `<head><title>${escape(title)}</title><link rel="stylesheet" href="/shop.css"></head>`;
}

function joinParts(parts) {
  let html = '';
  for (const part of parts) html += `<section>${part}</section>`;
  return html;
}

function renderFoot(count) {
  return `<footer>${count} parts, rendered ${new Date(0).toISOString()}</footer>`;
}
