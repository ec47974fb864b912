import { AvalancheError } from '../../../storage/errors.ts';
import { FrameKind, type Milliseconds, NO_STACK } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';
import { decodeText, LineSplitter, longestLineBytes, ownText } from './line-splitter.ts';

/** Folded (collapsed) stacks: `main;handle;parse 12`, outermost frame first. They carry no times. */
export const folded: RecordingFormat = {
  name: 'folded stacks',
  profileFormat: 'folded',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const reader = new FoldedReader(recording.name, context);
    const lines = new LineSplitter(recording.name, foldedLineBytes(context));
    const onLine = (line: string) => reader.takeLine(line);
    for await (const chunk of recording.chunks) lines.push(chunk, onLine);
    lines.end(onLine);
    return Number.NaN;
  },
};

/**
 * The count is what follows the last blank; whole, or a decimal fraction. `\s` would take 0xA0 for a blank:
 * in UTF-8 that is the last byte of `à` and of many others.
 */
const stackLine = /^(.*[^ \t\r])[ \t\r]+(\d+(?:\.\d+)?)[ \t\r]*$/;
const commentLine = /^(?:#|\/\/)|^\s*$/;
/** A whole stack stands on one line, so lines grow with depth: this many names of the longest kind, and no more. */
const longestNamesInLine = 16;

function foldedLineBytes({ limits }: ReadContext): number {
  return longestNamesInLine * longestLineBytes(limits);
}

function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const lines = beginning.toString('latin1').split(/\r?\n/);
  // The last line is cut, but where there is no other.
  if (!isWhole && lines.length > 1) lines.pop();
  const content = lines.filter((line) => !commentLine.test(line));
  if (content.length === 0) return isWhole ? 'no' : 'need-more';
  const stacks = content.filter((line) => stackLine.test(line));
  if (stacks.length <= content.length * 0.8) return isWhole || content.length > 1 ? 'no' : 'need-more';
  if (stacks.some((line) => line.includes(';'))) return 'yes';
  return isWhole ? 'no' : 'need-more';
}

/** Marks of collapsers behind a name; async-profiler adds 0 (interpreted) and 1 (compiled by C1). */
const markKinds: ReadonlyMap<string, FrameKind> = new Map([
  ['_[k]', FrameKind.Kernel],
  ['_[j]', FrameKind.Jit],
  ['_[i]', FrameKind.Inlined],
  ['_[0]', FrameKind.Jit],
  ['_[1]', FrameKind.Jit],
]);
const markLength = 4;
const unknownName = /^\[unknown\]$|^\[.*\.so[.\d]*\]$/;
const rememberedNames = 500_000;

class FoldedReader {
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #frames = new Map<string, number>();
  readonly #event: number;
  readonly #thread: number;

  constructor(name: string, context: ReadContext) {
    this.#name = name;
    this.#context = context;
    this.#event = context.builder.event('samples', 'samples');
    this.#thread = context.builder.thread({ pod: context.pod, pid: -1, tid: -1, comm: '' });
  }

  takeLine(line: string): void {
    const match = stackLine.exec(line);
    if (match === null) {
      if (!commentLine.test(line)) this.#context.builder.warn('folded stacks: a line without a count');
      return;
    }
    const count = Number(match[2]);
    if (count === 0) return;
    this.#checkLimits(match[1]!);
    this.#context.builder.addSample({
      timeMs: Number.NaN,
      thread: this.#thread,
      stack: this.#addStack(match[1]!),
      event: this.#event,
      count,
      weight: count,
    });
  }

  #addStack(text: string): number {
    const { builder, limits } = this.#context;
    let stack = NO_STACK;
    let depth = 0;
    for (const name of text.split(';')) {
      depth += 1;
      if (depth > limits.stackDepth)
        this.#refuse(`a stack has more than ${limits.stackDepth} frames`, 'stackDepth');
      stack = builder.stack(stack, this.#frames.get(name) ?? this.#addFrame(name));
    }
    return stack;
  }

  #addFrame(slice: string): number {
    const { builder, limits } = this.#context;
    if (slice.length > limits.frameNameBytes) {
      this.#refuse(`a function's name has ${slice.length} bytes`, 'frameNameBytes');
    }
    const kind = markKinds.get(slice.slice(-markLength));
    const name = decodeText(kind === undefined ? slice : slice.slice(0, -markLength));
    const unmarked = unknownName.test(name) ? FrameKind.Unknown : FrameKind.Native;
    const row = builder.frame({ name, module: '', kind: kind ?? unmarked });
    if (this.#frames.size >= rememberedNames) this.#frames.clear();
    this.#frames.set(ownText(slice), row);
    return row;
  }

  #checkLimits(stack: string): void {
    const { builder, limits } = this.#context;
    if (builder.sampleCount >= limits.sampleCount) {
      this.#refuse(`more than ${limits.sampleCount} stacks`, 'sampleCount');
    }
    if (stack.includes('\0')) this.#context.builder.warn('folded stacks: a line with NUL bytes');
  }

  #refuse(state: string, limit: string): never {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${this.#name}": ${state} (set by limits.${limit})`,
    );
  }
}
