import { formatFolded } from '../../../storage/profile/folded.ts';
import { GrowingColumn } from '../../../storage/profile/growing-column.ts';
import { IntList } from '../../../storage/profile/int-list.ts';
import { NO_STACK } from '../../../storage/profile/profile.ts';
import { StackInterner } from '../../../storage/profile/stack-interner.ts';
import { buildProfile } from './ingest-files.ts';
import { InlineNames } from './inline-names.ts';
import { decodeText } from './line-splitter.ts';
import { perfData, runPerfScript } from './perf-data.ts';
import { perfScript } from './perf-script.ts';
import type { EventHeader, FrameLine } from './perf-script-lines.ts';
import { type EventSample, type PerfScriptHandler, PerfScriptParser } from './perf-script-parser.ts';
import { type IngestOptions, type RecordingSet, withRecordingSet, withRecordings } from './recording-set.ts';

/** Named as stackcollapse-perf.pl names them; `all` is kernel and jit. */
export type FoldOptions = {
  kernel?: boolean;
  jit?: boolean;
  all?: boolean;
  addrs?: boolean;
  pid?: boolean;
  tid?: boolean;
  /** Reads inlined functions from the binaries of this machine that the recording names. */
  inline?: boolean;
  /** The first event seen by default: events are never mixed. */
  eventFilter?: string;
};

/**
 * Folded stacks of one file or archive. What perf recorded is folded exactly as stackcollapse-perf.pl does
 * it, names included, but for the differences listed in docs/formats.md; lines come in another order. Other
 * formats give the folded export of their profile.
 *
 * @throws AvalancheError as `ingestFile`
 */
export async function foldFile(
  path: string,
  options: FoldOptions & IngestOptions,
): Promise<Iterable<string>> {
  return await withRecordingSet(path, options, async (set) => {
    const stacks = new ScriptStacks(options);
    if (await foldPerf(set, stacks, options)) {
      await stacks.nameInlined({ timeoutMs: options.limits.perfScriptMs, signal: options.signal });
      return stacks.format();
    }
    return formatProfile(set, options);
  });
}

/** @returns false, with nothing folded, when something of the set does not come from perf */
async function foldPerf(set: RecordingSet, stacks: ScriptStacks, options: IngestOptions): Promise<boolean> {
  let count = 0;
  let isPerf = true;
  await withRecordings({ ...set, warnings: [] }, options, async (recording, format) => {
    if (!isPerf || (format !== perfScript && format !== perfData)) {
      isPerf = false;
      return;
    }
    count += 1;
    const { limits, workDirectory, signal } = options;
    const parser = new PerfScriptParser(stacks, {
      name: recording.name,
      limits,
      maps: set.maps,
      keepsNames: format === perfScript,
    });
    if (format === perfScript) {
      recording.reuseChunks?.();
      for await (const chunk of recording.chunks) parser.push(chunk);
    } else {
      const context = { limits, workDirectory, signal };
      await runPerfScript(recording, context, (chunk) => parser.push(chunk));
    }
    parser.end();
  });
  return isPerf && count > 0;
}

/** Folded stacks have no comm of their own: there the line begins with its first frame. */
async function formatProfile(set: RecordingSet, options: IngestOptions): Promise<Iterable<string>> {
  const profile = await buildProfile(set, options);
  const lines = [...formatFolded(profile)];
  return lines.map((line) => (line.startsWith(';') ? line.slice(1) : line));
}

/** A stack line as the script folds it: rows of names, outermost first. Java processes have names of their own. */
type ScriptFrame = { plain: readonly number[]; java: readonly number[] };

/** What the script makes of a header. */
type ScriptOrigin = {
  /** Row of its name. */
  process: number;
  naming: keyof ScriptFrame;
  /** Null when the script takes the header's own period. */
  period: number | null;
  event: string | null;
  /** The only frame stands on the header's line. */
  isInline: boolean;
};

class ScriptStacks implements PerfScriptHandler<ScriptOrigin> {
  readonly needsAddresses: boolean;
  readonly #options: FoldOptions;
  /** null: a frame that the script skips. */
  readonly #names: (string | null)[] = [];
  readonly #nameRows = new Map<string, number>();
  readonly #frames: ScriptFrame[] = [];
  readonly #frameNumbers = new Map<string, number>();
  readonly #stacks = new StackInterner();
  readonly #path = new IntList();
  /** By row of the stack; 0 where none ends. */
  readonly #totals = new GrowingColumn((length) => new Float64Array(length));
  readonly #inlined = new InlineNames();
  /** Rows of names that the binaries may tell better. */
  readonly #askable: { row: number; address: string; module: string }[] = [];
  #event: string | null;

