import { ByteInterner, NOT_FOUND } from './byte-interner.ts';
import { findLineEnd, hashBytes } from './line-hash.ts';

/**
 * Gives each different stack line one row.
 *
 * Most lines are the ones that came after the line before them the last time, since a function mostly has
 * one caller: the line is then neither searched for its end nor hashed, but compared with that one.
 */
export class LineInterner {
  /** Where the line read last ended: behind its line feed. */
  end = 0;
  readonly #texts = new ByteInterner();
  #previous = NOT_FOUND;
  #start = 0;
  #hash = 0;

  get length(): number {
    return this.#texts.length;
  }

  get storedBytes(): number {
    return this.#texts.storedBytes;
  }

  frameOf(row: number): number {
    return this.#texts.valueOf(row);
  }

  /** The next line begins a stack. */
  begin(): void {
    this.#previous = NOT_FOUND;
  }

  /**
   * Reads the line at `at`, which ends before `limit`, and sets `end`.
   *
   * @returns its row, or NOT_FOUND for one that was never added
   */
  read(view: DataView, at: number, limit: number): number {
    const guess = this.#guess();
    if (guess !== NOT_FOUND) {
      const end = at + this.#texts.byteLength(guess);
      if (end <= limit && this.#texts.isAt(guess, view, at)) {
        this.#previous = guess;
        this.end = end;
        return guess;
      }
    }
    this.#start = at;
    this.end = findLineEnd(view, at, limit);
    this.#hash = hashBytes(view, at, this.end);
    const row = this.#texts.find(view, at, this.end, this.#hash);
    if (row !== NOT_FOUND) this.#follow(row);
    return row;
  }

  /** Adds the line that was read last and not found. */
  add(bytes: Buffer, frame: number): number {
    const row = this.#texts.add(bytes, this.#start, this.end, this.#hash, frame);
    this.#follow(row);
    return row;
  }

  #guess(): number {
    return this.#previous === NOT_FOUND ? NOT_FOUND : this.#texts.followerOf(this.#previous);
  }

  #follow(row: number): void {
    if (this.#previous !== NOT_FOUND) this.#texts.follow(this.#previous, row);
    this.#previous = row;
  }
}
