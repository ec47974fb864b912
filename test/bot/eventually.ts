import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again until it holds; gives what it last saw. */
export async function eventually<Value>(
  look: () => Value,
  holds: (value: Value) => boolean,
  limitMs = 10_000,
): Promise<Value> {
  const until = Date.now() + limitMs;
  while (!holds(look()) && Date.now() < until) await sleep(25);
  return look();
}
