import { type Chunk, damaged } from './chunk.ts';
import type { Cursor, Id, PooledText } from './cursor.ts';
import { type DeclaredClass, readMetadata } from './metadata.ts';

/** How values of a class lie one after the other. */
export type Layout = {
  id: Id;
  name: string;
  /** Null for a class with fields. */
  primitive: Primitive | null;
  fields: Field[];
  /** Every value takes at least so many bytes: what bounds counts and keeps skipping from running idle. */
  leastBytes: number;
  /** Classes inside classes, itself counted. */
  depth: number;
};

export type Field = {
  name: string;
  /** Laid out only when it is asked for: classes refer to each other in circles. */
  typeOf(): Layout;
  isReference: boolean;
  isArray: boolean;
  timespan: string | null;
};

export type Value = number | bigint | string | PooledText | null;

type Primitive = {
  leastBytes: { compressed: number; fixed: number };
  skip(cursor: Cursor): void;
  read(cursor: Cursor): Value;
};

const primitives = new Map<string, Primitive>([
  ['boolean', bytesOf(1)],
  ['byte', bytesOf(1)],
  ['float', bytesOf(4)],
  ['double', bytesOf(8)],
  ['char', integer(2, (cursor) => cursor.readShort())],
  ['short', integer(2, (cursor) => cursor.readShort())],
  ['int', integer(4, (cursor) => cursor.readInt())],
  ['long', integer(8, (cursor) => cursor.readId())],
  [
    'java.lang.String',
    {
      leastBytes: { compressed: 1, fixed: 1 },
      skip: (cursor) => cursor.skipText(),
      read: (cursor) => cursor.readText(),
    },
  ],
]);

function integer(fixed: number, read: (cursor: Cursor) => Id): Primitive {
  return { leastBytes: { compressed: 1, fixed }, skip: read, read };
}

/** Of those only one-byte values are ever asked for. */
function bytesOf(bytes: number): Primitive {
  return {
    leastBytes: { compressed: bytes, fixed: bytes },
    skip: (cursor) => cursor.skip(bytes),
    read(cursor) {
      if (bytes === 1) return cursor.readByte();
      cursor.skip(bytes);
      return null;
    },
  };
}

const beingLaidOut = Symbol('being laid out');
/** Events hold stack traces hold frames hold numbers. */
const deepestLayout = 32;

/** The layouts of the classes that a chunk declares, made when they are first needed. */
export class Layouts {
  readonly #classes = new Map<Id, DeclaredClass>();
  readonly #idsByName = new Map<string, Id>();
  readonly #made = new Map<Id, Layout | typeof beingLaidOut>();
  readonly #chunk: Chunk;
  readonly #isCompressed: boolean;
  #open = 0;

  constructor(chunk: Chunk) {
    this.#chunk = chunk;
    this.#isCompressed = chunk.header.isCompressed;
    for (const declared of readMetadata(chunk)) {
      this.#classes.set(declared.id, declared);
      this.#idsByName.set(declared.name, declared.id);
    }
  }

  /** @returns null for a class that the chunk does not know: it then has no such values either */
  find(name: string): Layout | null {
    const id = this.#idsByName.get(name);
    return id === undefined ? null : this.get(id);
  }

  /** '' for a class that is not declared. */
  nameOf(id: Id): string {
    return this.#classes.get(id)?.name ?? '';
  }

  /** @throws AvalancheError RECORDING_DAMAGED for a class that is not declared, or is a part of itself */
  get(id: Id): Layout {
    const made = this.#made.get(id);
    if (made === beingLaidOut) throw this.#damaged(`declares class ${id} as a part of itself`);
    if (made !== undefined) return made;
    const declared = this.#classes.get(id);
    if (declared === undefined) throw this.#damaged(`has values of class ${id}, which is not declared`);
    if (++this.#open > deepestLayout)
      throw this.#damaged(`nests its classes more than ${deepestLayout} deep`);
    this.#made.set(id, beingLaidOut);
    const layout = this.#layOut(declared);
    this.#made.set(id, layout);
    this.#open -= 1;
    return layout;
  }

  #layOut({ id, name, fields: declared }: DeclaredClass): Layout {
    const primitive = primitives.get(name) ?? null;
    if (primitive !== null) {
      const { compressed, fixed } = primitive.leastBytes;
      const leastBytes = this.#isCompressed ? compressed : fixed;
      return { id, name, primitive, fields: [], leastBytes, depth: 1 };
    }
    const fields: Field[] = [];
    let leastBytes = 0;
    let depth = 1;
    for (const { typeId, ...field } of declared) {
      const inPlace = field.isReference ? null : this.get(typeId);
      const bytes = this.#leastBytesOf(inPlace, field.isArray);
      leastBytes += bytes;
      depth = Math.max(depth, 1 + (inPlace?.depth ?? 0));
      // A class without fields: there is nothing of it to read.
      if (bytes > 0) fields.push({ ...field, typeOf: memoize(() => this.get(typeId)) });
    }
    if (depth > deepestLayout) throw this.#damaged(`nests its classes ${depth} deep`);
    return { id, name, primitive, fields, leastBytes, depth };
  }

  /** @param inPlace null for a reference */
  #leastBytesOf(inPlace: Layout | null, isArray: boolean): number {
    const bytes = inPlace === null ? (this.#isCompressed ? 1 : 8) : inPlace.leastBytes;
    if (!isArray) return bytes;
    if (bytes === 0) throw this.#damaged(`has arrays of "${inPlace?.name}", a class without fields`);
    return this.#isCompressed ? 1 : 4;
  }

  #damaged(state: string): Error {
    return damaged(this.#chunk.place, this.#chunk.header.metadataAt, state);
  }
}

function memoize(make: () => Layout): () => Layout {
  let made: Layout | undefined;
  return () => (made ??= make());
}

export function skipField(cursor: Cursor, field: Field): void {
  const layout = field.isReference ? null : field.typeOf();
  const count = field.isArray ? cursor.readCount(layout?.leastBytes ?? 1) : 1;
  for (let element = 0; element < count; element++) {
    if (layout === null) cursor.readId();
    else skipValue(cursor, layout);
  }
}

export function skipValue(cursor: Cursor, { primitive, fields }: Layout): void {
  if (primitive !== null) primitive.skip(cursor);
  else for (const field of fields) skipField(cursor, field);
}

/** @returns the key of a reference, the value of a primitive; null, with nothing lost, for arrays and classes in place */
export function readField(cursor: Cursor, field: Field): Value {
  if (field.isReference && !field.isArray) return cursor.readId();
  const primitive = field.isReference || field.isArray ? null : field.typeOf().primitive;
  if (primitive !== null) return primitive.read(cursor);
  skipField(cursor, field);
  return null;
}

/** Reads a few named fields out of the values of one class. */
export class FieldReader {
  readonly #steps: { field: Field; slot: number }[];
  readonly #values: Value[];

  constructor(layout: Layout, names: readonly string[]) {
    this.#steps = layout.fields.map((field) => ({ field, slot: names.indexOf(field.name) }));
    this.#values = names.map(() => null);
  }

  /** @returns one value for each name, null for a field the class does not have; the same array every time */
  read(cursor: Cursor): readonly Value[] {
    this.#values.fill(null);
    for (const { field, slot } of this.#steps) {
      if (slot === -1) skipField(cursor, field);
      else this.#values[slot] = readField(cursor, field);
    }
    return this.#values;
  }
}
