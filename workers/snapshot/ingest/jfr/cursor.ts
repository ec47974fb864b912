import { type Chunk, damaged } from './chunk.ts';

/** A key of a constant pool or a type. Only those that a double cannot hold are a bigint, so equal keys compare equal. */
export type Id = number | bigint;

/** A text that stands elsewhere: in the pool of java.lang.String. */
export type PooledText = { pooled: Id };

/** How a text is stored: the byte before it. */
const textForms = { null: 0, empty: 1, pooled: 2, utf8: 3, characters: 4, latin1: 5 } as const;

/** Reads values one after the other; never past the end it was given. */
export class Cursor {
  at = 0;
  end = 0;
  readonly isCompressed: boolean;
  readonly #chunk: Chunk;
  readonly #bytes: Buffer;

  constructor(chunk: Chunk) {
    this.isCompressed = chunk.header.isCompressed;
    this.#chunk = chunk;
    this.#bytes = chunk.bytes;
  }

  moveTo(at: number, end: number): this {
    this.at = at;
    this.end = end;
    return this;
  }

  /** @returns where the bytes begin that are stepped over */
  skip(bytes: number): number {
    if (bytes < 0 || bytes > this.end - this.at) {
      throw this.damaged(`wants ${bytes} bytes where ${this.end - this.at} are left`);
    }
    const begin = this.at;
    this.at += bytes;
    return begin;
  }

  readByte(): number {
    return this.#bytes[this.skip(1)]!;
  }

  /** A whole number, rounded beyond 2^53. */
  readNumber(): number {
    return Number(this.readId());
  }

  readId(): Id {
    return this.isCompressed ? this.#readCompressed() : toId(this.#bytes.readBigInt64BE(this.skip(8)));
  }

  /** An `int`, which only differs from a long where integers have a fixed size. */
  readInt(): number {
    return this.isCompressed ? this.readNumber() : this.#bytes.readInt32BE(this.skip(4));
  }

  /** A `short` or `char`. */
  readShort(): number {
    return this.isCompressed ? this.readNumber() : this.#bytes.readUInt16BE(this.skip(2));
  }

  /** How many elements of at least so many bytes follow. */
  readCount(leastBytes: number): number {
    const count = this.readInt();
    if (count < 0 || count * leastBytes > this.end - this.at) {
      throw this.damaged(`counts ${count} elements where ${this.end - this.at} bytes are left`);
    }
    return count;
  }

  readText(): string | PooledText | null {
    const form = this.readByte();
    switch (form) {
      case textForms.null:
        return null;
      case textForms.empty:
        return '';
      case textForms.pooled:
        return { pooled: this.readId() };
      case textForms.utf8:
        return this.#readEncoded('utf8');
      case textForms.latin1:
        return this.#readEncoded('latin1');
      case textForms.characters:
        return this.#readCharacters();
      default:
        throw this.damaged(`has a text of the unknown form ${form}`);
    }
  }

  skipText(): void {
    const form = this.readByte();
    if (form === textForms.pooled) this.readId();
    else if (form === textForms.utf8 || form === textForms.latin1) this.skip(this.readCount(1));
    else if (form === textForms.characters) this.#readCharacters();
    else if (form !== textForms.null && form !== textForms.empty) {
      throw this.damaged(`has a text of the unknown form ${form}`);
    }
  }

  damaged(state: string): Error {
    return damaged(this.#chunk.place, this.at, state);
  }

  #readEncoded(encoding: 'utf8' | 'latin1'): string {
    const bytes = this.readCount(1);
    const begin = this.skip(bytes);
    return this.#bytes.toString(encoding, begin, begin + bytes);
  }

  #readCharacters(): string {
    const characters = Array.from({ length: this.readCount(1) }, () => this.readShort() & 0xffff);
    return Buffer.from(Uint16Array.from(characters).buffer).toString('utf16le');
  }

  /** LEB128, but a ninth byte holds eight bits and is the last. Seven bytes and less are exact in a double. */
  #readCompressed(): Id {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.readByte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    const eighth = this.readByte();
    let long = BigInt(value) | (BigInt(eighth & 0x7f) << 49n);
    if (eighth >= 0x80) long |= BigInt(this.readByte()) << 56n;
    return toId(BigInt.asIntN(64, long));
  }
}

function toId(long: bigint): Id {
  const number = Number(long);
  return Number.isSafeInteger(number) ? number : long;
}
