import type { TraceEvent } from './chrome-trace-event.ts';

/** One run of a function. */
export type TraceSlice = { name: string; startUs: number; endUs: number };
type ThreadSlices = { pid: string; tid: string; slices: TraceSlice[] };

/** Some 30 years: beyond it, parts of a µs are lost. */
const latestUs = 1e15;

type Warn = (text: string, count: number) => void;

/**
 * Runs of functions by thread: `X` events as they are, `B` with the next `E` of its name (or of no name). An
 * `E` without a `B` is passed over; a `B` without an `E` runs until its thread's last event.
 */
export function pairSlices(events: readonly TraceEvent[], warn: Warn): ThreadSlices[] {
  const threads = new Map<string, { pid: string; tid: string; events: TraceEvent[] }>();
  let untimed = 0;
  for (const event of events) {
    if (event.phase !== 'B' && event.phase !== 'E' && event.phase !== 'X') continue;
    if (!(Math.abs(event.timeUs) <= latestUs)) {
      untimed += 1;
      continue;
    }
    const key = `${event.pid} ${event.tid}`;
    const thread = threads.get(key) ?? { pid: event.pid, tid: event.tid, events: [] };
    if (thread.events.push(event) === 1) threads.set(key, thread);
  }
  if (untimed > 0) warn('a function without a time', untimed);
  return [...threads.values()].map(({ pid, tid, events: own }) => ({
    pid,
    tid,
    slices: pairThread(own, warn),
  }));
}

function pairThread(events: readonly TraceEvent[], warn: Warn): TraceSlice[] {
  // At equal times the writer's order holds: it ended inner functions before outer ones.
  const ordered = [...events].sort((a, b) => a.timeUs - b.timeUs);
  const slices: TraceSlice[] = [];
  const open = new OpenSlices();
  let lastUs = Number.NEGATIVE_INFINITY;
  let odd = 0;
  for (const { phase, name, timeUs, durationUs } of ordered) {
    const endUs = phase === 'X' && durationUs > 0 ? Math.min(timeUs + durationUs, latestUs) : timeUs;
    lastUs = Math.max(lastUs, endUs);
    const slice = { name, startUs: timeUs, endUs };
    if (phase === 'E') {
      const begun = open.end(name);
      if (begun === undefined) odd += 1;
      else begun.endUs = timeUs;
      continue;
    }
    slices.push(slice);
    if (phase === 'B') open.begin(slice);
  }
  if (odd > 0) warn('an end without a beginning', odd);
  const unended = open.rest();
  for (const slice of unended) slice.endUs = lastUs;
  if (unended.length > 0) warn('a function without an end, taken to run to the end', unended.length);
  return slices;
}

/** What has begun and not ended, by name and in order; ending is as quick as beginning. */
class OpenSlices {
  readonly #all: TraceSlice[] = [];
  readonly #byName = new Map<string, TraceSlice[]>();
  readonly #ended = new Set<TraceSlice>();

  begin(slice: TraceSlice): void {
    this.#all.push(slice);
    const named = this.#byName.get(slice.name);
    if (named === undefined) this.#byName.set(slice.name, [slice]);
    else named.push(slice);
  }

  /** @param name '' ends the innermost */
  end(name: string): TraceSlice | undefined {
    const ended = name === '' ? this.#innermost() : this.#byName.get(name)?.pop();
    if (ended === undefined) return undefined;
    if (name === '') this.#byName.get(ended.name)?.pop();
    this.#ended.add(ended);
    this.#innermost();
    return ended;
  }

  rest(): TraceSlice[] {
    return this.#all.filter((slice) => !this.#ended.has(slice));
  }

  #innermost(): TraceSlice | undefined {
    for (let last = this.#all.at(-1); last !== undefined; last = this.#all.at(-1)) {
      if (!this.#ended.delete(last)) return last;
      this.#all.pop();
    }
    return undefined;
  }
}
