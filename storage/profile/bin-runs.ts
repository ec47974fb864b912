/** Neighbouring bins of a time axis, half-open. */
export type Run = { from: number; to: number };

/** Counts by bin, made ready for asking what lies in a run: its sum is a difference of two. */
export class BinSums {
  readonly length: number;
  /** For each bin what lies before it; one more at the end for all. */
  readonly #before: Float64Array;

  constructor(counts: Float64Array) {
    this.length = counts.length;
    this.#before = new Float64Array(counts.length + 1);
    for (let bin = 0; bin < counts.length; bin++) this.#before[bin + 1] = this.#before[bin]! + counts[bin]!;
  }

  get all(): number {
    return this.#before[this.length]!;
  }

  in(...runs: readonly Run[]): number {
    return runs.reduce((sum, { from, to }) => sum + this.#before[to]! - this.#before[from]!, 0);
  }

  rate(...runs: readonly Run[]): number {
    return this.in(...runs) / lengthOf(runs);
  }
}

export function isApart(a: Run, b: Run): boolean {
  return a.from >= b.to || a.to <= b.from;
}

export function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** What is left of all bins without some runs. */
export function listRest(runs: readonly Run[], binCount: number): Run[] {
  const rest: Run[] = [];
  let at = 0;
  for (const { from, to } of runs.toSorted((a, b) => a.from - b.from)) {
    if (from > at) rest.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  if (at < binCount) rest.push({ from: at, to: binCount });
  return rest;
}

/** Nothing as a multiple of nothing is no difference. */
export function divideRates(rate: number, other: number): number {
  return rate === 0 && other === 0 ? 1 : rate / other;
}
