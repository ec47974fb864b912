/** Chunks whose first bytes can be looked at before they are read. To be read once. */
export class PeekableChunks implements AsyncIterable<Buffer> {
  readonly #chunks: AsyncGenerator<Buffer>;
  #beginning: Buffer = Buffer.alloc(0);
  #isWhole = false;
  #givenBytes = 0;

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks;
  }

  /** Bytes read by whoever reads, those looked at only not counted. */
  get givenBytes(): number {
    return this.#givenBytes;
  }

  /** @returns at least so many bytes, fewer only when there are no more (`isWhole`) */
  async peek(wantedBytes: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
    const pieces = [this.#beginning];
    let bytes = this.#beginning.length;
    while (bytes < wantedBytes && !this.#isWhole) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#isWhole = true;
      } else {
        pieces.push(next.value);
        bytes += next.value.length;
      }
    }
    if (pieces.length > 1) this.#beginning = Buffer.concat(pieces);
    return { bytes: this.#beginning, isWhole: this.#isWhole };
  }

  /** Drops bytes that were looked at. */
  skip(bytes: number): void {
    this.#beginning = this.#beginning.subarray(bytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const beginning = this.#beginning;
    this.#beginning = Buffer.alloc(0);
    if (beginning.length > 0) {
      this.#givenBytes += beginning.length;
      yield beginning;
    }
    for await (const chunk of this.#chunks) {
      this.#givenBytes += chunk.length;
      yield chunk;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }
}
