type NumberArray = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A typed array that doubles as it fills: columns of a length nobody knows before the end. */
export class GrowingColumn<Values extends NumberArray> {
  length = 0;
  values: Values;
  readonly #make: (length: number) => Values;

  constructor(make: (length: number) => Values, capacity = 16) {
    this.#make = make;
    this.values = make(capacity);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.#grow();
    this.values[this.length++] = value;
  }

  /** The values so far, in an array of just their length: not a copy, which would double what a large profile takes. */
  toArray(): Values {
    return this.values.subarray(0, this.length) as Values;
  }

  #grow(): void {
    const grown = this.#make(this.values.length * 2);
    grown.set(this.values);
    this.values = grown;
  }
}
