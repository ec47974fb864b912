const rates = { eur: 1, usd: 1.09, sek: 11.2 };
const keptPrices = 5000;

export class PriceList {
  constructor() {
    this.kept = new Map();
  }

  /** The price as text, in the currency. */
  priceOf(product, currency) {
    const key = `${product.id} ${currency}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const price = formatPrice(this.reckon(product, currency), currency);
    this.remember(key, price);
    return price;
  }

  remember(key, price) {
    if (this.kept.size >= keptPrices) this.kept.delete(this.kept.keys().next().value);
    this.kept.set(key, price);
  }

  /** Walks all promotions, of which the best counts. */
  reckon(product, currency) {
    let best = product.cents;
    for (let promotion = 0; promotion < 400; promotion++) {
      if ((product.id + promotion) % 11 === 0) best = Math.min(best, promote(product.cents, promotion));
    }
    return (best * (rates[currency] ?? 1)) / 100;
  }
}

function promote(cents, promotion) {
  return cents * (1 - ((promotion * 13) % 30) / 100);
}

function formatPrice(amount, currency) {
  const [whole, fraction] = amount.toFixed(2).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ' ')},${fraction} ${currency.toUpperCase()}`;
}
