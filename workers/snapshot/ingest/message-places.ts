import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { GrowingColumn } from '../../../storage/profile/growing-column.ts';
import { readEnd } from './protobuf-fields.ts';

/** Where the rows of one table lie in the file: they are read when they are wanted. */
export class MessagePlaces {
  readonly #start = new GrowingColumn((length) => new Uint32Array(length));
  readonly #end = new GrowingColumn((length) => new Uint32Array(length));

  get length(): number {
    return this.#start.length;
  }

  skip(reader: BinaryReader): void {
    const end = readEnd(reader);
    this.#start.push(reader.pos);
    this.#end.push(end);
    reader.pos = end;
  }

  at(index: number, what: string): { start: number; end: number } {
    if (index >= 0 && index < this.length) {
      return { start: this.#start.values[index]!, end: this.#end.values[index]! };
    }
    throw new RangeError(`${what} ${index} of ${this.length} is wanted`);
  }
}
