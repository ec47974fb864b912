export type OrderLine = { sku: string; category: string; quantity: number; cents: number };

/** A campaign's rule: so much off all of a category, or off one product. */
export type PriceRule = {
  campaign: string;
  target: { category: string } | { sku: string };
  minimumQuantity: number;
  ratio: number;
  /** Campaigns that may not be combined with this one. */
  excludes: string[];
};

export type Discount = { sku: string; campaign: string; ratio: number };

/**
 * Finds the best rule for every line; lines without one are left out. A rule gives way to a better one
 * of the same line that excludes its campaign.
 */
export function applyPriceRules(lines: readonly OrderLine[], rules: readonly PriceRule[]): Discount[] {
  const discounts: Discount[] = [];
  for (const line of lines) {
    let best: PriceRule | undefined;
    for (const rule of rules) {
      let excluded = false;
      for (const other of rules) {
        if (other.ratio > rule.ratio && other.excludes.includes(rule.campaign) && fits(other, line))
          excluded = true;
      }
      if (!excluded && fits(rule, line) && (best === undefined || rule.ratio > best.ratio)) best = rule;
    }
    if (best !== undefined) discounts.push({ sku: line.sku, campaign: best.campaign, ratio: best.ratio });
  }
  return discounts;
}

function fits(rule: PriceRule, line: OrderLine): boolean {
  if (line.quantity < rule.minimumQuantity) return false;
  return 'sku' in rule.target ? rule.target.sku === line.sku : rule.target.category === line.category;
}
