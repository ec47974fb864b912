import { renderPage } from '../views/page.mjs';
import { renderCard } from '../views/product.mjs';

const resultsShown = 24;

export async function showResults(shop, { query }, session) {
  const ids = shop.index.search(query.q, resultsShown);
  const products = shop.catalogue.findMany(ids);
  const cards = products.map((product) => renderCard(product, shop.prices.priceOf(product, session.currency)));
  return renderPage(`Found: ${query.q}`, cards);
}
