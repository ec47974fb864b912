import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AvalancheError } from '../../../storage/errors.ts';
import { FrameKind, type Milliseconds, NO_STACK, type Thread } from '../../../storage/profile/profile.ts';
import type { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import type { OpenRecording, ReadContext } from './format.ts';
import { parseJson, readJsonText } from './read-whole.ts';
import { damaged } from './recording-errors.ts';

export async function readCpuProfileFile(
  recording: OpenRecording,
  context: ReadContext,
): Promise<Milliseconds> {
  const { name } = recording;
  const text = await readJsonText(recording, { limits: context.limits, what: 'a .cpuprofile' });
  const profile = readCpuProfile(parseJson(text, name, '.cpuprofile'), name);
  const { pid, comm } = context.facts?.process ?? { pid: -1, comm: 'javascript' };
  return addCpuProfile(profile, { pod: context.pod, pid, tid: pid, comm }, name, context);
}

// ── Its two forms as one ───────────────────────────────────────────────────────────────────────

const number = z.number();
const callFrame = z.object({
  functionName: z.string(),
  url: z.string().default(''),
  /** 0-based; -1 for what has no source. */
  lineNumber: number.default(-1),
});
const nodesForm = z.object({
  nodes: z.array(
    z.object({ id: number, callFrame, children: z.array(number).optional(), parent: number.optional() }),
  ),
  startTime: number,
  endTime: number,
  samples: z.array(number),
  timeDeltas: z.array(number),
});
const headNode = callFrame.extend({ id: number, children: z.array(z.unknown()).default([]) });
const headForm = z.object({ head: headNode, samples: z.array(number), timestamps: z.array(number) });

type CallFrame = z.infer<typeof callFrame>;
export type CpuProfile = {
  nodes: Map<number, { frame: CallFrame; parent: number | null }>;
  samples: number[];
  /** One for each sample, µs. */
  times: number[];
  endTime: number;
};

/**
 * Either form, once its JSON is parsed.
 *
 * @throws AvalancheError RECORDING_DAMAGED
 */
export function readCpuProfile(json: unknown, name: string): CpuProfile {
  try {
    const isOld = typeof json === 'object' && json !== null && 'head' in json;
    const profile = isOld ? fromHead(headForm.parse(json)) : fromNodes(nodesForm.parse(json));
    if (profile.times.length === profile.samples.length) return profile;
    const { samples, times } = profile;
    throw damaged(
      name,
      `.cpuprofile with ${samples.length} samples and ${times.length} times (as many wanted)`,
    );
  } catch (error) {
    if (error instanceof z.ZodError) {
      throw damaged(name, `.cpuprofile with an odd ${describeIssue(error)}`, error);
    }
    throw error;
  }
}

function describeIssue({ issues }: z.ZodError): string {
  const issue = issues[0];
  return `"${issue?.path.join('.')}": ${issue?.message}`;
}

function fromNodes(json: z.infer<typeof nodesForm>): CpuProfile {
  const nodes: CpuProfile['nodes'] = new Map();
  for (const { id, callFrame: frame, parent = null } of json.nodes) nodes.set(id, { frame, parent });
  for (const { id, children = [] } of json.nodes) {
    for (const child of children) {
      const node = nodes.get(child);
      if (node !== undefined) node.parent = id;
    }
  }
  let time = json.startTime;
  const times = json.timeDeltas.map((delta) => (time += delta));
  return { nodes, samples: json.samples, times, endTime: json.endTime };
}

function fromHead(json: z.infer<typeof headForm>): CpuProfile {
  const nodes: CpuProfile['nodes'] = new Map();
  const open: { node: unknown; parent: number | null }[] = [{ node: json.head, parent: null }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id, children, ...frame } = headNode.parse(next.node);
    // It counts lines from 1 where the new form counts from 0.
    nodes.set(id, { frame: { ...frame, lineNumber: frame.lineNumber - 1 }, parent: next.parent });
    for (const child of children) open.push({ node: child, parent: id });
  }
  // v8-profiler notes one time more than there are samples: the end.
  const times = json.timestamps.slice(0, json.samples.length);
  return { nodes, samples: json.samples, times, endTime: json.timestamps.at(-1) ?? 0 };
}

// ── Into the profile ───────────────────────────────────────────────────────────────────────────

/**
 * A sample lasts until the next one is taken: that is its weight. Times may go back a little: they are put in order.
 *
 * @returns the time of the first sample; NaN without one
 */
