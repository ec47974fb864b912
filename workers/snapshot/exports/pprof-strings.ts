import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The string table: everything else names strings by their place in it. The empty one is at 0. */
export class PprofStrings {
  readonly #places = new Map<string, number>([['', 0]]);

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(text, place);
    return place;
  }

  write(writer: BinaryWriter, field: number): void {
    for (const text of this.#places.keys()) writer.tag(field, WireType.LengthDelimited).string(text);
  }
}
