import { renderPage } from '../views/page.mjs';
import { renderCard, renderProduct } from '../views/product.mjs';

export async function showProduct(shop, { query }, session) {
  const product = shop.catalogue.find(query.id);
  const price = shop.prices.priceOf(product, session.currency);
  const related = await loadRelated(shop, product, session);
  return renderPage(product.name, [renderProduct(product, price), ...related]);
}

async function loadRelated(shop, product, session) {
  const products = shop.catalogue.findMany(product.related);
  return products.map((other) => renderCard(other, shop.prices.priceOf(other, session.currency)));
}
