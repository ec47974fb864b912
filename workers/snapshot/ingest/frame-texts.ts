import { ByteInterner, NOT_FOUND } from './byte-interner.ts';
import { copyBytes, viewOf } from './byte-view.ts';
import { hashBytes } from './line-hash.ts';

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const open = 0x28;
const close = 0x29;
const plus = 0x2b;
const zero = 0x30;
const letterX = 0x78;

const longestText = 4096;
const longestAddress = 16;

/**
 * Knows frames by what lines of one function share: symbol and module. A function of many callers stands in a
 * recording with many addresses and offsets, and is read as a string only once.
 *
 *     \t    7f443cc6f090 _start+0x1b (/lib/x86_64-linux-gnu/ld-2.27.so)
 *                        ~~~~~~     ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
 *
 * Lines of another make are left to those who read them as strings.
 */
export class FrameTexts {
  readonly #texts = new ByteInterner();
  readonly #scratch = viewOf(Buffer.alloc(longestText + 1));
  /** Of the text sought last; 0 when it is not to be added. */
  #length = 0;
  #hash = 0;

  get storedBytes(): number {
    return this.#texts.storedBytes;
  }

  /** @returns the frame of the line from `start` to `end`, or NOT_FOUND */
  find(view: DataView, start: number, end: number): number {
    this.#length = 0;
    const symbol = findSymbol(view, start);
    const textEnd = trimLineEnd(view, end);
    if (symbol === NOT_FOUND || view.getUint8(textEnd - 1) !== close) return NOT_FOUND;
    if (textEnd - symbol > longestText) return NOT_FOUND;
    const module = findModule(view, textEnd);
    const symbolEnd = module === NOT_FOUND ? textEnd : findSymbolEnd(view, symbol, module);
    copyBytes(view, symbol, symbolEnd, this.#scratch, 0);
    if (module !== NOT_FOUND) copyBytes(view, module, textEnd, this.#scratch, symbolEnd - symbol);
    const length = symbolEnd - symbol + (module === NOT_FOUND ? 0 : textEnd - module);
    this.#scratch.setUint8(length, lineFeed);
    this.#hash = hashBytes(this.#scratch, 0, length + 1);
    const text = this.#texts.find(this.#scratch, 0, length + 1, this.#hash);
    if (text === NOT_FOUND) this.#length = length + 1;
    return text < 0 ? NOT_FOUND : this.#texts.valueOf(text);
  }

  /** Tells the frame of the line that was sought last and not found. */
  add(frame: number): void {
    if (this.#length === 0) return;
    this.#texts.add(this.#scratch, 0, this.#length, this.#hash, frame);
  }
}

/** Behind tab, blanks, address and one blank; NOT_FOUND where these are not, or where no symbol follows. */
function findSymbol(view: DataView, start: number): number {
  if (view.getUint8(start) !== tab) return NOT_FOUND;
  let at = start + 1;
  while (view.getUint8(at) === blank) at += 1;
  const address = at;
  while (isHexDigit(view.getUint8(at))) at += 1;
  if (at === address || at - address > longestAddress || view.getUint8(at) !== blank) return NOT_FOUND;
  const first = view.getUint8(at + 1);
  return first > blank && first !== open ? at + 1 : NOT_FOUND;
}

function trimLineEnd(view: DataView, end: number): number {
  const beforeFeed = view.getUint8(end - 1) === lineFeed ? end - 1 : end;
  return view.getUint8(beforeFeed - 1) === carriageReturn ? beforeFeed - 1 : beforeFeed;
}

/** The blank before a module without parentheses in it; NOT_FOUND for others: `(/usr/lib/x.so (deleted))`. */
function findModule(view: DataView, textEnd: number): number {
  let at = textEnd - 2;
  while (view.getUint8(at) !== open) {
    if (view.getUint8(at) === close || view.getUint8(at) === tab) return NOT_FOUND;
    at -= 1;
  }
  return view.getUint8(at - 1) === blank ? at - 1 : NOT_FOUND;
}

/** Where `+0x1b` begins, or else where the symbol ends. */
function findSymbolEnd(view: DataView, symbol: number, module: number): number {
  let at = module;
  while (at > symbol && isHexDigit(view.getUint8(at - 1))) at -= 1;
  const hasOffset =
    at < module &&
    at - 3 > symbol &&
    view.getUint8(at - 1) === letterX &&
    view.getUint8(at - 2) === zero &&
    view.getUint8(at - 3) === plus;
  return hasOffset ? at - 3 : module;
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
}
