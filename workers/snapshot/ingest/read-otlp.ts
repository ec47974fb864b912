import { AvalancheError } from '../../../storage/errors.ts';
import { FrameKind, type Milliseconds, NO_STACK } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext } from './format.ts';
import { findFrameKind } from './frame-kind.ts';
import { nameAddress } from './name-address.ts';
import { type Attribute, OtlpMessage, type OtlpProfile, type OtlpSample } from './otlp-message.ts';
import { readWhole } from './read-whole.ts';
import { damaged, tooLarge } from './recording-errors.ts';

/** As `otlp.read`. */
export async function readOtlp(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
  const bytes = await readWhole(recording, { limits: context.limits, what: 'an OTLP file' });
  const message = new OtlpMessage(bytes);
  try {
    message.read();
    return new OtlpReader(message, recording.name, context).read();
  } catch (error) {
    if (error instanceof AvalancheError || error instanceof TypeError) throw error;
    throw damaged(recording.name, `OTLP near byte ${message.position}: ${(error as Error).message}`, error);
  }
}

/** What the semantic conventions call them; of two that say the same the first one counts. */
const roles: ReadonlyMap<string, keyof Origin> = new Map([
  ['thread.id', 'tid'],
  ['thread.name', 'threadName'],
  ['process.pid', 'pid'],
  ['process.executable.name', 'program'],
  ['service.name', 'service'],
  ['k8s.pod.name', 'pod'],
  ['host.name', 'host'],
]);

type Origin = {
  tid: number;
  pid: number;
  threadName: string;
  program: string;
  service: string;
  pod: string;
  host: string;
};

/** `profile.frame.type` of a location: what runs it. */
const frameKinds: ReadonlyMap<string, FrameKind> = new Map([
  ['native', FrameKind.Native],
  ['kernel', FrameKind.Kernel],
  ['jvm', FrameKind.Jit],
  ['v8js', FrameKind.Jit],
  ['dotnet', FrameKind.Jit],
  ['beam', FrameKind.Jit],
  ['cpython', FrameKind.Script],
  ['php', FrameKind.Script],
  ['phpjit', FrameKind.Jit],
  ['ruby', FrameKind.Script],
  ['perl', FrameKind.Script],
]);

/** More kinds of event than anyone records at once. */
const mostEvents = 1_000;

class OtlpReader {
  readonly #message: OtlpMessage;
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #texts = new Map<number, string>();
  /** By row of their tables. */
  readonly #stacks = new Map<number, number>();
  readonly #frames = new Map<number, readonly number[]>();
  readonly #eventUnits = new Map<string, string>();
  #firstMs = Number.NaN;
  #untimedCount = 0;

  constructor(message: OtlpMessage, name: string, context: ReadContext) {
    this.#message = message;
    this.#name = name;
    this.#context = context;
  }

