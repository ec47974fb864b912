/** A list of 32-bit integers for the innermost loops: a GrowingColumn serves several kinds of array, and is slower. */
export class IntList {
  /** May be set to less: what is beyond is forgotten. */
  length = 0;
  values: Int32Array;

  constructor(capacity = 16) {
    this.values = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.#grow();
    this.values[this.length++] = value;
  }

  #grow(): void {
    const grown = new Int32Array(this.values.length * 2);
    grown.set(this.values);
    this.values = grown;
  }
}
