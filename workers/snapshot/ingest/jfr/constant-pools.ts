import { type Chunk, damaged } from './chunk.ts';
import { Cursor, type Id } from './cursor.ts';
import { type Field, FieldReader, type Layout, type Layouts, skipValue, type Value } from './layouts.ts';

const poolsEvent = 1;
/** In all pools of a chunk. async-profiler's largest chunks have some 100,000. */
const mostEntries = 4 * 1024 ** 2;

/**
 * What events refer to by number: stack traces, methods, threads, texts. Noted is only where each value lies;
 * it is read when something asks for it.
 *
 *     ┌ pools ┐ delta ┌ pools ┐ delta ┌ pools ┐
 *     │       │◀──────│       │◀──────│       │◀── header.poolsAt
 */
export class ConstantPools {
  readonly #chunk: Chunk;
  readonly #layouts: Layouts;
  readonly #positions = new Map<Id, Map<Id, number>>();
  readonly #steps = new Map<Field, Map<Id, Value>>();
  readonly #texts = new Map<Id, string>();
  #entries = 0;

  /** @throws AvalancheError RECORDING_DAMAGED */
  constructor(chunk: Chunk, layouts: Layouts) {
    this.#chunk = chunk;
    this.#layouts = layouts;
    let delta = 0;
    let before = chunk.bytes.length;
    let at = chunk.header.poolsAt;
    do {
      delta = this.#readPools(at, before);
      if (delta > 0) throw damaged(chunk.place, at, `links its constant pools ${delta} bytes forwards`);
      before = at;
      at += delta;
    } while (delta !== 0);
  }

  /** @returns a cursor at the value; null when the pools do not have it */
  open(type: Layout, id: Id): Cursor | null {
    const at = this.#positions.get(type.id)?.get(id);
    return at === undefined ? null : new Cursor(this.#chunk).moveTo(at, this.#chunk.bytes.length);
  }

  /**
   * Follows references: of a method, the path `type`, `name`, `string` gives the name of its class.
   *
   * @returns null when a step leads nowhere
   */
  readPath(type: Layout, id: Id, path: readonly string[]): Value {
    let value: Value = id;
    let layout = type;
    for (const name of path) {
      const field = layout.fields.find((candidate) => candidate.name === name);
      if (field === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return null;
      value = this.#readStep(layout, field, value);
      layout = field.typeOf();
    }
    return value;
  }

  /** The text of a field, wherever it stands; '' for none. */
  readText(value: Value | undefined): string {
    if (typeof value === 'string') return value;
    if (value === null || value === undefined || typeof value !== 'object') return '';
    let text = this.#texts.get(value.pooled);
    if (text === undefined) {
      const type = this.#layouts.find('java.lang.String');
      const read = type === null ? null : (this.open(type, value.pooled)?.readText() ?? null);
      // A text in the pool that points into the pool again may go round in circles.
      text = typeof read === 'string' ? read : '';
      this.#texts.set(value.pooled, text);
    }
    return text;
  }

  /** Remembers what it read: however many refer to a value, its bytes are gone through once. */
  #readStep(layout: Layout, field: Field, id: Id): Value {
    let known = this.#steps.get(field);
    if (known === undefined) {
      known = new Map();
      this.#steps.set(field, known);
    }
    let value = known.get(id);
    if (value === undefined) {
      const cursor = this.open(layout, id);
      value = cursor === null ? null : (new FieldReader(layout, [field.name]).read(cursor)[0] ?? null);
      known.set(id, value);
    }
    return value;
  }

  /**
   * @param before where the pools that were read last begin: none overlap, so that each byte is read once
   * @returns how far away the pools before it lie; 0 for none
   */
  #readPools(at: number, before: number): number {
    const { place } = this.#chunk;
    if (at < 0 || at >= before) throw damaged(place, Math.max(0, at), 'links its constant pools in a circle');
    const cursor = new Cursor(this.#chunk).moveTo(at, before);
    const end = at + cursor.readInt();
    if (end <= at || end > before) throw cursor.damaged(`has constant pools that end at byte ${end}`);
    cursor.end = end;
    if (cursor.readId() !== poolsEvent) throw cursor.damaged('has no constant pools where a link says');
    cursor.readId();
    cursor.readId();
    const delta = cursor.readNumber();
    cursor.readByte();
    for (let count = cursor.readCount(1); count > 0; count--) this.#readPool(cursor);
    if (cursor.at < end) throw cursor.damaged(`has constant pools that should end at byte ${end}`);
    return delta;
  }

  #readPool(cursor: Cursor): void {
    const layout = this.#layouts.get(cursor.readId());
    const known = this.#positions.get(layout.id);
    const positions = known ?? new Map<Id, number>();
    if (known === undefined) this.#positions.set(layout.id, positions);
    const count = cursor.readCount(1 + layout.leastBytes);
    this.#entries += count;
    if (this.#entries > mostEntries) throw cursor.damaged(`has more than ${mostEntries} constants`);
    for (let entry = 0; entry < count; entry++) {
      const id = cursor.readId();
      // Pools are read from last to first: what was said last counts.
      if (!positions.has(id)) positions.set(id, cursor.at);
      skipValue(cursor, layout);
    }
  }
}
