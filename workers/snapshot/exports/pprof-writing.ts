import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The largest double that fits an int64. */
const largest = 2 ** 63 - 1024;

export function writeMessage(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

/** Zero is what is read where nothing is written. */
export function writeNumber(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, WireType.Varint).int64(Math.min(value, largest));
}

export function writePacked(writer: BinaryWriter, field: number, values: readonly number[]): void {
  if (values.length === 0) return;
  writeMessage(writer, field, () => {
    for (const value of values) writer.int64(Math.min(value, largest));
  });
}
