import { BinaryReader } from '@bufbuild/protobuf/wire';
import { AvalancheError } from '../../../storage/errors.ts';
import { FrameKind, type Milliseconds, NO_STACK } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, Sniff } from './format.ts';
import { findFrameKind } from './frame-kind.ts';
import { readMark } from './kind-marks.ts';
import { nameAddress } from './name-address.ts';
import { readValueColumns, type ValueColumns } from './pprof-columns.ts';
import { type Label, type Location, PprofMessage, readValueType } from './pprof-message.ts';
import { readWhole } from './read-whole.ts';
import { damaged, tooLarge } from './recording-errors.ts';

/** As `pprof.read`. */
export async function readPprof(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
  const bytes = await readWhole(recording, { limits: context.limits, what: 'a pprof file' });
  const message = new PprofMessage(bytes);
  try {
    message.read();
    new PprofReader(message, recording.name, context).read();
  } catch (error) {
    if (error instanceof AvalancheError || error instanceof TypeError) throw error;
    throw damaged(recording.name, `pprof near byte ${message.position}: ${(error as Error).message}`, error);
  }
  return Number.NaN;
}

/** Field 1, a message: a sample type. Writers begin with it; Go's runtime puts the time (field 9) before. */
const sampleType = 1;
const lastField = 15;
const fieldsLookedAt = 4;
const varint = 0;

/** Nothing but numbers may come before the first sample type, and only fields of the message after it. */
export function sniffPprof(beginning: Buffer): Sniff {
  const reader = new BinaryReader(beginning);
  let isTyped = false;
  try {
    for (let looked = 0; looked < fieldsLookedAt && reader.pos < reader.len; looked++) {
      const [field, wireType] = reader.tag();
      if (field > lastField || (!isTyped && field !== sampleType && wireType !== varint)) return 'no';
      if (isTyped || field !== sampleType) reader.skip(wireType, field);
      else if (readValueType(reader).type === 0) return 'no';
      else isTyped = true;
    }
    return isTyped ? 'yes' : 'no';
  } catch {
    // A long first sample, or a file that was cut in it: what was read is still no other format.
    return isTyped && reader.pos > reader.len ? 'yes' : 'no';
  }
}

/** Names by which recorders tell threads; of two labels that say the same the last one is taken. */
const labelRoles: ReadonlyMap<string, 'tid' | 'pid' | 'comm' | 'pod'> = new Map([
  ['thread_id', 'tid'],
  ['thread id', 'tid'],
  ['tid', 'tid'],
  ['pid', 'pid'],
  ['process_id', 'pid'],
  ['thread_name', 'comm'],
  ['thread name', 'comm'],
  ['comm', 'comm'],
  ['pod', 'pod'],
  ['pod_name', 'pod'],
]);

/** Where Go's profiler stops walking a stack: versions before 1.23 at 64 frames, later ones at 128. */
const cutDepths: ReadonlySet<number> = new Set([64, 128]);

class PprofReader {
  readonly #message: PprofMessage;
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #texts = new Map<number, string>();
  /** Frames of a location, outermost first. */
  readonly #frames = new Map<bigint, readonly number[]>();
  #deepest = 0;
  #deepestCount = 0;

  constructor(message: PprofMessage, name: string, context: ReadContext) {
    this.#message = message;
    this.#name = name;
    this.#context = context;
  }

