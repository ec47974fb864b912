import { AvalancheError } from '../../../storage/errors.ts';

const lineFeed = 0x0a;

/** Cuts chunks of bytes at line ends: what is given out begins with a line and ends with a line feed. */
export class WholeLines {
  readonly #name: string;
  readonly #longestBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** @param longestBytes a longer line ends the reading with RECORDING_TOO_LARGE, here or in `checkLength` */
  constructor(name: string, longestBytes: number) {
    this.#name = name;
    this.#longestBytes = longestBytes;
  }

  /** @param onLines gets one or more whole lines at a time, to be read during the call only */
  push(chunk: Buffer, onLines: (lines: Buffer) => void): void {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    let start = 0;
    if (end > 0 && this.#pendingBytes > 0) {
      start = chunk.indexOf(lineFeed) + 1;
      onLines(this.#takePending(chunk.subarray(0, start)));
    }
    if (end > start) onLines(chunk.subarray(start, end));
    if (end < chunk.length) this.#hold(chunk.subarray(end));
  }

  /** The last line, when no line end follows it. */
  end(): Buffer | null {
    return this.#pendingBytes === 0 ? null : this.#takePending(Buffer.alloc(0));
  }

  checkLength(lineBytes: number): void {
    if (lineBytes <= this.#longestBytes) return;
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${this.#name}": a line is longer than ${this.#longestBytes} bytes (set by limits.frameNameBytes)`,
    );
  }

  /** A copy: the chunk may be written over. */
  #hold(beginning: Buffer): void {
    this.#pending.push(Buffer.from(beginning));
    this.#pendingBytes += beginning.length;
    this.checkLength(this.#pendingBytes);
  }

  #takePending(rest: Buffer): Buffer {
    const line = Buffer.concat([...this.#pending, rest]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }
}
