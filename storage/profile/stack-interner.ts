import { GrowingColumn } from './growing-column.ts';
import { NO_STACK, type StackTable } from './profile.ts';

const EMPTY = -1;

/**
 * Gives each pair of caller and frame one row of a prefix tree. Open addressing over the row numbers
 * themselves: a Map of combined numeric keys boxes every key and is several times slower.
 */
export class StackInterner {
  readonly #parent = new GrowingColumn((length) => new Int32Array(length));
  readonly #frame = new GrowingColumn((length) => new Uint32Array(length));
  #slots = new Int32Array(2048).fill(EMPTY);

  get length(): number {
    return this.#parent.length;
  }

  /** @param parent a row given before, or NO_STACK for a root */
  intern(parent: number, frame: number): number {
    if (parent < NO_STACK || parent >= this.length) {
      throw new RangeError(`Cannot add a stack below row ${parent}: there are ${this.length} rows`);
    }
    let slot = this.#slotOf(parent, frame);
    for (let row = this.#slots[slot]!; row !== EMPTY; row = this.#slots[slot]!) {
      if (this.#parent.values[row] === parent && this.#frame.values[row] === frame) return row;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    const row = this.length;
    this.#parent.push(parent);
    this.#frame.push(frame);
    this.#slots[slot] = row;
    if (this.length * 4 > this.#slots.length * 3) this.#rehash();
    return row;
  }

  toTable(): StackTable {
    return { parent: this.#parent.toArray(), frame: this.#frame.toArray() };
  }

  #slotOf(parent: number, frame: number): number {
    // Two odd multipliers and a fold of the high half: neighbouring rows and frames must not share slots.
    const mixed = Math.imul(parent ^ Math.imul(frame, 0x9e3779b1), 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1);
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    for (let row = 0; row < this.length; row++) {
      let slot = this.#slotOf(this.#parent.values[row]!, this.#frame.values[row]!);
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = row;
    }
  }
}