  read(): void {
    const message = this.#message;
    if (message.stringCount === 0 || message.stringBytes(0).length > 0) {
      throw new RangeError('the string table is missing or does not begin with an empty string');
    }
    const columns = readValueColumns(message, (index) => this.#text(index));
    const events = columns.map(({ name, unit }) => this.#context.builder.event(name, unit));
    for (let index = 0; index < message.sampleCount; index++) this.#takeSample(index, columns, events);
    this.#describeRecording();
  }

  #takeSample(index: number, columns: readonly ValueColumns[], events: readonly number[]): void {
    const { builder, limits } = this.#context;
    const { locations, values, labels } = this.#message.readSample(index);
    if (values.length !== this.#message.sampleTypes.length) {
      throw new RangeError(
        `a sample has ${values.length} values (${this.#message.sampleTypes.length} wanted)`,
      );
    }
    if (values.some((value) => value < 0)) {
      throw new RangeError('a negative value: this is the difference of two profiles, not a recording');
    }
    const thread = this.#findThread(labels);
    const stack = this.#addStack(locations);
    columns.forEach((column, place) => {
      const { count, weight } = column.read(values);
      if (count === 0 && weight === 0) return;
      if (weight > Number.MAX_SAFE_INTEGER) builder.warn('pprof: a value beyond 2^53 is rounded');
      if (builder.sampleCount >= limits.sampleCount) {
        throw tooLarge(this.#name, `more than ${limits.sampleCount} samples`, 'sampleCount');
      }
      const event = events[place]!;
      builder.addSample({ timeMs: Number.NaN, thread, stack, event, count, weight });
    });
  }

  #addStack(locations: readonly bigint[]): number {
    const { builder, limits } = this.#context;
    this.#watchDepth(locations.length);
    let stack = NO_STACK;
    let depth = 0;
    for (let index = locations.length - 1; index >= 0; index--) {
      const rows = this.#findFrames(locations[index]!);
      depth += rows.length;
      if (depth > limits.stackDepth) {
        throw tooLarge(this.#name, `a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
      }
      for (const row of rows) stack = builder.stack(stack, row);
    }
    return stack;
  }

  #findFrames(id: bigint): readonly number[] {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const location = this.#message.locations.get(id);
    if (location === undefined) throw new RangeError(`location ${id}, which is not there, is wanted`);
    const frames = this.#addFrames(location);
    this.#frames.set(id, frames);
    return frames;
  }

  #addFrames({ mapping, address, lines }: Location): number[] {
    const { builder } = this.#context;
    const file = mapping === 0n ? 0 : this.#message.mappings.get(mapping)?.file;
    if (file === undefined) throw new RangeError(`mapping ${mapping}, which is not there, is wanted`);
    const module = this.#text(file);
    if (lines.length === 0) {
      return [builder.frame({ name: nameAddress(module, address), module, kind: FrameKind.Unknown })];
    }
    return lines
      .map((line, index) => this.#addFrame(line.function, module, index < lines.length - 1))
      .reverse();
  }

  #addFrame(id: bigint, module: string, isInlined: boolean): number {
    const row = this.#message.functions.get(id);
    if (row === undefined) throw new RangeError(`function ${id}, which is not there, is wanted`);
    const systemName = this.#text(row.systemName);
    const name = this.#text(row.name) || systemName || '[unknown]';
    const told = isInlined ? FrameKind.Inlined : findFrameKind(name, module);
    return this.#context.builder.frame({
      name,
      module,
      kind: readMark(name, systemName) ?? told,
      file: this.#text(row.file),
      line: Math.max(0, Math.min(row.startLine, 0xffffffff)),
    });
  }

  #findThread(labels: readonly Label[]): number {
    const { builder, pod } = this.#context;
    const thread = { pod, pid: -1, tid: -1, comm: '' };
    for (const { key, text, number } of labels) {
      const role = labelRoles.get(this.#text(key));
      if (role === 'comm' || role === 'pod') thread[role] = this.#text(text);
      else if (role !== undefined) thread[role] = text === 0 ? number : toId(this.#text(text));
    }
    return builder.thread(thread);
  }

  #text(index: number): string {
    const known = this.#texts.get(index);
    if (known !== undefined) return known;
    const bytes = this.#message.stringBytes(index);
    const { frameNameBytes } = this.#context.limits;
    if (bytes.length > frameNameBytes) {
      throw tooLarge(this.#name, `a name has ${bytes.length} bytes`, 'frameNameBytes');
    }
    const text = bytes.toString('utf8');
    this.#texts.set(index, text);
    return text;
  }

  #watchDepth(depth: number): void {
    if (depth > this.#deepest) {
      this.#deepest = depth;
      this.#deepestCount = 0;
    }
    if (depth === this.#deepest) this.#deepestCount += 1;
  }

  #describeRecording(): void {
    const { builder } = this.#context;
    const { timeNanos, period, periodType } = this.#message;
    const isTime = periodType !== null && this.#text(periodType.unit) === 'nanoseconds';
    if (timeNanos > 0) builder.setRecording({ startedAtMs: timeNanos / 1e6 });
    if (isTime && period > 0) builder.setRecording({ rateHz: Math.round(1e9 / period) });
    if (cutDepths.has(this.#deepest)) {
      const text = `pprof: stacks of just ${this.#deepest} frames may begin in the middle, cut by the recorder`;
      builder.warn(text, this.#deepestCount);
    }
  }
}

function toId(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
