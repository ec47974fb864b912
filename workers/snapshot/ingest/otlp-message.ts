import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Sniff } from './format.ts';
import { MessagePlaces } from './message-places.ts';
import { readEnd, readFields, readNumbers, readSigned, readUnsigned } from './protobuf-fields.ts';

/** Indexes of the string table. */
type ValueType = { type: number; unit: number };
/** `lines` are rows of the function table, innermost first; empty for an address that has no symbol. */
type Location = { mapping: number; address: bigint; lines: number[]; attributes: number[] };
type OtlpFunction = { name: number; systemName: number; file: number; startLine: number };
/** A text in the message, or an index of the string table; a number where it is one. */
type Value = { text: string | number; number: number };
export type Attribute = { key: string | number; value: Value };
export type OtlpSample = { stack: number; attributes: number[]; values: number[]; timesNanos: bigint[] };
export type OtlpProfile = {
  sampleType: ValueType;
  timeNanos: bigint;
  period: number;
  periodType: ValueType;
  attributes: number[];
  samples: MessagePlaces;
};

const longestSniffed = 64;

/**
 * Looks at the frame of the message: resources of profiles (field 1), and the dictionary (2), each of messages.
 * Traces, metrics and logs look the same, but have no dictionary: reading tells.
 */
export function sniffOtlp(beginning: Buffer): Sniff {
  const reader = new BinaryReader(beginning);
  try {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) return 'no';
    const end = skipTo(reader);
    // resource, scope_profiles, schema_url; or the seven tables.
    const lastField = field === 1 ? 3 : 7;
    for (let looked = 0; looked < longestSniffed && reader.pos < Math.min(end, reader.len); looked++) {
      const [inner, innerType] = reader.tag();
      if (inner < 1 || inner > lastField || innerType !== WireType.LengthDelimited) return 'no';
      reader.pos = skipTo(reader);
      if (reader.pos > end) return 'no';
    }
    if (reader.pos >= reader.len) return end >= reader.len && reader.pos > 4 ? 'yes' : 'no';
    const [next, nextType] = reader.tag();
    return (next === 1 || next === 2) && nextType === WireType.LengthDelimited ? 'yes' : 'no';
  } catch {
    return 'no';
  }
}

/** Where the message that begins here ends, which may be behind what is looked at. */
function skipTo(reader: BinaryReader): number {
  const bytes = reader.uint32();
  return reader.pos + bytes;
}

/**
 * The message `ProfilesData`. Everything but the samples' own numbers stands in tables of the dictionary, which
 * may come last, so nothing is read before all places are known; strings lie in the file until they are wanted.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/profiles/v1development/profiles.proto
 */
export class OtlpMessage {
  readonly #reader: BinaryReader;
  readonly #bytes: Buffer<ArrayBuffer>;
  readonly #resources = new MessagePlaces();
  readonly #mappings = new MessagePlaces();
  readonly #locations = new MessagePlaces();
  readonly #functions = new MessagePlaces();
  readonly #strings = new MessagePlaces();
  readonly #attributes = new MessagePlaces();
  readonly #stacks = new MessagePlaces();

  /** @throws Error, and `position` says where */
  constructor(bytes: Buffer<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
  }

  /** How far it was read. */
  get position(): number {
    return this.#reader.pos;
  }

  get stringCount(): number {
    return this.#strings.length;
  }