export function addCpuProfile(
  profile: CpuProfile,
  ranOn: Thread,
  name: string,
  context: ReadContext,
): Milliseconds {
  const { builder, limits } = context;
  if (builder.sampleCount + profile.samples.length > limits.sampleCount) {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${name}": ${profile.samples.length} samples (more than limits.sampleCount ${limits.sampleCount} in all)`,
    );
  }
  const stacks = new NodeStacks(profile.nodes, name, context);
  const thread = builder.thread(ranOn);
  const order = profile.times.map((_, index) => index).sort((a, b) => profile.times[a]! - profile.times[b]!);
  let firstMs = Number.NaN;
  for (const [place, index] of order.entries()) {
    const stack = stacks.find(profile.samples[index]!);
    if (stack === undefined) continue;
    const timeUs = profile.times[index]!;
    const nextUs = profile.times[order[place + 1] ?? -1] ?? profile.endTime;
    if (Number.isNaN(firstMs)) firstMs = timeUs / 1e3;
    const weight = Math.max(0, nextUs - timeUs);
    // An event without any sample would hide the other events of a trace.
    const event = builder.event('cpu-time', 'microseconds');
    builder.addSample({ timeMs: timeUs / 1e3, thread, stack, event, count: 1, weight });
  }
  describeRecording(profile, order, context);
  return firstMs;
}

function describeRecording(
  profile: CpuProfile,
  order: readonly number[],
  { builder, facts }: ReadContext,
): void {
  if (facts !== null) return;
  const intervals = order
    .slice(1)
    .map((index, place) => profile.times[index]! - profile.times[order[place]!]!);
  intervals.sort((a, b) => a - b);
  const middle = intervals[intervals.length >>> 1] ?? 0;
  if (middle > 0) builder.setRecording({ rateHz: Math.round(1e6 / middle) });
}

/** Stacks of the profile by node id. */
class NodeStacks {
  readonly #nodes: CpuProfile['nodes'];
  readonly #name: string;
  readonly #context: ReadContext;
  readonly #rows = new Map<number, number>();
  /** The stack that was running last: what the garbage collector interrupts. */
  #running = NO_STACK;

  constructor(nodes: CpuProfile['nodes'], name: string, context: ReadContext) {
    this.#nodes = nodes;
    this.#name = name;
    this.#context = context;
  }

  /** @returns undefined for a sample in which nothing ran */
  find(id: number): number | undefined {
    const node = this.#nodes.get(id);
    if (node === undefined) {
      this.#context.builder.warn('.cpuprofile: a sample of a node that is not there');
      return undefined;
    }
    if (node.parent !== null && this.#isRoot(node.parent)) {
      const { functionName } = node.frame;
      if (functionName === '(idle)') {
        this.#running = NO_STACK;
        return undefined;
      }
      // V8 hangs it below the root, where it says nothing of who made the garbage.
      if (functionName === '(garbage collector)') return this.#addFrame(this.#running, node.frame);
    }
    if (this.#isRoot(id)) return undefined;
    this.#running = this.#rowOf(id);
    return this.#running;
  }

  #isRoot(id: number): boolean {
    const node = this.#nodes.get(id);
    return node !== undefined && node.parent === null && node.frame.functionName === '(root)';
  }

  #rowOf(id: number): number {
    const path: number[] = [];
    let row: number = NO_STACK;
    for (let next: number | null = id; next !== null && !this.#isRoot(next); next = this.#parentOf(next)) {
      const known = this.#rows.get(next);
      if (known !== undefined) {
        row = known;
        break;
      }
      path.push(next);
      if (path.length > this.#context.limits.stackDepth) this.#refuseDepth();
    }
    for (const step of path.reverse()) {
      row = this.#addFrame(row, this.#nodes.get(step)!.frame);
      this.#rows.set(step, row);
    }
    return row;
  }

  #parentOf(id: number): number | null {
    const parent = this.#nodes.get(id)?.parent ?? null;
    return parent !== null && this.#nodes.has(parent) ? parent : null;
  }

  #addFrame(caller: number, frame: CallFrame): number {
    const { builder, limits } = this.#context;
    if (frame.functionName.length > limits.frameNameBytes) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${this.#name}": a function's name has ${frame.functionName.length} characters (at most limits.frameNameBytes ${limits.frameNameBytes})`,
      );
    }
    return builder.stack(caller, addFrame(builder, frame));
  }

  /** Nodes that are their own callers end here too. */
  #refuseDepth(): never {
    const { stackDepth } = this.#context.limits;
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${this.#name}": a stack has more than ${stackDepth} frames (set by limits.stackDepth)`,
    );
  }
}

function addFrame(builder: ProfileBuilder, { functionName, url, lineNumber }: CallFrame): number {
  const file = toFile(url);
  const line = Math.max(0, Math.trunc(lineNumber) + 1);
  const name = functionName === '' ? `(anonymous ${file}:${line})` : functionName;
  const kind = url === '' ? FrameKind.Native : FrameKind.Script;
  return builder.frame({ name, module: url, kind, file, line: url === '' ? 0 : line });
}

function toFile(url: string): string {
  if (!url.startsWith('file:///')) return url;
  try {
    return fileURLToPath(url, { windows: /^file:\/\/\/[a-z]:/i.test(url) });
  } catch {
    return url;
  }
}