  read(): Milliseconds {
    const { builder } = this.#context;
    const { stringCount } = this.#message;
    if (stringCount === 0)
      throw new RangeError('no dictionary: these are no profiles (traces, metrics or logs?)');
    let startedMs = Number.POSITIVE_INFINITY;
    for (const { resource, profile } of this.#message.profiles()) {
      if (profile.timeNanos > 0n) startedMs = Math.min(startedMs, toMs(profile.timeNanos));
      this.#addProfile(resource, profile);
    }
    const hasTimes = this.#untimedCount === 0;
    if (!hasTimes && !Number.isNaN(this.#firstMs)) {
      builder.warn('OTLP: a sample without a time, so that none has one', this.#untimedCount);
    }
    const firstMs = hasTimes ? this.#firstMs : Number.NaN;
    const startedAtMs = Number.isNaN(firstMs) ? startedMs : firstMs;
    // What the recorder noted in an archive is surer.
    if (this.#context.facts === null && Number.isFinite(startedAtMs)) {
      builder.setRecording({ startedAtMs: Math.min(startedAtMs, builder.startedAtMs ?? startedAtMs) });
    }
    return firstMs;
  }

  #addProfile(resource: readonly Attribute[], profile: OtlpProfile): void {
    const { builder } = this.#context;
    const { period, periodType, sampleType, samples } = profile;
    if (period > 0 && this.#text(periodType.unit) === 'nanoseconds') {
      builder.setRecording({ rateHz: Math.round(1e9 / period) });
    }
    const name = this.#text(sampleType.type) || 'samples';
    const unit = this.#text(sampleType.unit) || 'count';
    const isCounter = unit === 'count' && /^(?:.+_)?samples?$/.test(name);
    const event = this.#addEvent(name, isCounter ? 'samples' : unit);
    // 10 ms of CPU, taken every 10 ms, are one sample.
    const perSample = !isCounter && period > 0 && this.#text(periodType.unit) === unit ? period : 1;
    const threads = new Map<string, number>();
    for (let index = 0; index < samples.length; index++) {
      const sample = this.#message.readSample(samples, index);
      const key = sample.attributes.join();
      const thread =
        threads.get(key) ?? this.#addThread([...sample.attributes, ...profile.attributes], resource);
      threads.set(key, thread);
      this.#addSample(sample, { event, thread, isCounter, perSample });
    }
  }

  /** Events of one name are told apart by their unit. */
  #addEvent(name: string, unit: string): number {
    const known = this.#eventUnits.get(name) ?? unit;
    this.#eventUnits.set(name, known);
    if (this.#eventUnits.size > mostEvents) throw new RangeError(`more than ${mostEvents} sample types`);
    return this.#context.builder.event(known === unit ? name : `${name} (${unit})`, unit);
  }

  /** A point of time and a value each; values without times; or times alone, each worth 1. */
  #addSample(
    { stack, values, timesNanos }: OtlpSample,
    place: { event: number; thread: number; isCounter: boolean; perSample: number },
  ): void {
    const count = Math.max(values.length, timesNanos.length);
    if (count === 0) throw new RangeError('a sample without values and times');
    if (values.length > 0 && timesNanos.length > 0 && values.length !== timesNanos.length) {
      throw new RangeError(`a sample with ${values.length} values and ${timesNanos.length} times`);
    }
    const { event, thread, isCounter, perSample } = place;
    const { builder, limits } = this.#context;
    const row = this.#addStack(stack);
    for (let index = 0; index < count; index++) {
      const weight = values[index] ?? 1;
      if (weight < 0) throw new RangeError('a negative value: this is a difference, not a recording');
      if (weight > Number.MAX_SAFE_INTEGER) builder.warn('OTLP: a value beyond 2^53 is rounded');
      if (builder.sampleCount >= limits.sampleCount) {
        throw tooLarge(this.#name, `more than ${limits.sampleCount} samples`, 'sampleCount');
      }
      const nanos = timesNanos[index];
      const timeMs = nanos === undefined ? Number.NaN : toMs(nanos);
      if (nanos === undefined) this.#untimedCount += 1;
      else if (!(timeMs >= this.#firstMs)) this.#firstMs = timeMs;
      const isOne = nanos !== undefined && !isCounter;
      builder.addSample({ timeMs, thread, stack: row, event, count: isOne ? 1 : weight / perSample, weight });
    }
  }

  #addStack(index: number): number {
    const known = this.#stacks.get(index);
    if (known !== undefined) return known;
    const { builder, limits } = this.#context;
    let stack = NO_STACK;
    let depth = 0;
    for (const location of this.#message.readStack(index).reverse()) {
      const rows = this.#findFrames(location);
      depth += rows.length;
      if (depth > limits.stackDepth) {
        throw tooLarge(this.#name, `a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
      }
      for (const row of rows) stack = builder.stack(stack, row);
    }
    this.#stacks.set(index, stack);
    return stack;
  }

  /** Of a location, outermost first. */
  #findFrames(index: number): readonly number[] {
    const known = this.#frames.get(index);
    if (known !== undefined) return known;
    const { mapping, address, lines, attributes } = this.#message.readLocation(index);
    const module = mapping === 0 ? '' : this.#text(this.#message.readMapping(mapping));
    const told = this.#findKind(attributes);
    const frames =
      lines.length === 0
        ? [this.#addUnnamed(module, address, told)]
        : lines.map((row, place) =>
            this.#addFrame(row, module, place < lines.length - 1 ? FrameKind.Inlined : told),
          );
    frames.reverse();
    this.#frames.set(index, frames);
    return frames;
  }

  #findKind(attributes: readonly number[]): FrameKind | null {
    for (const index of attributes) {
      const { key, value } = this.#message.readAttribute(index);
      if (this.#textOf(key) === 'profile.frame.type') return frameKinds.get(this.#textOf(value.text)) ?? null;
    }
    return null;
  }

  #addUnnamed(module: string, address: bigint, told: FrameKind | null): number {
    const kind = told === FrameKind.Kernel ? told : FrameKind.Unknown;
    return this.#context.builder.frame({ name: nameAddress(module, address), module, kind });
  }

  #addFrame(index: number, module: string, told: FrameKind | null): number {
    const row = this.#message.readFunction(index);
    const name = this.#text(row.name) || this.#text(row.systemName) || '[unknown]';
    return this.#context.builder.frame({
      name,
      module,
      kind: told ?? findFrameKind(name, module),
      file: this.#text(row.file),
      line: Math.max(0, Math.min(row.startLine, 0xffffffff)),
    });
  }

  /** The sample's own attributes count before those of its profile and of its resource. */
  #addThread(indexes: readonly number[], resource: readonly Attribute[]): number {
    const { builder, pod } = this.#context;
    const origin = { tid: -1, pid: -1, threadName: '', program: '', service: '', pod: '', host: '' };
    for (const index of indexes) this.#note(origin, this.#message.readAttribute(index));
    for (const attribute of resource) this.#note(origin, attribute);
    if (origin.host !== '') builder.setRecording({ host: origin.host });
    return builder.thread({
      pod: origin.pod || pod,
      pid: origin.pid,
      tid: origin.tid,
      comm: origin.threadName || origin.program || origin.service,
    });
  }

  #note(origin: Origin, { key, value }: Attribute): void {
    const role = roles.get(this.#textOf(key));
    if (role === undefined) return;
    if (role === 'tid' || role === 'pid') {
      if (origin[role] < 0 && value.number > 0) origin[role] = value.number;
    } else origin[role] ||= this.#textOf(value.text);
  }

  #textOf(text: string | number): string {
    return typeof text === 'number' ? this.#text(text) : text;
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
}

function toMs(nanos: bigint): Milliseconds {
  return Number(nanos) / 1e6;
}
