import type { Chunk } from './chunk.ts';
import { Cursor, type Id } from './cursor.ts';

/** A class as a chunk declares it; nothing about its layout is known otherwise. */
export type DeclaredClass = { id: Id; name: string; fields: DeclaredField[] };

type DeclaredField = {
  name: string;
  typeId: Id;
  /** Its value is a key of the type's constant pool. */
  isReference: boolean;
  isArray: boolean;
  /** Unit of a time span, 'TICKS' or 'NANOSECONDS'; null for what is none. */
  timespan: string | null;
};

type Element = { name: string; attributes: Map<string, string> };

const metadataEvent = 0;
/** root, metadata, class, field, annotation: a sane tree is no deeper. */
const deepestElement = 16;
/** The JDK's own events need 10,000. */
const mostElements = 500_000;

/**
 * Reads the metadata event: a table of texts, then a tree of elements in the manner of XML.
 *
 *     <root><metadata>
 *       <class id="101" name="jdk.ExecutionSample" superType="jdk.jfr.Event">
 *         <field name="stackTrace" class="27" constantPool="true"/>
 *
 * @throws AvalancheError RECORDING_DAMAGED
 */
export function readMetadata(chunk: Chunk): DeclaredClass[] {
  const cursor = new Cursor(chunk).moveTo(chunk.header.metadataAt, chunk.bytes.length);
  const bytes = cursor.readInt();
  cursor.end = Math.min(cursor.end, chunk.header.metadataAt + bytes);
  if (cursor.readId() !== metadataEvent) throw cursor.damaged('has no metadata where its header says');
  cursor.readId();
  cursor.readId();
  cursor.readId();
  return new MetadataTree(cursor).readClasses();
}

class MetadataTree {
  readonly #cursor: Cursor;
  readonly #texts: string[] = [];
  readonly #classes: DeclaredClass[] = [];
  readonly #timespanIds = new Set<string>();
  readonly #timespans: { field: DeclaredField; classId: string; unit: string }[] = [];
  #elements = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  readClasses(): DeclaredClass[] {
    const count = this.#cursor.readCount(1);
    if (count > mostElements) throw this.#cursor.damaged(`has ${count} texts in its metadata`);
    for (let index = 0; index < count; index++) {
      const text = this.#cursor.readText();
      this.#texts.push(typeof text === 'string' ? text : '');
    }
    this.#readElement(0, null);
    for (const { field, classId, unit } of this.#timespans) {
      if (this.#timespanIds.has(classId)) field.timespan = unit;
    }
    return this.#classes;
  }

  /** @param parent the field it is directly inside of */
  #readElement(depth: number, parent: DeclaredField | null): void {
    if (depth > deepestElement) throw this.#cursor.damaged(`nests its metadata ${depth} deep`);
    if (++this.#elements > mostElements) throw this.#cursor.damaged('has too many classes and fields');
    const element = { name: this.#readReference(), attributes: this.#readAttributes() };
    let field: DeclaredField | null = null;
    if (element.name === 'class') this.#addClass(element);
    if (element.name === 'field') field = this.#addField(element);
    if (element.name === 'annotation' && parent !== null) this.#addAnnotation(element, parent);
    for (let count = this.#cursor.readCount(3); count > 0; count--) this.#readElement(depth + 1, field);
  }

  #readAttributes(): Map<string, string> {
    const attributes = new Map<string, string>();
    for (let count = this.#cursor.readCount(2); count > 0; count--) {
      const name = this.#readReference();
      attributes.set(name, this.#readReference());
    }
    return attributes;
  }

  #readReference(): string {
    const index = this.#cursor.readInt();
    const text = this.#texts[index];
    if (text === undefined) throw this.#cursor.damaged(`names text ${index} of ${this.#texts.length}`);
    return text;
  }

  #addClass({ attributes }: Element): void {
    const id = attributes.get('id') ?? '';
    const name = attributes.get('name') ?? '';
    if (name === 'jdk.jfr.Timespan') this.#timespanIds.add(id);
    this.#classes.push({ id: this.#parseId(id), name, fields: [] });
  }

  #addField({ attributes }: Element): DeclaredField {
    const field = {
      name: attributes.get('name') ?? '',
      typeId: this.#parseId(attributes.get('class') ?? ''),
      isReference: attributes.get('constantPool') === 'true',
      isArray: (attributes.get('dimension') ?? '0') !== '0',
      timespan: null,
    };
    const owner = this.#classes.at(-1);
    if (owner === undefined) throw this.#cursor.damaged('has a field outside of a class');
    owner.fields.push(field);
    return field;
  }

  /** The class of the annotation may be declared later. */
  #addAnnotation({ attributes }: Element, field: DeclaredField): void {
    const unit = attributes.get('value');
    if (unit !== undefined) this.#timespans.push({ field, classId: attributes.get('class') ?? '', unit });
  }

  #parseId(text: string): Id {
    if (!/^-?\d{1,19}$/.test(text)) throw this.#cursor.damaged('has a class without a number');
    const id = Number(text);
    return Number.isSafeInteger(id) ? id : BigInt(text);
  }
}
