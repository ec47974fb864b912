import { IntList } from '../../../storage/profile/int-list.ts';

/** What `find` returns for bytes that were never added. */
export const NOT_FOUND = -1;

/** A slot holds the hash, to pass over others quickly, and the row + 1 (0 is an empty slot). */
const slotWords = 2;
/**
 * Of a row: where its bytes begin in the store, how many they are, its value, and its follower. Side by side:
 * with a hundred thousand rows, each place looked at is one that the processor has to fetch.
 */
const rowWords = 4;
const lengthWord = 1;
const valueWord = 2;
const followerWord = 3;
const firstSlots = 1024;
const firstStoreBytes = 64 * 1024;

/**
 * Gives each run of bytes one row, in order of their being added. No string is made, and runs are compared
 * whole, never by their hash alone: of 93,063 stack lines of a real recording, three pairs collided in 64
 * weakly mixed bits, and would have swapped their functions in silence.
 *
 * Tables begin small and grow: a page touched for the first time costs more than moving what there is.
 */
export class ByteInterner {
  #slots = new Int32Array(firstSlots * slotWords);
  readonly #rows = new IntList();
  #store = Buffer.alloc(firstStoreBytes);
  #storeView = viewOf(this.#store);
  #storedBytes = 0;

  get length(): number {
    return this.#rows.length / rowWords;
  }

  get storedBytes(): number {
    return this.#storedBytes;
  }

  byteLength(row: number): number {
    return this.#rows.values[row * rowWords + lengthWord]!;
  }

  /** What the bytes were added with. */
  valueOf(row: number): number {
    return this.#rows.values[row * rowWords + valueWord]!;
  }

  /** The row that last came after this one, as far as `follow` was told; else NOT_FOUND. */
  followerOf(row: number): number {
    return this.#rows.values[row * rowWords + followerWord]!;
  }

  follow(row: number, follower: number): void {
    this.#rows.values[row * rowWords + followerWord] = follower;
  }

  /** @returns the row of the bytes from `start` up to `end`, or NOT_FOUND */
  find(view: DataView, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = (hash * slotWords) & last;
    for (let row = slots[slot + 1]! - 1; row !== NOT_FOUND; row = slots[slot + 1]! - 1) {
      if (slots[slot] === hash && this.byteLength(row) === end - start && this.isAt(row, view, start)) {
        return row;
      }
      slot = (slot + slotWords) & last;
    }
    return NOT_FOUND;
  }

  /** Adds bytes that were not found, with the hash they were sought by. */
  add(bytes: Buffer, start: number, end: number, hash: number, value: number): number {
    const length = end - start;
    if (this.#storedBytes + length > this.#store.length) this.#growStore(length);
    bytes.copy(this.#store, this.#storedBytes, start, end);
    const row = this.length;
    this.#rows.push(this.#storedBytes);
    this.#rows.push(length);
    this.#rows.push(value);
    this.#rows.push(NOT_FOUND);
    this.#storedBytes += length;
    if (this.length * slotWords * 2 > this.#slots.length) this.#growSlots();
    this.#occupy(row, hash);
    return row;
  }

  /** True when the bytes of a row stand at `start`, where there must be as many. */
  isAt(row: number, view: DataView, start: number): boolean {
    const rows = this.#rows.values;
    const store = this.#storeView;
    const offset = rows[row * rowWords]! - start;
    const end = start + rows[row * rowWords + lengthWord]!;
    let at = start;
    for (; at + 8 <= end; at += 8) {
      if (view.getInt32(at, true) !== store.getInt32(at + offset, true)) return false;
      if (view.getInt32(at + 4, true) !== store.getInt32(at + offset + 4, true)) return false;
    }
    for (; at < end; at++) {
      if (view.getUint8(at) !== store.getUint8(at + offset)) return false;
    }
    return true;
  }

  #occupy(row: number, hash: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = (hash * slotWords) & last;
    while (slots[slot + 1] !== 0) slot = (slot + slotWords) & last;
    slots[slot] = hash;
    slots[slot + 1] = row + 1;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += slotWords) {
      if (old[slot + 1] !== 0) this.#occupy(old[slot + 1]! - 1, old[slot]!);
    }
  }

  #growStore(wantedBytes: number): void {
    const grown = Buffer.alloc(Math.max(this.#store.length * 2, this.#storedBytes + wantedBytes));
    this.#store.copy(grown, 0, 0, this.#storedBytes);
    this.#store = grown;
    this.#storeView = viewOf(grown);
  }
}

/** The same bytes, to be read in words at any offset. */
export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
