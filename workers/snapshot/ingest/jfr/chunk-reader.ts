import { type Milliseconds, NO_STACK } from '../../../../storage/profile/profile.ts';
import type { ReadContext } from '../format.ts';
import { tooLarge } from '../recording-errors.ts';
import type { Chunk } from './chunk.ts';
import { ConstantPools } from './constant-pools.ts';
import { Cursor, type Id } from './cursor.ts';
import { factEvents, type JfrFacts } from './facts.ts';
import { type FoundEvents, findEvents, openEvent } from './find-events.ts';
import { FieldReader, type Layout, Layouts, type Value } from './layouts.ts';
import { asleep, type SampleEvent, sampleEvents } from './sample-events.ts';
import type { JfrSamples } from './samples.ts';
import { ChunkStacks, toId } from './stacks.ts';
import { ChunkThreads } from './threads.ts';

/** Waiting for a lock may begin long before the chunk in which its end is written. */
const longestBeforeMs = 24 * 3_600_000;
/** Clocks of some machines run apart: seconds in an hour. */
const longestAfterMs = 3_600_000;
const spanNanoseconds: Record<string, number> = {
  NANOSECONDS: 1,
  MICROSECONDS: 1e3,
  MILLISECONDS: 1e6,
  SECONDS: 1e9,
};

const asleepEvent = sampleEvents.findIndex(({ name }) => name.startsWith(`${asleep.of} (`));
const truncated = 'JFR: a stack was cut at its outer end (raise -XX:FlightRecorderOptions=stackdepth)';

/** Reads the events of one chunk; with it everything that explains them is let go of. */
export class ChunkReader {
  readonly #chunk: Chunk;
  readonly #context: ReadContext;
  readonly #layouts: Layouts;
  readonly #pools: ConstantPools;
  readonly #cursor: Cursor;

  /** @throws AvalancheError RECORDING_DAMAGED */
  constructor(chunk: Chunk, context: ReadContext) {
    this.#chunk = chunk;
    this.#context = context;
    this.#layouts = new Layouts(chunk);
    this.#pools = new ConstantPools(chunk, this.#layouts);
    this.#cursor = new Cursor(chunk);
  }

  /** @throws AvalancheError RECORDING_DAMAGED, RECORDING_TOO_LARGE */
  read(facts: JfrFacts, samples: JfrSamples): void {
    const wanted = [...sampleEvents.map(({ name }) => name), ...Object.keys(factEvents)]
      .map((name) => this.#layouts.find(name))
      .filter((layout) => layout !== null);
    const found = new Map(findEvents(this.#chunk, wanted).map((events) => [events.layout.name, events]));
    for (const [name, fields] of Object.entries(factEvents)) this.#readFacts(found.get(name), fields, facts);
    const stacks = new ChunkStacks(this.#chunk, this.#pools, this.#context);
    const threads = new ChunkThreads(this.#pools, samples, facts.pid);
    for (const [event, described] of sampleEvents.entries()) {
      const events = found.get(described.name);
      if (events !== undefined) this.#readSamples(events, { event, described, stacks, threads, samples });
    }
  }

  #readFacts(events: FoundEvents | undefined, names: readonly string[], facts: JfrFacts): void {
    if (events === undefined) return;
    const readText = (value: Value | undefined) => this.#pools.readText(value);
    const nameOf = (id: Value | undefined) => this.#layouts.nameOf(toId(id));
    for (const fields of this.#readEvents(events, names)) {
      facts.add(events.layout.name, fields, readText, nameOf);
    }
  }

  #readSamples(
    events: FoundEvents,
    to: {
      event: number;
      described: SampleEvent;
      stacks: ChunkStacks;
      threads: ChunkThreads;
      samples: JfrSamples;
    },
  ): void {
    const { event, described, stacks, threads, samples } = to;
    const { builder, limits } = this.#context;
    if (builder.sampleCount + samples.length + events.positions.length > limits.sampleCount) {
      throw tooLarge(this.#chunk.place.name, `more than ${limits.sampleCount} samples`, 'sampleCount');
    }
    const traces = fieldType(events.layout, 'stackTrace');
    const threadType = fieldType(events.layout, described.thread);
    const weightScale = this.#weightScale(events.layout, described);
    const isAsleep = this.#findAsleep(events.layout);
    const names = ['startTime', 'stackTrace', described.thread, 'state', described.weight ?? ''];
    for (const [ticks, trace, thread, state, weighed] of this.#readEvents(events, names)) {
      const stack = traces === null ? null : stacks.find(traces, toId(trace));
      if (stack?.isTruncated === true) builder.warn(truncated);
      const weight = this.#checkWeight(weighed ?? 1) * weightScale;
      samples.add({
        event: isAsleep(toId(state)) ? asleepEvent : event,
        timeMs: this.#toMs(Number(ticks)),
        thread: threads.find(threadType, toId(thread)),
        stack: stack?.row ?? NO_STACK,
        count: described.isSummed ? weight : 1,
        weight,
      });
    }
  }

  #findAsleep(layout: Layout): (state: Id) => boolean {
    const states = layout.name === asleep.of ? fieldType(layout, 'state') : null;
    if (states === null) return () => false;
    const known = new Map<Id, boolean>();
    return (state) => {
      let isAsleep = known.get(state);
      if (isAsleep === undefined) {
        const name = this.#pools.readText(this.#pools.readPath(states, state, ['name']));
        isAsleep = name === asleep.state;
        known.set(state, isAsleep);
      }
      return isAsleep;
    };
  }

  /** @returns the same array for every event */
  *#readEvents({ layout, positions }: FoundEvents, names: readonly string[]): Generator<readonly Value[]> {
    const reader = new FieldReader(layout, names);
    for (let row = 0; row < positions.length; row++) {
      openEvent(this.#cursor, positions.values[row]!, this.#chunk.bytes.length);
      const fields = reader.read(this.#cursor);
      if (this.#cursor.at < this.#cursor.end)
        this.#context.builder.warn('JFR: an event longer than its fields');
      yield fields;
    }
  }

  #toMs(ticks: number): Milliseconds {
    const { startMs, startTicks, ticksPerSecond, durationMs } = this.#chunk.header;
    const sinceStartMs = ((ticks - startTicks) / ticksPerSecond) * 1e3;
    if (sinceStartMs < -longestBeforeMs || sinceStartMs > durationMs + longestAfterMs) {
      const chunkText = `its chunk of ${durationMs} ms`;
      throw this.#cursor.damaged(
        `has an event ${Math.round(sinceStartMs)} ms after the begin of ${chunkText}`,
      );
    }
    return startMs + sinceStartMs;
  }

  #checkWeight(value: Value): number {
    const weight = Number(value);
    if (!(weight >= 0)) throw this.#cursor.damaged(`has an event of the weight ${weight}`);
    return weight;
  }

  /** Time spans are counted in the ticks of the chunk's clock unless they say otherwise. */
  #weightScale({ fields }: Layout, { weight, unit }: SampleEvent): number {
    if (unit !== 'nanoseconds') return 1;
    const span = fields.find(({ name }) => name === weight)?.timespan ?? 'TICKS';
    return spanNanoseconds[span] ?? 1e9 / this.#chunk.header.ticksPerSecond;
  }
}

function fieldType({ fields }: Layout, name: string): Layout | null {
  const field = fields.find((candidate) => candidate.name === name);
  return field?.isReference === true ? field.typeOf() : null;
}
