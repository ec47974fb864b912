import { copyBytes, viewOf } from './byte-view.ts';

/** What `find` returns for bytes that were never added. */
export const NOT_FOUND = -1;
/** What `find` returns where it gave up: such bytes are not to be added. */
export const CROWDED = -2;

/** A slot holds the hash, to pass over others quickly, and where the run is in the store (0 is an empty slot). */
const slotWords = 2;
const placeWord = 1;
const firstSlots = 16;
/** In the store, each run stands behind its length and its value: all that is wanted of it, at one place. */
const valueOffset = 4;
const bytesOffset = 8;
const firstStoreBytes = 1024;
/** Pages that nobody wrote to cost nothing, but those of a store that was left behind wait for the collector. */
const storeGrowth = 4;

/**
 * What a search may take, in slots looked at, before it gives up; comparing a run that is another one counts as many.
 * A half-full table of well mixed hashes has ways of some fifty slots, and two runs of one hash. Text that was made
 * to have one hash a hundred thousand times over must not be compared with all of itself.
 */
const mostEffort = 256;
const comparingEffort = 32;

/**
 * Keeps runs of bytes, each once, with a number. No string is made, and runs are compared whole, never by their
 * hash alone: of 93,063 stack lines of a real recording, three pairs collided in 64 weakly mixed bits, and would
 * have swapped their functions in silence.
 *
 * No run may be the beginning of another. Lines are not, with the line feed at their end, and so a line is found
 * without looking for its end, by a hash of as much of it as tells it from others.
 *
 *     slots   …│ hash │ place ──┐│…
 *     store   …… run │ length │ value │ bytes of the run │ length │ value │ …
 *
 * With a hundred thousand runs, each place looked at is one that the processor has to fetch: here it is two for a
 * run. Tables begin small and grow, for a page touched for the first time costs more than moving what there is.
 */
export class ByteInterner {
  length = 0;
  #slots = new Int32Array(firstSlots * slotWords);
  #store = viewOf(Buffer.alloc(firstStoreBytes));
  #nextPlace = bytesOffset;

  get storedBytes(): number {
    return this.#nextPlace;
  }

  byteLength(place: number): number {
    return this.#store.getInt32(place, true);
  }

  /** What the run was added with. */
  valueOf(place: number): number {
    return this.#store.getInt32(place + valueOffset, true);
  }

  /** @returns the place of the run that stands at `start` and ends before `limit`, NOT_FOUND or CROWDED: below 0 */
  find(view: DataView, start: number, limit: number, hash: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = (hash * slotWords) & last;
    let effort = 0;
    while (effort < mostEffort) {
      const place = slots[slot + placeWord]!;
      if (place === 0) return NOT_FOUND;
      const isAlike = slots[slot] === hash;
      if (isAlike && this.#isAt(place, view, start, limit)) return place;
      effort += isAlike ? comparingEffort : 1;
      slot = (slot + slotWords) & last;
    }
    return CROWDED;
  }

  /**
   * Adds a run that was NOT_FOUND, with the hash it was sought by.
   *
   * @returns its place
   */
  add(view: DataView, start: number, end: number, hash: number, value: number): number {
    const place = this.#nextPlace;
    const next = place + bytesOffset + end - start;
    if (next > this.#store.byteLength) this.#growStore(next);
    this.#store.setInt32(place, end - start, true);
    this.#store.setInt32(place + valueOffset, value, true);
    copyBytes(view, start, end, this.#store, place + bytesOffset);
    this.#nextPlace = next;
    this.length += 1;
    if (this.length * slotWords * 2 > this.#slots.length) this.#growSlots();
    this.#occupy(place, hash);
    return place;
  }

  #isAt(place: number, view: DataView, start: number, limit: number): boolean {
    const store = this.#store;
    const end = start + store.getInt32(place, true);
    if (end > limit) return false;
    const shift = place + bytesOffset - start;
    let at = start;
    for (; at + 8 <= end; at += 8) {
      if (view.getInt32(at, true) !== store.getInt32(at + shift, true)) return false;
      if (view.getInt32(at + 4, true) !== store.getInt32(at + shift + 4, true)) return false;
    }
    for (; at < end; at++) {
      if (view.getUint8(at) !== store.getUint8(at + shift)) return false;
    }
    return true;
  }

  #occupy(place: number, hash: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = (hash * slotWords) & last;
    while (slots[slot + placeWord] !== 0) slot = (slot + slotWords) & last;
    slots[slot] = hash;
    slots[slot + placeWord] = place;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += slotWords) {
      if (old[slot + placeWord] !== 0) this.#occupy(old[slot + placeWord]!, old[slot]!);
    }
  }

  #growStore(wantedBytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#store.byteLength * storeGrowth, wantedBytes));
    const { buffer, byteOffset } = this.#store;
    grown.set(new Uint8Array(buffer, byteOffset, this.#nextPlace));
    this.#store = viewOf(grown);
  }
}
