import type { Product } from './catalogue.ts';
import { applyPriceRules, type OrderLine, type PriceRule } from './discounts.ts';
import { type Cents, formatCents, shareOf } from './money.ts';

export type CartItem = { sku: string; quantity: number };
export type Quote = {
  lines: {
    sku: string;
    name: string;
    quantity: number;
    amount: string;
    discount: string;
    campaign: string | null;
  }[];
  shipping: string;
  tax: string;
  total: string;
};

const taxRatio = 0.23;
const freeShippingFrom: Cents = 7_500;
const shippingCents: Cents = 490;

/** What a cart costs today. Products that are not sold any more are left out. */
export function quoteCart(
  items: readonly CartItem[],
  catalogue: ReadonlyMap<string, Product>,
  rules: readonly PriceRule[],
): Quote {
  const lines = priceLines(items, catalogue);
  const discounts = new Map(applyPriceRules(lines, rules).map((discount) => [discount.sku, discount]));
  let total = 0;
  const quoted = lines.map((line) => {
    const discount = discounts.get(line.sku);
    const off = shareOf(line.cents, discount?.ratio ?? 0);
    total += line.cents - off;
    return {
      sku: line.sku,
      name: catalogue.get(line.sku)?.name ?? line.sku,
      quantity: line.quantity,
      amount: formatCents(line.cents),
      discount: formatCents(off),
      campaign: discount?.campaign ?? null,
    };
  });
  const shipping = total >= freeShippingFrom ? 0 : shippingCents;
  return {
    lines: quoted,
    shipping: formatCents(shipping),
    tax: formatCents(shareOf(total + shipping, taxRatio)),
    total: formatCents(total + shipping + shareOf(total + shipping, taxRatio)),
  };
}

function priceLines(items: readonly CartItem[], catalogue: ReadonlyMap<string, Product>): OrderLine[] {
  const lines: OrderLine[] = [];
  for (const { sku, quantity } of items) {
    const product = catalogue.get(sku);
    if (product === undefined) continue;
    lines.push({ sku, category: product.category, quantity, cents: product.priceCents * quantity });
  }
  return lines;
}
