import type { Product } from './catalogue.ts';

/** What goes with a product: others of its category that share the most words with it, dearer ones first. */
export function findRelated(product: Product, products: Iterable<Product>, maximum: number): Product[] {
  const words = new Set(product.name.split(' '));
  const likely: { other: Product; shared: number }[] = [];
  for (const other of products) {
    if (other.category !== product.category || other.sku === product.sku) continue;
    const shared = countShared(other.name, words);
    if (shared > 0) likely.push({ other, shared });
  }
  return likely
    .sort((one, two) => two.shared - one.shared || two.other.priceCents - one.other.priceCents)
    .slice(0, maximum)
    .map(({ other }) => other);
}

function countShared(name: string, words: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of name.split(' ')) {
    if (words.has(word)) shared += 1;
  }
  return shared;
}
