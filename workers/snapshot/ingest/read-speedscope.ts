import { z } from 'zod';
import { FrameKind, type Milliseconds, NO_STACK, type Thread } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext } from './format.ts';
import { findFrameKind } from './frame-kind.ts';
import { parseJson, readJsonText } from './read-whole.ts';
import { damaged, tooLarge } from './recording-errors.ts';
import { latestMs, type Span, SpanSamples } from './span-samples.ts';

export async function readSpeedscope(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
  const { name } = recording;
  const text = await readJsonText(recording, { limits: context.limits, what: 'a speedscope file' });
  const result = fileSchema.safeParse(parseJson(text, name, 'speedscope file'));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw damaged(name, `speedscope file with an odd "${issue?.path.join('.')}": ${issue?.message}`);
  }
  return new SpeedscopeReader(result.data, name, context).read();
}

// ── Its shape ──────────────────────────────────────────────────────────────────────────────────

const timeUnits = { nanoseconds: 1e-6, microseconds: 1e-3, milliseconds: 1, seconds: 1e3 } as const;
const unit = z.enum(['none', 'bytes', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds']);
type Unit = z.infer<typeof unit>;

const frame = z.object({
  name: z.string(),
  file: z.string().nullish(),
  /** From 1. */
  line: z.number().nullish(),
  /** What `avalanche convert` adds: speedscope has no place for it, and passes over it. */
  avalanche: z.object({ module: z.string(), kind: z.int().min(0).max(5), file: z.string() }).optional(),
});
/** What is in these lists, most of the file, is checked where frames are looked up: zod takes longer than all the rest. */
const frameList = z.custom<readonly unknown[]>(Array.isArray, 'Invalid input: expected array');
const sampled = z.object({
  type: z.literal('sampled'),
  name: z.string(),
  unit,
  startValue: z.number(),
  /** Frames by their place, outermost first. */
  samples: z.array(frameList),
  weights: z.array(z.number()),
  avalanche: z
    .object({
      thread: z.object({ pod: z.string(), pid: z.int(), tid: z.int(), comm: z.string() }),
      event: z.object({ name: z.string(), unit: z.string() }),
      timesMs: z.array(z.number()).optional(),
      counts: z.array(z.number().nonnegative()).optional(),
    })
    .optional(),
});
const evented = z.object({
  type: z.literal('evented'),
  name: z.string(),
  unit,
  startValue: z.number(),
  endValue: z.number(),
  events: z.array(z.object({ type: z.enum(['O', 'C']), at: z.number(), frame: z.int().nonnegative() })),
});
const fileSchema = z.object({
  shared: z.object({ frames: z.array(frame) }),
  profiles: z.array(z.discriminatedUnion('type', [sampled, evented])),
});

/** More kinds of event than anyone records at once. */
const mostEvents = 1_000;

type SpeedscopeFile = z.infer<typeof fileSchema>;
type Sampled = z.infer<typeof sampled>;
type Evented = z.infer<typeof evented>;

// ── Into the profile ───────────────────────────────────────────────────────────────────────────

class SpeedscopeReader {
  readonly #file: SpeedscopeFile;
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #frames: readonly number[];
  readonly #threadNames = new Map<string, number>();
  /** Of profiles with events, by their unit. */
  readonly #spans = new Map<Unit, SpanSamples>();
  #firstMs = Number.NaN;

  constructor(file: SpeedscopeFile, name: string, context: ReadContext) {
    this.#file = file;
    this.#name = name;
    this.#context = context;
    this.#frames = file.shared.frames.map((description) => this.#addFrame(description));
  }

  read(): Milliseconds {
    for (const profile of this.#file.profiles) {
      if (profile.type === 'sampled') this.#addSampled(profile);
      else this.#addEvented(profile);
    }
    for (const spans of this.#spans.values()) this.#noteFirst(spans.finish());
    return this.#firstMs;
  }

  #addSampled(profile: Sampled): void {
    const { builder, limits } = this.#context;
    const { samples, weights, avalanche } = profile;
    this.#checkLengths(profile);
    if (builder.sampleCount + samples.length > limits.sampleCount) {
      throw tooLarge(this.#name, `more than ${limits.sampleCount} samples`, 'sampleCount');
    }
    const thread = builder.thread(this.#describeThread(profile));
    const { name, unit: eventUnit } = avalanche?.event ?? describeEvent(profile.unit);
    const event = builder.event(name, eventUnit);
    if (event >= mostEvents) throw damaged(this.#name, `speedscope file with more than ${mostEvents} events`);
    const times = avalanche === undefined ? addUp(profile) : avalanche.timesMs;
    const usual = avalanche === undefined ? findUsual(profile) : null;
    const scale = avalanche === undefined && isTime(profile.unit) ? scaleMsOf(profile) * 1e3 : 1;
    samples.forEach((stack, index) => {
      // Nothing ran: such rows keep the clock going.
      if (stack.length === 0 && avalanche === undefined) return;
      const timeMs = times?.[index] ?? Number.NaN;
      // Found by fuzzing: a start of 1e308 seconds.
      if (Math.abs(timeMs) > latestMs) {
        throw damaged(
          this.#name,
          `speedscope profile "${profile.name}" with a sample at ${timeMs} ms (at most ${latestMs} wanted)`,
        );
      }
      this.#noteFirst(timeMs);
      const count = usual === null ? (avalanche?.counts?.[index] ?? 1) : weights[index]! / usual;
      const weight = weights[index]! * scale;
      builder.addSample({ timeMs, thread, stack: this.#addStack(stack), event, count, weight });
    });
  }

  #checkLengths({ name, samples, weights, avalanche }: Sampled): void {
    for (const list of [weights, avalanche?.timesMs, avalanche?.counts]) {
      if (list === undefined || list.length === samples.length) continue;
      const state = `"${name}" with ${samples.length} samples and ${list.length} weights, times or counts`;
      throw damaged(this.#name, `speedscope profile ${state} (as many wanted)`);
    }
    if (weights.some((weight) => weight < 0)) {
      throw damaged(this.#name, `speedscope profile "${name}" with a negative weight`);
    }
    // Found by fuzzing: 1e307 seconds are more microseconds than there are numbers.
    if (weights.some((weight) => weight > Number.MAX_SAFE_INTEGER)) {
      throw damaged(this.#name, `speedscope profile "${name}" with a weight beyond 2^53`);
    }
  }

  #addStack(frames: readonly unknown[]): number {
    const { builder, limits } = this.#context;
    if (frames.length > limits.stackDepth) {
      throw tooLarge(this.#name, `a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
    }
    let stack = NO_STACK;
    for (const place of frames) stack = builder.stack(stack, this.#findFrame(place));
    return stack;
  }

  #findFrame(place: unknown): number {
    const row = typeof place === 'number' ? this.#frames[place] : undefined;
    if (row !== undefined) return row;
    throw damaged(
      this.#name,
      `speedscope file: frame ${JSON.stringify(place)?.slice(0, 40)} is wanted of ${this.#frames.length} in shared.frames`,
    );
  }

  #addEvented(profile: Evented): void {
    const thread = this.#context.builder.thread(this.#nameThread(profile.name));
    this.#findSpans(profile).addThread(thread, this.#pairEvents(profile));
  }

  #findSpans({ unit: profileUnit }: Evented): SpanSamples {
    const known = this.#spans.get(profileUnit);
    if (known !== undefined) return known;
    const spans = new SpanSamples({
      name: this.#name,
      context: this.#context,
      format: 'speedscope',
      event: describeEvent(profileUnit),
      isTimed: isTime(profileUnit),
    });
    this.#spans.set(profileUnit, spans);
    return spans;
  }

  #noteFirst(timeMs: Milliseconds): void {
    if (timeMs < this.#firstMs || Number.isNaN(this.#firstMs)) this.#firstMs = timeMs;
  }

  /** Events must be in order and balanced: what is not was cut off, or is a mistake of its writer. */
  #pairEvents(profile: Evented): Span[] {
    const { name, events, endValue } = profile;
    const scaleMs = scaleMsOf(profile);
    const open: { place: number; startMs: number }[] = [];
    const spans: Span[] = [];
    const end = (place: number, startMs: number, endMs: number) =>
      spans.push({ startMs, endMs, frame: this.#findFrame(place) });
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const { type, at, frame: place } of events) {
      const atMs = at * scaleMs;
      if (atMs < lastMs || Math.abs(atMs) > latestMs) {
        throw damaged(
          this.#name,
          `speedscope profile "${name}" with an event at ${at} (a later time wanted)`,
        );
      }
      lastMs = atMs;
      if (type === 'O') {
        open.push({ place, startMs: atMs });
        continue;
      }
      const last = open.pop();
      if (last?.place !== place) {
        throw damaged(
          this.#name,
          `speedscope profile "${name}" ends frame ${place} at ${at} (${last === undefined ? 'nothing' : `frame ${last.place}`} is open)`,
        );
      }
      end(place, last.startMs, atMs);
    }
    if (open.length > 0) {
      this.#context.builder.warn(
        'speedscope: a function without an end, taken to run to the end',
        open.length,
      );
      const endMs = Math.max(lastMs, Math.min(endValue * scaleMs, latestMs));
      for (const { place, startMs } of open) end(place, startMs, endMs);
    }
    return spans;
  }

  #describeThread({ name, avalanche }: Sampled): Thread {
    if (avalanche === undefined) return this.#nameThread(name);
    return { ...avalanche.thread, pod: avalanche.thread.pod || this.#context.pod };
  }

  /** Profiles are threads, `worker tid 12`; two of one name stay apart. */
  #nameThread(name: string): Thread {
    const { comm = name, tid } = /^(?<comm>.*\S) tid (?<tid>\d{1,10})$/.exec(name)?.groups ?? {};
    const seen = (this.#threadNames.get(name) ?? 0) + 1;
    this.#threadNames.set(name, seen);
    const unique = seen === 1 ? comm : `${comm} #${seen}`;
    return { pod: this.#context.pod, pid: -1, tid: tid === undefined ? -1 : Number(tid), comm: unique };
  }

  #addFrame({ name, file, line, avalanche }: z.infer<typeof frame>): number {
    const { builder, limits } = this.#context;
    if (Buffer.byteLength(name) > limits.frameNameBytes) {
      const state = `a function's name has ${Buffer.byteLength(name)} bytes`;
      throw tooLarge(this.#name, state, 'frameNameBytes');
    }
    const ownLine = Math.max(0, Math.min(Math.trunc(line ?? 0), 0xffffffff));
    if (avalanche !== undefined) {
      return builder.frame({ name, line: ownLine, ...avalanche, kind: avalanche.kind as FrameKind });
    }
    // Exporters of native profiles put the library there; a source file comes with a line.
    const isModule = ownLine === 0;
    const kind = isModule ? findFrameKind(name, file ?? '') : FrameKind.Native;
    const module = isModule && kind !== FrameKind.Inlined ? (file ?? '') : '';
    return builder.frame({ name, module, kind, file: isModule ? '' : (file ?? ''), line: ownLine });
  }
}

/** Times in different units are one event: their weights all become microseconds. */
function describeEvent(profileUnit: Unit): { name: string; unit: string } {
  if (profileUnit === 'none') return { name: 'samples', unit: 'samples' };
  if (profileUnit === 'bytes') return { name: 'bytes', unit: 'bytes' };
  return { name: 'time', unit: 'microseconds' };
}

function isTime(profileUnit: Unit): boolean {
  return profileUnit in timeUnits;
}

/** 1 for what is no time. */
function scaleMsOf({ unit: profileUnit }: { unit: Unit }): number {
  return profileUnit === 'none' || profileUnit === 'bytes' ? 1 : timeUnits[profileUnit];
}

/** A sample lasts for its weight, and the next one follows at once: that is all the format says. */
function addUp(profile: Sampled): number[] | undefined {
  if (!isTime(profile.unit)) return undefined;
  const { startValue, weights } = profile;
  const scaleMs = scaleMsOf(profile);
  let time = startValue;
  return weights.map((weight) => {
    const timeMs = time * scaleMs;
    time += weight;
    return timeMs;
  });
}

/** The weight of one sample: 1 of what is counted, else the weight in the middle. */
function findUsual({ unit: profileUnit, weights }: Sampled): number {
  if (profileUnit === 'none') return 1;
  const ordered = Float64Array.from(weights.filter((weight) => weight > 0)).sort();
  return ordered[ordered.length >>> 1] ?? 1;
}
