export type ShownProduct = { sku: string; name: string; description: string; price: string };

/** The page of one product, with those that go with it. */
export function renderProductPage(product: ShownProduct, related: readonly ShownProduct[]): string {
  return [
    '<!doctype html>',
    `<title>${escapeText(product.name)}</title>`,
    `<h1>${escapeText(product.name)}</h1>`,
    `<p>${escapeText(product.description)}</p>`,
    `<p class="price">${escapeText(product.price)}</p>`,
    '<ul>',
    ...related.map(renderRelated),
    '</ul>',
  ].join('\n');
}

function renderRelated({ sku, name, price }: ShownProduct): string {
  return `<li><a href="/products/${escapeText(sku)}">${escapeText(name)}</a> ${escapeText(price)}</li>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
