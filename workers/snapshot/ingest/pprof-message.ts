import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MessagePlaces } from './message-places.ts';
import { readEnd, readFields, readNumbers, readSigned, readUnsigned } from './protobuf-fields.ts';

/** Indexes of the string table. */
type ValueType = { type: number; unit: number };
type Mapping = { file: number };
type Line = { function: bigint };
/** `lines[0]` is innermost, the last one the physical function; empty for an address that has no symbol. */
export type Location = { mapping: bigint; address: bigint; lines: readonly Line[] };
type PprofFunction = { name: number; systemName: number; file: number; startLine: number };
export type Label = { key: number; text: number; number: number };

/** One row: a stack by location ids, innermost first, and one value for each sample type. */
type PprofSample = { locations: bigint[]; values: number[]; labels: Label[] };

/**
 * The message `perftools.profiles.Profile`. Tables may stand in any order and ids need not be dense, so
 * samples are decoded when all tables are known; strings lie in the file until they are wanted.
 *
 * @see https://github.com/google/pprof/blob/main/proto/profile.proto
 */
export class PprofMessage {
  readonly sampleTypes: ValueType[] = [];
  readonly mappings = new Map<bigint, Mapping>();
  readonly locations = new Map<bigint, Location>();
  readonly functions = new Map<bigint, PprofFunction>();
  defaultSampleType = 0;
  timeNanos = 0;
  period = 0;
  periodType: ValueType | null = null;
  readonly #reader: BinaryReader;
  readonly #bytes: Buffer<ArrayBuffer>;
  readonly #samples = new MessagePlaces();
  readonly #strings = new MessagePlaces();

  /** @throws Error, and `position` says where */
  constructor(bytes: Buffer<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes);
  }

  /** How far it was read. */
  get position(): number {
    return this.#reader.pos;
  }

  get sampleCount(): number {
    return this.#samples.length;
  }

  get stringCount(): number {
    return this.#strings.length;
  }

  read(): void {
    readFields(this.#reader, this.#bytes.length, (field, wireType) => this.#takeField(field, wireType));
  }

  /** Bytes of a string as they stand in the file. */
  stringBytes(index: number): Buffer {
    const { start, end } = this.#strings.at(index, 'string');
    return this.#bytes.subarray(start, end);
  }

  readSample(index: number): PprofSample {
    const reader = this.#reader;
    const { start, end } = this.#samples.at(index, 'sample');
    const sample: PprofSample = { locations: [], values: [], labels: [] };
    reader.pos = start;
    readFields(reader, end, (field, wireType) => {
      switch (field) {
        case 1:
          readNumbers(reader, wireType, () => sample.locations.push(readUnsigned(reader)));
          return true;
        case 2:
          readNumbers(reader, wireType, () => sample.values.push(readSigned(reader)));
          return true;
        case 3:
          sample.labels.push(readLabel(reader));
          return true;
        default:
          return false;
      }
    });
    return sample;
  }

  #takeField(field: number, wireType: WireType): boolean {
    const reader = this.#reader;
    if (isMessage.has(field) && wireType !== WireType.LengthDelimited) {
      throw new RangeError(`field ${field} has wire type ${wireType} (2 wanted)`);
    }
    switch (field) {
      case 1:
        if (this.sampleTypes.push(readValueType(reader)) > mostSampleTypes) {
          throw new RangeError(`more than ${mostSampleTypes} sample types`);
        }
        return true;
      case 2:
        this.#samples.skip(reader);
        return true;
      case 3:
        this.#add(this.mappings, readMapping(reader));
        return true;
      case 4:
        this.#add(this.locations, readLocation(reader));
        return true;
      case 5:
        this.#add(this.functions, readFunction(reader));
        return true;
      case 6:
        this.#strings.skip(reader);
        return true;
      case 9:
        this.timeNanos = readSigned(reader);
        return true;
      case 11:
        this.periodType = readValueType(reader);
        return true;
      case 12:
        this.period = readSigned(reader);
        return true;
      case 14:
        this.defaultSampleType = readSigned(reader);
        return true;
      default:
        return false;
    }
  }

  #add<Row>(table: Map<bigint, Row>, [id, row]: [bigint, Row]): void {
    if (table.size >= mostRows) throw new RangeError(`a table of more than ${mostRows} rows`);
    table.set(id, row);
  }
}

/** More than any recorder writes; Map and rows stay below some hundred MiB. */
const mostRows = 2_000_000;
const mostSampleTypes = 100;
const isMessage: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 11]);

/** @throws RangeError for anything but two numbers */
export function readValueType(reader: BinaryReader): ValueType {
  const valueType: ValueType = { type: 0, unit: 0 };
  readFields(reader, readEnd(reader), (field, wireType) => {
    if (field > 2 || wireType !== WireType.Varint) throw new RangeError('a sample type is wanted');
    valueType[field === 1 ? 'type' : 'unit'] = readSigned(reader);
    return true;
  });
  return valueType;
}

function readMapping(reader: BinaryReader): [bigint, Mapping] {
  let id = 0n;
  const mapping: Mapping = { file: 0 };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) id = readUnsigned(reader);
    else if (field === 5) mapping.file = readSigned(reader);
    else return false;
    return true;
  });
  return [id, mapping];
}

function readLocation(reader: BinaryReader): [bigint, Location] {
  let id = 0n;
  let mapping = 0n;
  let address = 0n;
  const lines: Line[] = [];
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) id = readUnsigned(reader);
    else if (field === 2) mapping = readUnsigned(reader);
    else if (field === 3) address = readUnsigned(reader);
    else if (field === 4) lines.push(readLine(reader));
    else return false;
    return true;
  });
  return [id, { mapping, address, lines }];
}

function readLine(reader: BinaryReader): Line {
  const line: Line = { function: 0n };
  readFields(reader, readEnd(reader), (field) => {
    if (field !== 1) return false;
    line.function = readUnsigned(reader);
    return true;
  });
  return line;
}

function readFunction(reader: BinaryReader): [bigint, PprofFunction] {
  let id = 0n;
  const row: PprofFunction = { name: 0, systemName: 0, file: 0, startLine: 0 };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) id = readUnsigned(reader);
    else if (field === 2) row.name = readSigned(reader);
    else if (field === 3) row.systemName = readSigned(reader);
    else if (field === 4) row.file = readSigned(reader);
    else if (field === 5) row.startLine = readSigned(reader);
    else return false;
    return true;
  });
  return [id, row];
}

function readLabel(reader: BinaryReader): Label {
  const label: Label = { key: 0, text: 0, number: 0 };
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) label.key = readSigned(reader);
    else if (field === 2) label.text = readSigned(reader);
    else if (field === 3) label.number = readSigned(reader);
    else return false;
    return true;
  });
  return label;
}
