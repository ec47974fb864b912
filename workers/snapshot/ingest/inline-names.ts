import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { AvalancheError } from '../../../storage/errors.ts';

type Limits = { timeoutMs: number; signal?: AbortSignal | undefined };
type Place = { address: string; module: string };

/**
 * The functions that a compiler has put into another at an address, as addr2line reads them from the binary.
 *
 * What stackcollapse-perf.pl asks for one address and process at a time is asked for a binary at once. It reads
 * the binaries of this machine that a recording names: whoever asks must want that.
 */
export class InlineNames {
  /** By module and address: the symbol as perf wrote it first. */
  readonly #symbols = new Map<string, Map<string, string>>();
  readonly #names = new Map<string, Map<string, string>>();

  /** Notes what `readAll` shall look for. */
  add({ address, module, symbol }: Place & { symbol: string }): void {
    const symbols = this.#symbols.get(module) ?? new Map<string, string>();
    this.#symbols.set(module, symbols);
    if (!symbols.has(address)) symbols.set(address, symbol);
  }

  /** @throws AvalancheError BINUTILS_FAILED where there is none, or it does not end; the signal's own reason */
  async readAll(limits: Limits): Promise<void> {
    for (const [module, symbols] of this.#symbols) {
      if (await isBinary(module)) this.#names.set(module, await readModule(module, symbols, limits));
    }
  }

  /** Outermost first, joined by `;`; null where the binary tells nothing. */
  find({ address, module }: Place): string | null {
    return this.#names.get(module)?.get(address) ?? null;
  }
}

/** A device or a pipe would be waited for, and a relative path means something else here. */
async function isBinary(module: string): Promise<boolean> {
  if (!isAbsolute(module) || module.includes('\0')) return false;
  return await stat(module).then(
    (file) => file.isFile(),
    () => false,
  );
}

async function readModule(
  module: string,
  symbols: ReadonlyMap<string, string>,
  limits: Limits,
): Promise<Map<string, string>> {
  const found = await askForLines(module, [...symbols.keys()], limits);
  const moved = await findInFile(module, symbols, found, limits);
  const foundMoved = await askForLines(module, [...new Set(moved.values())], limits);
  const names = new Map<string, string>();
  for (const address of symbols.keys()) {
    const lines = foundMoved.get(moved.get(address) ?? '') ?? found.get(address);
    const name = lines === undefined ? '' : joinFunctions(lines);
    // What addr2line does not know has a better name in the recording.
    if (name !== '' && name !== '??') names.set(address, name);
  }
  return names;
}

/**
 * Code that can be loaded anywhere has other addresses in the file: there a symbol and the offset behind it tell.
 *
 * @returns address in the file by address in memory
 */
async function findInFile(
  module: string,
  symbols: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string[]>,
  limits: Limits,
): Promise<Map<string, string>> {
  const wanted = new Map<string, { symbol: string; offset: bigint }>();
  for (const [address, text] of symbols) {
    const [, symbol, offset] = /^(.+)\+0x([0-9a-f]{1,16})$/s.exec(text) ?? [];
    if (symbol === undefined || !isUnknown(found.get(address))) continue;
    wanted.set(address, { symbol, offset: BigInt(`0x${offset}`) });
  }
  if (wanted.size === 0) return new Map();
  const bases = new Map<string, bigint>();
  for (const line of (await run('nm', [module], '', limits)).split('\n')) {
    const [, base, symbol] = /^([0-9a-f]+) . (.*)$/s.exec(line) ?? [];
    if (symbol !== undefined && !bases.has(symbol)) bases.set(symbol, BigInt(`0x${base}`));
  }
  const moved = new Map<string, string>();
  for (const [address, { symbol, offset }] of wanted) {
    const base = bases.get(symbol);
    if (base !== undefined) moved.set(address, (base + offset).toString(16));
  }
  return moved;
}

function isUnknown(lines: readonly string[] | undefined): boolean {
  return lines?.some((line, index) => line === '??' && lines[index + 1]?.startsWith('??:0')) ?? false;
}

const hexAddress = /^[0-9a-f]{1,16}$/i;

/** @returns by address the lines that addr2line prints for it, a function's name and its place in turn */
async function askForLines(
  module: string,
  wanted: readonly string[],
  limits: Limits,
): Promise<Map<string, string[]>> {
  const addresses = wanted.filter((address) => hexAddress.test(address));
  const found = new Map<string, string[]>();
  if (addresses.length === 0) return found;
  const flags = ['-a', '-i', '-f', '-C', '-e', module];
  const output = await run('addr2line', flags, `${addresses.join('\n')}\n`, limits);
  let next = 0;
  let lines: string[] = [];
  for (const line of output.trimEnd().split('\n')) {
    const address = addresses[next];
    const begins = lines.length % 2 === 0 && /^0x[0-9a-f]+$/.test(line);
    if (begins && address !== undefined && BigInt(line) === BigInt(`0x${address}`)) {
      lines = [];
      found.set(address, lines);
      next += 1;
    } else lines.push(line);
  }
  return found;
}

/** addr2line names the innermost function first. */
function joinFunctions(lines: readonly string[]): string {
  return lines
    .filter((_, index) => index % 2 === 0 && index + 1 < lines.length)
    .reverse()
    .join(';');
}

const longestOutput = 256 * 1024 ** 2;

/** @returns what it printed, as bytes in latin1; '' when it could not read the file */
async function run(
  program: string,
  words: readonly string[],
  input: string,
  { timeoutMs, signal }: Limits,
): Promise<string> {
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const child = execFile(
      program,
      words,
      // No server for debug information is asked.
      {
        encoding: 'latin1',
        maxBuffer: longestOutput,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        signal,
        env: { PATH: process.env.PATH, LC_ALL: 'C' },
      },
      (error, output) => {
        if (signal?.aborted) reject(signal.reason);
        else if (error !== null && typeof error.code !== 'number') reject(failed(program, error, timeoutMs));
        else resolve(output);
      },
    );
    // It may end before it has read all: what it printed until then counts.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function failed(program: string, error: Error & { code?: unknown }, timeoutMs: number): AvalancheError {
  const reason =
    error.code === 'ENOENT'
      ? 'it is not installed'
      : `it did not end within ${timeoutMs} ms, or printed too much`;
  return new AvalancheError('BINUTILS_FAILED', `Cannot run ${program}: ${reason}`, {}, error);
}