  constructor(options: FoldOptions) {
    this.#options = options;
    this.#event = options.eventFilter ?? null;
    this.needsAddresses = options.addrs === true || options.inline === true;
  }

  readFrame({ text }: FrameLine): number {
    const line = splitScriptFrame(text);
    const rowsOf = (isJava: boolean) =>
      line === null ? [] : this.#nameFrame(line, formatScriptFrame(line, isJava, this.#options));
    const frame = { plain: rowsOf(false), java: rowsOf(true) };
    const key = `${frame.plain} ${frame.java}`;
    const known = this.#frameNumbers.get(key);
    if (known !== undefined) return known;
    this.#frameNumbers.set(key, this.#frames.length);
    return this.#frames.push(frame) - 1;
  }

  readHeader(header: EventHeader): ScriptOrigin {
    const { comm, pid, tid, period, event } = readScriptHeader(header);
    const process = this.#nameProcess(comm, pid, tid);
    const naming = process.startsWith('java') ? 'java' : 'plain';
    return { process: this.#internName(process), naming, period, event, isInline: isInline(header) };
  }

  takeSample({ origin, period, stack: { depth, frames }, isClosed }: EventSample<ScriptOrigin>): void {
    if (!isClosed && !origin.isInline) return;
    if (origin.event !== null) {
      this.#event ??= origin.event;
      if (origin.event !== this.#event) return;
    }
    const path = this.#path;
    path.length = 0;
    path.push(origin.process);
    for (let index = depth - 1; index >= 0; index--) {
      for (const name of this.#frames[frames.values[index]!]![origin.naming]) path.push(name);
    }
    const stack = this.#stacks.internPath(path.values, path.length);
    const totals = this.#totals;
    while (totals.length <= stack) totals.push(0);
    totals.values[stack]! += origin.period ?? (period || 1);
  }

  takeComment(): void {}

  takeRecord(): void {}

  takeOddity(): void {}

  /** Looks for the functions inlined at each address, where that was asked for. */
  async nameInlined(limits: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<void> {
    await this.#inlined.readAll(limits);
    for (const { row, ...place } of this.#askable)
      this.#names[row] = this.#inlined.find(place) ?? this.#names[row]!;
  }

  *format(): Generator<string> {
    if (this.#askable.length === 0) {
      for (const [stack, total] of this.#formatStacks()) yield `${stack} ${total}`;
      return;
    }
    // Only now is known which addresses are of one function.
    const totals = new Map<string, number>();
    for (const [stack, total] of this.#formatStacks()) totals.set(stack, (totals.get(stack) ?? 0) + total);
    for (const [stack, total] of totals) yield `${stack} ${total}`;
  }

  *#formatStacks(): Generator<[stack: string, total: number]> {
    const { parent, frame } = this.#stacks.toTable();
    const names = this.#names.map((name) => (name === null ? null : decodeText(name)));
    for (const [stack, total] of this.#totals.toArray().entries()) {
      if (total === 0) continue;
      const line: string[] = [];
      for (let row = stack; row !== NO_STACK; row = parent[row]!) {
        const name = names[frame[row]!]!;
        if (name !== null) line.push(name);
      }
      yield [line.reverse().join(';'), total];
    }
  }

  /** A row for each name; where binaries are asked, one for all of them, which is named later. */
  #nameFrame({ address, module, rawSymbol }: ScriptLine, names: readonly string[]): number[] {
    if (this.#options.inline !== true || !isInBinary.test(module)) {
      return names.map((name) => this.#internName(name));
    }
    this.#inlined.add({ address, module, symbol: rawSymbol });
    const row = this.#names.push(names.length === 0 ? null : names.join(';')) - 1;
    this.#askable.push({ row, address, module });
    return [row];
  }

  #nameProcess(comm: string, pid: string, tid: string): string {
    const { pid: withPid = false, tid: withTid = false } = this.#options;
    const name = withTid ? `${comm}-${pid}/${tid}` : withPid ? `${comm}-${pid}` : comm;
    return name.replaceAll(' ', '_');
  }

  #internName(name: string): number {
    const known = this.#nameRows.get(name);
    if (known !== undefined) return known;
    const row = this.#names.push(name) - 1;
    this.#nameRows.set(name, row);
    return row;
  }
}

// ── How stackcollapse-perf.pl reads lines, right or wrong ──────────────────────────────────────

type ScriptHeader = Pick<ScriptOrigin, 'period' | 'event'> & { comm: string; pid: string; tid: string };

function isInline({ rest }: EventHeader): boolean {
  return rest.trim() !== '';
}

/** The first number behind a blank ends the comm, so that `index shard 0` is the process 0 of `index shard`. */
const scriptHeader = /^(\S.+?)[ \t\v\f\r]+(\d+)(?:\/+(\d+)?)?[ \t\v\f\r]+/s;
/** Only at the line's end: the payload of a tracepoint hides its event, which is then never filtered. */
const scriptEvent = /:(?:[ \t\v\f\r]*(\d+))?[ \t\v\f\r]+(\S+):\s*$/;
const longestHeader = 1024;

function readScriptHeader(header: EventHeader): ScriptHeader {
  const isUnread = isInline(header) && /^\s/.test(header.text);
  const match = isUnread ? null : scriptHeader.exec(header.text.slice(0, longestHeader));
  const [, comm = '', first = '', second] = match ?? [];
  // Behind a comm of one letter or negative ids the script takes the time for a part of the comm.
  if (match === null || comm.trimEnd().length > header.comm.length) return fromOwnReading(header);
  // To Perl '0' is as good as none: the idle task 0/0 has the pid `?`.
  const isPair = second !== undefined && second !== '0';
  const event = scriptEvent.exec(header.text.slice(-longestHeader));
  return {
    comm,
    pid: isPair ? first : '?',
    tid: isPair ? second : first,
    period: Number(event?.[1]) === header.period ? null : Number(event?.[1] ?? 0) || 1,
    event: event?.[2] ?? null,
  };
}

/** For lines that the script cannot read, and whose samples it loses. */
function fromOwnReading({ comm, pid, tid, event }: EventHeader): ScriptHeader {
  return { comm, pid: pid === -1 ? '?' : String(pid), tid: String(tid), period: null, event };
}

/** Not of the kernel, of compiled code, or of anything in brackets. */
const isInBinary = /^(?!.*(?:perf-\d+.map|kernel\.|\[[^\]]+\]))/s;

type ScriptLine = { address: string; rawSymbol: string; symbol: string; module: string };

function splitScriptFrame(text: string): ScriptLine | null {
  const close = text.lastIndexOf(')');
  const open = text.lastIndexOf(' (', close - 2);
  if (close === -1 || open === -1) return null;
  const match = /^[ \t\v\f\r]*(\w+)[ \t\v\f\r]*(.+)$/s.exec(text.slice(0, open));
  if (match === null) return null;
  const [, address = '', rawSymbol = ''] = match;
  const symbol = rawSymbol.replace(/\+0x[\da-f]+$/, '');
  return { address, rawSymbol, symbol, module: text.slice(open + 2, close) };
}

function formatScriptFrame(line: ScriptLine, isJava: boolean, options: FoldOptions): string[] {
  const { kernel = false, jit = false, all = false } = options;
  // The name of a process.
  if (line.symbol.startsWith('(')) return [];
  const { module } = line;
  const isKernel = (kernel || all) && /^\[|vmlinux$/.test(module) && !module.includes('unknown');
  const isJit = (jit || all) && /\/tmp\/perf-\d+\.map/.test(module);
  return splitArrows(line.symbol).map((part, depth) => {
    const name = tidyName(nameUnknown(part, line, options), isJava);
    if (depth > 0) return withMark(name, '_[i]');
    if (isKernel) return `${name}_[k]`;
    return isJit ? withMark(name, '_[j]') : name;
  });
}

/** As Perl splits: nothing empty at the end. `operator->` loses its arrow. */
function splitArrows(symbol: string): string[] {
  const parts = symbol.split('->');
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

function nameUnknown(name: string, { address, module }: ScriptLine, { addrs = false }: FoldOptions): string {
  if (name !== '[unknown]') return name;
  const place = module === '[unknown]' ? 'unknown' : module.slice(module.lastIndexOf('/') + 1);
  return addrs ? `[${place} <${address}>]` : `[${place}]`;
}

function tidyName(name: string, isJava: boolean): string {
  let tidy = name.replaceAll(';', ':');
  if (!isGoMethod(tidy)) tidy = tidy.replace(/\((?!anonymous namespace\)).*/s, '');
  tidy = tidy.replaceAll(/["']/g, '');
  return isJava && tidy.includes('/') ? tidy.replace(/^L/, '') : tidy;
}

/** `net/http.(*Client).Do`: something in parentheses between two dots. */
function isGoMethod(name: string): boolean {
  const open = name.indexOf('.(');
  return open !== -1 && name.lastIndexOf(').') >= open + 2;
}

function withMark(name: string, mark: string): string {
  return name.includes(mark) ? name : `${name}${mark}`;
}
