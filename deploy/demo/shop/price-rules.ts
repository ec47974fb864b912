import type { Product } from './catalogue.ts';
import type { PriceRule } from './discounts.ts';

const seasons = ['spring', 'summer', 'autumn', 'winter'];

/** The campaigns that run now: one for each category and season, and single products on offer. */
export function loadPriceRules(products: Iterable<Product>): PriceRule[] {
  const rules: PriceRule[] = [];
  for (const category of ['furniture', 'textiles', 'kitchen', 'lighting']) {
    for (const [index, season] of seasons.entries()) {
      const campaign = `${season}-${category}`;
      const excludes = seasons.map((other) => `${other}-${category}`).filter((other) => other !== campaign);
      rules.push({
        campaign,
        target: { category },
        minimumQuantity: 1 + index,
        ratio: 0.05 * (1 + index),
        excludes,
      });
    }
  }
  for (const { sku, category } of products) {
    if (Number(sku.slice(2)) % 15 !== 0) continue;
    const excludes = seasons.map((season) => `${season}-${category}`);
    rules.push({ campaign: `offer-${sku}`, target: { sku }, minimumQuantity: 1, ratio: 0.15, excludes });
  }
  return rules;
}
