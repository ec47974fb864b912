import { WholeLines } from './whole-lines.ts';

const carriageReturn = 0x0d;

/**
 * Cuts chunks of bytes into lines. A line is a latin1 string, one character a byte, so that symbols with
 * any bytes survive; `decodeText` makes it text where people get to see it. Line ends are LF or CRLF.
 *
 * Lines may be slices of a whole chunk: keep a copy (`ownText`), or the chunk stays in memory with it.
 */
export class LineSplitter {
  readonly #lines: WholeLines;

  /** @param longestBytes a longer line ends the reading with RECORDING_TOO_LARGE */
  constructor(name: string, longestBytes: number) {
    this.#lines = new WholeLines(name, longestBytes);
  }

  push(chunk: Buffer, onLine: (line: string) => void): void {
    this.#lines.push(chunk, (lines) => this.#split(lines.toString('latin1'), onLine));
  }

  /** Gives the last line when no line end follows it, and says whether there was one. */
  end(onLine: (line: string) => void): boolean {
    const bytes = this.#lines.end();
    if (bytes === null) return false;
    const line = bytes.toString('latin1');
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    return true;
  }

  #split(text: string, onLine: (line: string) => void): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#lines.checkLength(end - start);
      const isCrlf = end > start && text.charCodeAt(end - 1) === carriageReturn;
      onLine(text.slice(start, isCrlf ? end - 1 : end));
      start = end + 1;
    }
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
