import { FrameKind, type Milliseconds, NO_STACK, type Thread } from '../../../storage/profile/profile.ts';
import { readCpuProfiles } from './chrome-trace-cpu-profiles.ts';
import { isRecord, type TraceEvent, toNumber, toTraceEvent } from './chrome-trace-event.ts';
import { pairSlices, type TraceSlice } from './chrome-trace-slices.ts';
import type { OpenRecording, ReadContext } from './format.ts';
import { addCpuProfile } from './read-cpuprofile.ts';
import { parseJson, readJsonText } from './read-whole.ts';
import { damaged, tooLarge } from './recording-errors.ts';
import { SpanSamples } from './span-samples.ts';

export async function readChromeTrace(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
  const text = await readJsonText(recording, { limits: context.limits, what: 'a Chrome trace' });
  return new TraceReader(parseTrace(text, recording.name, context), recording.name, context).read();
}

type Trace = {
  events: readonly TraceEvent[];
  /** React Native writes these beside the events. */
  samples: readonly unknown[];
  stackFrames: Readonly<Record<string, unknown>>;
};

function parseTrace(text: string, name: string, { builder }: ReadContext): Trace {
  let json: unknown;
  const end = text.trimEnd();
  // Its writers may just stop; what was cut inside an event is no JSON even so.
  if (end.startsWith('[') && !end.endsWith(']')) {
    json = parseJson(`${end.replace(/,$/, '')}]`, name, 'Chrome trace');
    builder.warn('Chrome trace: the closing bracket is missing');
  } else {
    json = parseJson(text, name, 'Chrome trace');
  }
  const { traceEvents, samples, stackFrames } = Array.isArray(json)
    ? { traceEvents: json }
    : (json as Record<string, unknown>);
  if (!Array.isArray(traceEvents)) throw damaged(name, 'Chrome trace whose "traceEvents" is no array');
  const events = traceEvents.flatMap((event) => toTraceEvent(event) ?? []);
  if (events.length < traceEvents.length) {
    builder.warn('Chrome trace: an event without a phase', traceEvents.length - events.length);
  }
  return {
    events,
    samples: Array.isArray(samples) ? samples : [],
    stackFrames: isRecord(stackFrames) ? stackFrames : {},
  };
}

class TraceReader {
  readonly #trace: Trace;
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #processNames = new Map<string, string>();
  readonly #threadNames = new Map<string, string>();
  readonly #frames = new Map<string, number>();
  #firstMs = Number.NaN;

  constructor(trace: Trace, name: string, context: ReadContext) {
    this.#trace = trace;
    this.#name = name;
    this.#context = context;
  }

  read(): Milliseconds {
    this.#learnNames();
    // What was sampled goes first: it is what is looked at unless another event is asked for.
    for (const { profile, event } of readCpuProfiles(this.#trace.events, this.#name)) {
      const thread = this.#describeThread(event.pid, event.tid);
      this.#noteFirst(addCpuProfile(profile, thread, this.#name, this.#context));
    }
    this.#addSamples();
    this.#addSlices();
    return this.#firstMs;
  }

  #learnNames(): void {
    for (const { phase, name, pid, tid, args } of this.#trace.events) {
      if (phase !== 'M' || !isRecord(args) || typeof args.name !== 'string') continue;
      if (name === 'process_name') this.#processNames.set(pid, args.name);
      if (name === 'thread_name') this.#threadNames.set(`${pid} ${tid}`, args.name);
    }
  }

  #describeThread(pid: string, tid: string): Thread {
    const comm = this.#threadNames.get(`${pid} ${tid}`) ?? this.#processNames.get(pid);
    const known = comm ?? (toId(tid) === -1 ? tid : '');
    return { pod: this.#context.pod, pid: toId(pid), tid: toId(tid), comm: known };
  }

  #addSlices(): void {
    const { builder } = this.#context;
    const spans = new SpanSamples({
      name: this.#name,
      context: this.#context,
      format: 'Chrome trace',
      event: { name: 'duration', unit: 'microseconds' },
      isTimed: true,
    });
    const warn = (text: string, count: number) => builder.warn(`Chrome trace: ${text}`, count);
    for (const { pid, tid, slices } of pairSlices(this.#trace.events, warn)) {
      const thread = builder.thread(this.#describeThread(pid, tid));
      spans.addThread(
        thread,
        slices.map((slice) => this.#toSpan(slice)),
      );
    }
    this.#noteFirst(spans.finish());
  }

  #toSpan({ name, startUs, endUs }: TraceSlice) {
    return { startMs: startUs / 1e3, endMs: endUs / 1e3, frame: this.#findFrame(name) };
  }

  #addSamples(): void {
    const { builder, limits } = this.#context;
    let oddCount = 0;
    for (const sample of this.#trace.samples) {
      const timeUs = isRecord(sample) ? toNumber(sample.ts) : Number.NaN;
      if (!isRecord(sample) || Number.isNaN(timeUs)) {
        oddCount += 1;
        continue;
      }
      if (builder.sampleCount >= limits.sampleCount) {
        throw tooLarge(this.#name, `more than ${limits.sampleCount} samples`, 'sampleCount');
      }
      const timeMs = timeUs / 1e3;
      const event = builder.event('samples', 'samples');
      const thread = builder.thread(this.#describeThread(String(sample.pid ?? ''), String(sample.tid ?? '')));
      const stack = this.#addStack(sample.sf);
      const weight = Math.max(0, toNumber(sample.weight) || 1);
      builder.addSample({ timeMs, thread, stack, event, count: weight, weight });
      this.#noteFirst(timeMs);
    }
    if (oddCount > 0) builder.warn('Chrome trace: a sample without a time', oddCount);
  }

  #addStack(innermost: unknown): number {
    const { builder, limits } = this.#context;
    const path: number[] = [];
    for (let id = innermost; id !== undefined && id !== null; ) {
      const frame = this.#trace.stackFrames[String(id)];
      if (!isRecord(frame)) {
        throw damaged(
          this.#name,
          `Chrome trace: stack frame "${String(id).slice(0, 40)}", which is not there, is wanted`,
        );
      }
      path.push(this.#findFrame(typeof frame.name === 'string' ? frame.name : ''));
      if (path.length > limits.stackDepth) {
        throw tooLarge(this.#name, `a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
      }
      id = frame.parent;
    }
    return path.reduceRight((stack, frame) => builder.stack(stack, frame), NO_STACK as number);
  }

  #findFrame(name: string): number {
    const known = this.#frames.get(name);
    if (known !== undefined) return known;
    const { builder, limits } = this.#context;
    const bytes = Buffer.byteLength(name);
    if (bytes > limits.frameNameBytes) {
      throw tooLarge(this.#name, `a function's name has ${bytes} bytes`, 'frameNameBytes');
    }
    const isNamed = name !== '';
    const kind = isNamed ? FrameKind.Native : FrameKind.Unknown;
    const row = builder.frame({ name: isNamed ? name : '[unknown]', module: '', kind });
    this.#frames.set(name, row);
    return row;
  }

  #noteFirst(timeMs: Milliseconds): void {
    if (timeMs < this.#firstMs || Number.isNaN(this.#firstMs)) this.#firstMs = timeMs;
  }
}

function toId(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
