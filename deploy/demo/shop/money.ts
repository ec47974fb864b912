export type Cents = number;

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

export function formatCents(cents: Cents): string {
  return euros.format(cents / 100);
}

/** A share of an amount, rounded half up as our invoices do. */
export function shareOf(cents: Cents, ratio: number): Cents {
  return Math.floor(cents * ratio + 0.5);
}
