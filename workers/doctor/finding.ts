import { toAvalancheError } from '../../storage/errors.ts';

/** What a look at one step came to. */
export type Finding<Value = unknown> = {
  state: 'in order' | 'doubtful' | 'broken';
  /** One sentence without a stop: what was found, or what is in the way. */
  found: string;
  /** What to do; null when nothing is to be done. */
  cure: string | null;
  /** What steps behind it need. */
  value?: Value;
};

export function inOrder<Value>(found: string, value?: Value): Finding<Value> {
  return { state: 'in order', found, cure: null, ...(value === undefined ? {} : { value }) };
}

/** A snapshot would be taken all the same, and be worth less. */
export function doubtful<Value>(found: string, cure: string, value?: Value): Finding<Value> {
  return { state: 'doubtful', found, cure, ...(value === undefined ? {} : { value }) };
}

/** A snapshot would fail here. */
export function broken<Value = never>(found: string, cure: string): Finding<Value> {
  return { state: 'broken', found, cure };
}

/** Our own mistakes may carry queries and addresses: those are for the log. */
export function brokenBy(thrown: unknown): Finding<never> {
  const { code, message, advice } = toAvalancheError(thrown);
  return broken(code === 'INTERNAL' ? 'something in Avalanche itself went wrong' : message, advice);
}
