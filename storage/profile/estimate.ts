/** A value with its 95 % interval: a share lies between 0 and 1, a difference of two shares between -1 and 1. */
export type Estimate = { value: number; low: number; high: number };

/** Two-sided 95 % of the normal distribution. */
const z = 1.96;

/** Wilson's score interval: right for small counts and for shares near 0 and 1, where the textbook's is not. */
export function estimateShare(count: number, total: number): Estimate {
  if (total <= 0) return { value: 0, low: 0, high: 1 };
  const share = count / total;
  const denominator = 1 + z ** 2 / total;
  const centre = (share + z ** 2 / (2 * total)) / denominator;
  const half = (z / denominator) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { value: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** A count of events that come by chance (Poisson), each worth `unit`: the score interval, right for small counts too. */
export function estimateRate(count: number, unit: number): Estimate {
  const centre = count + z ** 2 / 2;
  const half = z * Math.sqrt(count + z ** 2 / 4);
  return { value: count * unit, low: Math.max(0, centre - half) * unit, high: (centre + half) * unit };
}

/** By how much a value exceeds another, after Newcombe: the two score intervals taken together. */
export function estimateDifference(now: Estimate, before: Estimate): Estimate {
  const value = now.value - before.value;
  return {
    value,
    low: value - Math.hypot(now.value - now.low, before.high - before.value),
    high: value + Math.hypot(now.high - now.value, before.value - before.low),
  };
}
