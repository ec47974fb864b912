import { AvalancheError } from '../../../storage/errors.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts chunks of bytes into lines. A line is a latin1 string, one character a byte, so that symbols with
 * any bytes survive; `decodeText` makes it text where people get to see it. Line ends are LF or CRLF.
 *
 * Lines may be slices of a whole chunk: keep a copy (`ownText`), or the chunk stays in memory with it.
 */
export class LineSplitter {
  readonly #name: string;
  readonly #longestBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** @param longestBytes a longer line ends the reading with RECORDING_TOO_LARGE */
  constructor(name: string, longestBytes: number) {
    this.#name = name;
    this.#longestBytes = longestBytes;
  }

  push(chunk: Buffer, onLine: (line: string) => void): void {
    const lastEnd = chunk.lastIndexOf(lineFeed);
    if (lastEnd === -1) {
      this.#hold(chunk);
      return;
    }
    const text = this.#takePending(chunk.subarray(0, lastEnd + 1)).toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (end - start > this.#longestBytes) this.#refuseLine();
      const isCrlf = end > start && text.charCodeAt(end - 1) === carriageReturn;
      onLine(text.slice(start, isCrlf ? end - 1 : end));
      start = end + 1;
    }
    if (lastEnd + 1 < chunk.length) this.#hold(chunk.subarray(lastEnd + 1));
  }

  /** Gives the last line when no line end follows it, and says whether there was one. */
  end(onLine: (line: string) => void): boolean {
    if (this.#pendingBytes === 0) return false;
    const line = this.#takePending(Buffer.alloc(0)).toString('latin1');
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    return true;
  }

  #hold(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes > this.#longestBytes) this.#refuseLine();
  }

  #takePending(chunk: Buffer): Buffer {
    if (this.#pendingBytes === 0) return chunk;
    const whole = Buffer.concat([...this.#pending, chunk]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return whole;
  }

  #refuseLine(): never {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${this.#name}": a line is longer than ${this.#longestBytes} bytes (set by limits.frameNameBytes)`,
    );
  }
}

/** Room in a line beside the longest name: address, module, path. */
const roomBesideName = 64 * 1024;

export function longestLineBytes(limits: { frameNameBytes: number }): number {
  return limits.frameNameBytes + roomBesideName;
}

/** A copy that does not keep the chunk alive it was cut from. */
export function ownText(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}

/** Bytes in a latin1 string as UTF-8 text; what is none becomes U+FFFD. Always a copy. */
export function decodeText(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
