import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * Reads one field; what is not read is skipped.
 *
 * @returns false when the field is of no interest
 */
export type TakeField = (field: number, wireType: WireType) => boolean;

/**
 * Walks the fields of the message that lies between the reader's position and `end`. One reader serves a
 * whole file, so that messages inside messages cost nothing.
 *
 * @throws Error for what is no protobuf: a field that ends behind its message, an impossible tag
 */
export function readFields(reader: BinaryReader, end: number, take: TakeField): void {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (!take(field, wireType)) reader.skip(wireType, field);
    if (reader.pos > end) throw new RangeError('a field is longer than its message');
  }
}

/** @returns where the message, text or packed list that begins here ends */
export function readEnd(reader: BinaryReader): number {
  const bytes = reader.uint32();
  const end = reader.pos + bytes;
  if (end > reader.len)
    throw new RangeError(`${bytes} bytes wanted where ${reader.len - reader.pos} are left`);
  return end;
}

/** Numbers of a repeated field, packed or not. */
export function readNumbers(reader: BinaryReader, wireType: WireType, takeNumber: () => void): void {
  if (wireType !== WireType.LengthDelimited) {
    takeNumber();
    return;
  }
  const end = readEnd(reader);
  while (reader.pos < end) takeNumber();
  if (reader.pos !== end) throw new RangeError('a packed number is longer than its list');
}

/** An exact unsigned number; ids and addresses go beyond 2^53. */
export function readUnsigned(reader: BinaryReader): bigint {
  return BigInt(reader.uint64());
}

/** A signed number, the nearest one where it is beyond 2^53. */
export function readSigned(reader: BinaryReader): number {
  return Number(reader.int64());
}