  read(): void {
    const reader = this.#reader;
    readFields(reader, this.#bytes.length, (field, wireType) => {
      if ((field !== 1 && field !== 2) || wireType !== WireType.LengthDelimited) return false;
      if (field === 1) this.#resources.skip(reader);
      else this.#readDictionary();
      return true;
    });
  }

  /** Each with the attributes of the resource that it is of. */
  *profiles(): Generator<{ resource: Attribute[]; profile: OtlpProfile }> {
    for (let index = 0; index < this.#resources.length; index++) {
      const resource: Attribute[] = [];
      const profiles = new MessagePlaces();
      this.#readRow(this.#resources, index, 'resource', (reader, field) => {
        if (field === 1) readFields(reader, readEnd(reader), (inner) => this.#takeAttribute(inner, resource));
        else if (field === 2)
          readFields(reader, readEnd(reader), (inner) => skipInto(reader, inner, profiles));
        else return false;
        return true;
      });
      for (let at = 0; at < profiles.length; at++)
        yield { resource, profile: this.#readProfile(profiles, at) };
    }
  }

  readSample(samples: MessagePlaces, index: number): OtlpSample {
    const sample: OtlpSample = { stack: 0, attributes: [], values: [], timesNanos: [] };
    this.#readRow(samples, index, 'sample', (reader, field, wireType) => {
      if (field === 1) sample.stack = readSigned(reader);
      else if (field === 2) readNumbers(reader, wireType, () => sample.attributes.push(readSigned(reader)));
      else if (field === 4) readNumbers(reader, wireType, () => sample.values.push(readSigned(reader)));
      else if (field === 5)
        readNumbers(reader, wireType, () => sample.timesNanos.push(BigInt(reader.fixed64())));
      else return false;
      return true;
    });
    return sample;
  }

  /** Rows of the location table, innermost first. */
  readStack(index: number): number[] {
    const locations: number[] = [];
    this.#readRow(this.#stacks, index, 'stack', (reader, field, wireType) => {
      if (field !== 1) return false;
      readNumbers(reader, wireType, () => locations.push(readSigned(reader)));
      return true;
    });
    return locations;
  }

  readLocation(index: number): Location {
    const location: Location = { mapping: 0, address: 0n, lines: [], attributes: [] };
    this.#readRow(this.#locations, index, 'location', (reader, field, wireType) => {
      if (field === 1) location.mapping = readSigned(reader);
      else if (field === 2) location.address = readUnsigned(reader);
      else if (field === 3) location.lines.push(readLine(reader));
      else if (field === 4) readNumbers(reader, wireType, () => location.attributes.push(readSigned(reader)));
      else return false;
      return true;
    });
    return location;
  }

  /** @returns the file's index in the string table */
  readMapping(index: number): number {
    let file = 0;
    this.#readRow(this.#mappings, index, 'mapping', (reader, field) => {
      if (field !== 4) return false;
      file = readSigned(reader);
      return true;
    });
    return file;
  }

  readFunction(index: number): OtlpFunction {
    const row: OtlpFunction = { name: 0, systemName: 0, file: 0, startLine: 0 };
    this.#readRow(this.#functions, index, 'function', (reader, field) => {
      if (field === 1) row.name = readSigned(reader);
      else if (field === 2) row.systemName = readSigned(reader);
      else if (field === 3) row.file = readSigned(reader);
      else if (field === 4) row.startLine = readSigned(reader);
      else return false;
      return true;
    });
    return row;
  }

  readAttribute(index: number): Attribute {
    const attribute: Attribute = { key: 0, value: { text: '', number: 0 } };
    this.#readRow(this.#attributes, index, 'attribute', (reader, field) => {
      if (field === 1) attribute.key = readSigned(reader);
      else if (field === 2) attribute.value = readValue(reader);
      else return false;
      return true;
    });
    return attribute;
  }

  /** Bytes of a string as they stand in the file. */
  stringBytes(index: number): Buffer {
    const { start, end } = this.#strings.at(index, 'string');
    return this.#bytes.subarray(start, end);
  }

  #readDictionary(): void {
    const tables = [
      this.#mappings,
      this.#locations,
      this.#functions,
      null, // links to spans
      this.#strings,
      this.#attributes,
      this.#stacks,
    ];
    readFields(this.#reader, readEnd(this.#reader), (field, wireType) => {
      const table = tables[field - 1] ?? null;
      if (table === null) return false;
      if (wireType !== WireType.LengthDelimited) {
        throw new RangeError(`table ${field} of the dictionary has wire type ${wireType} (2 wanted)`);
      }
      table.skip(this.#reader);
      return true;
    });
  }

  #readProfile(places: MessagePlaces, index: number): OtlpProfile {
    const none = { type: 0, unit: 0 };
    const facts: OtlpProfile = {
      sampleType: none,
      timeNanos: 0n,
      period: 0,
      periodType: none,
      attributes: [],
      samples: new MessagePlaces(),
    };
    this.#readRow(places, index, 'profile', (reader, field, wireType) => {
      if (field === 1) facts.sampleType = readValueType(reader);
      else if (field === 2) facts.samples.skip(reader);
      else if (field === 3) facts.timeNanos = BigInt(reader.fixed64());
      else if (field === 5) facts.periodType = readValueType(reader);
      else if (field === 6) facts.period = readSigned(reader);
      else if (field === 11) readNumbers(reader, wireType, () => facts.attributes.push(readSigned(reader)));
      else return false;
      return true;
    });
    return facts;
  }

  #takeAttribute(field: number, attributes: Attribute[]): boolean {
    if (field !== 1) return false;
    if (attributes.length >= mostAttributes) throw new RangeError(`more than ${mostAttributes} attributes`);
    attributes.push(readKeyValue(this.#reader));
    return true;
  }

  #readRow(
    places: MessagePlaces,
    index: number,
    what: string,
    take: (reader: BinaryReader, field: number, wireType: WireType) => boolean,
  ): void {
    const reader = this.#reader;
    const { start, end } = places.at(index, what);
    reader.pos = start;
    readFields(reader, end, (field, wireType) => take(reader, field, wireType));
  }
}

/** Of a resource: more than anyone names. */
const mostAttributes = 10_000;

function skipInto(reader: BinaryReader, field: number, places: MessagePlaces): boolean {
  if (field !== 2) return false;
  places.skip(reader);
  return true;
}

function readValueType(reader: BinaryReader): ValueType {
  const valueType: ValueType = { type: 0, unit: 0 };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) valueType.type = readSigned(reader);
    else if (field === 2) valueType.unit = readSigned(reader);
    else return false;
    return true;
  });
  return valueType;
}

function readLine(reader: BinaryReader): number {
  let row = 0;
  readFields(reader, readEnd(reader), (field) => {
    if (field !== 1) return false;
    row = readSigned(reader);
    return true;
  });
  return row;
}

function readKeyValue(reader: BinaryReader): Attribute {
  const attribute: Attribute = { key: '', value: { text: '', number: 0 } };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) attribute.key = reader.string();
    else if (field === 2) attribute.value = readValue(reader);
    else if (field === 3) attribute.key = readSigned(reader);
    else return false;
    return true;
  });
  return attribute;
}

/** Texts and whole numbers; threads and pods are told by no others. */
function readValue(reader: BinaryReader): Value {
  const value: Value = { text: '', number: 0 };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) value.text = reader.string();
    else if (field === 3) value.number = readSigned(reader);
    else if (field === 8) value.text = readSigned(reader);
    else return false;
    return true;
  });
  return value;
}
