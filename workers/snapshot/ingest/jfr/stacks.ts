import { NO_STACK } from '../../../../storage/profile/profile.ts';
import type { ReadContext } from '../format.ts';
import { tooLarge } from '../recording-errors.ts';
import type { Chunk } from './chunk.ts';
import type { ConstantPools } from './constant-pools.ts';
import type { Cursor, Id } from './cursor.ts';
import { ChunkFrames } from './frames.ts';
import { type Field, FieldReader, type Layout, readField, skipField } from './layouts.ts';

export type FoundStack = { row: number; isTruncated: boolean };

const none: FoundStack = { row: NO_STACK, isTruncated: false };

/** The stack traces of one chunk as stacks of the profile, each read when the first sample refers to it. */
export class ChunkStacks {
  readonly #pools: ConstantPools;
  readonly #context: ReadContext;
  readonly #name: string;
  readonly #frames: ChunkFrames;
  readonly #found = new Map<Id, FoundStack>();

  constructor(chunk: Chunk, pools: ConstantPools, context: ReadContext) {
    this.#pools = pools;
    this.#context = context;
    this.#name = chunk.place.name;
    this.#frames = new ChunkFrames(chunk, pools, context);
  }

  find(traces: Layout, id: Id): FoundStack {
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    const found = this.#read(traces, id);
    this.#found.set(id, found);
    return found;
  }

  #read(traces: Layout, id: Id): FoundStack {
    const cursor = this.#pools.open(traces, id);
    if (cursor === null) {
      // 0 is how a sample says that nobody could walk its stack.
      if (id !== 0) this.#context.builder.warn('JFR: a stack that the recording does not have');
      return none;
    }
    let isTruncated = false;
    let row: number = NO_STACK;
    for (const field of traces.fields) {
      if (field.name === 'frames' && field.isArray && !field.isReference)
        row = this.#readFrames(cursor, field);
      else if (field.name === 'truncated') isTruncated = readField(cursor, field) === 1;
      else skipField(cursor, field);
    }
    return { row, isTruncated };
  }

  #readFrames(cursor: Cursor, { typeOf }: Field): number {
    const frame = typeOf();
    const methods = frame.fields.find(({ name }) => name === 'method')?.typeOf();
    const types = frame.fields.find(({ name }) => name === 'type')?.typeOf() ?? null;
    if (methods === undefined) throw cursor.damaged('declares stack frames without a method');
    const reader = new FieldReader(frame, ['method', 'type']);
    const count = cursor.readCount(frame.leastBytes);
    if (count > this.#context.limits.stackDepth) {
      throw tooLarge(this.#name, `a stack has ${count} frames`, 'stackDepth');
    }
    const rows: number[] = [];
    for (let index = 0; index < count; index++) {
      const values = reader.read(cursor);
      rows.push(this.#frames.find(methods, toId(values[0]), types, toId(values[1])));
    }
    // Innermost first in the recording.
    return rows.reduceRight((caller, row) => this.#context.builder.stack(caller, row), NO_STACK as number);
  }
}

/** A field of another type than the declared one refers to nothing. */
export function toId(value: unknown): Id {
  return typeof value === 'number' || typeof value === 'bigint' ? value : 0;
}
