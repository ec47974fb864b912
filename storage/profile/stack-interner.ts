import { IntList } from './int-list.ts';
import { NO_STACK, type StackTable } from './profile.ts';

const EMPTY = -1;
/** Caller and frame stand side by side, so that a look at a row touches one place in memory. */
const rowWords = 2;

/**
 * Gives each pair of caller and frame one row of a prefix tree. Open addressing over the row numbers
 * themselves: a Map of combined numeric keys boxes every key and is several times slower.
 */
export class StackInterner {
  readonly #rows = new IntList();
  #slots = new Int32Array(16).fill(EMPTY);
  /** The stack interned last, outermost first: its frames, and their rows. */
  readonly #lastFrames = new IntList();
  readonly #lastRows = new IntList();

  get length(): number {
    return this.#rows.length / rowWords;
  }

  /** @param parent a row given before, or NO_STACK for a root */
  intern(parent: number, frame: number): number {
    if (parent < NO_STACK || parent >= this.length) {
      throw new RangeError(`Cannot add a stack below row ${parent}: there are ${this.length} rows`);
    }
    return this.#intern(parent, frame);
  }

  /**
   * A whole stack at once. What it has in common with the one before, often half of it, is not looked up.
   *
   * @param frames outermost first; only the first `length` of them count
   * @returns the row of the innermost frame, NO_STACK without frames
   */
  internPath(frames: Int32Array, length: number): number {
    const shared = this.#countShared(frames, length);
    let row = shared === 0 ? NO_STACK : this.#lastRows.values[shared - 1]!;
    this.#lastFrames.length = shared;
    this.#lastRows.length = shared;
    for (let depth = shared; depth < length; depth++) {
      row = this.#intern(row, frames[depth]!);
      this.#lastFrames.push(frames[depth]!);
      this.#lastRows.push(row);
    }
    return row;
  }

  toTable(): StackTable {
    const parent = new Int32Array(this.length);
    const frame = new Uint32Array(this.length);
    const rows = this.#rows.values;
    for (let row = 0; row < parent.length; row++) {
      parent[row] = rows[row * rowWords]!;
      frame[row] = rows[row * rowWords + 1]!;
    }
    return { parent, frame };
  }

  #countShared(frames: Int32Array, length: number): number {
    const last = this.#lastFrames.values;
    const most = Math.min(length, this.#lastFrames.length);
    let shared = 0;
    while (shared < most && frames[shared] === last[shared]) shared += 1;
    return shared;
  }

  #intern(parent: number, frame: number): number {
    const rows = this.#rows.values;
    const slots = this.#slots;
    let slot = slotOf(parent, frame, slots.length);
    for (let row = slots[slot]!; row !== EMPTY; row = slots[slot]!) {
      if (rows[row * rowWords] === parent && rows[row * rowWords + 1] === frame) return row;
      slot = (slot + 1) & (slots.length - 1);
    }
    const row = this.length;
    this.#rows.push(parent);
    this.#rows.push(frame);
    slots[slot] = row;
    if (this.length * 4 > slots.length * 3) this.#rehash();
    return row;
  }

  #rehash(): void {
    const rows = this.#rows.values;
    const slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    for (let row = 0; row < this.length; row++) {
      let slot = slotOf(rows[row * rowWords]!, rows[row * rowWords + 1]!, slots.length);
      while (slots[slot] !== EMPTY) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = row;
    }
    this.#slots = slots;
  }
}

function slotOf(parent: number, frame: number, slotCount: number): number {
  // Two odd multipliers and a fold of the high half: neighbouring rows and frames must not share slots.
  const mixed = Math.imul(parent ^ Math.imul(frame, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & (slotCount - 1);
}
