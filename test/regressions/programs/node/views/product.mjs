import { escape } from './escape.mjs';

export function renderProduct(product, price) {
  return `<h1>${escape(product.name)}</h1><p>${escape(product.description)}</p><b>${escape(price)}</b>`;
}

export function renderCard(product, price) {
  return `<article><h2>${highlight(product.name)}</h2><p>${escape(shorten(product.description, 80))}</p><i>${price}</i></article>`;
}

function highlight(name) {
  return name.split(' ').map((word) => `<span>${escape(word)}</span>`).join(' ');
}

function shorten(text, letters) {
  if (text.length <= letters) return text;
  return `${text.slice(0, text.lastIndexOf(' ', letters))}…`;
}
