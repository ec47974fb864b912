/**
 * The columnar profile: what every format is read into and everything else is computed from.
 *
 *     samples ──stack──▶ stacks (prefix tree) ──frame──▶ frames
 *        │                 │ parent
 *        └─thread─▶ threads, ─event─▶ events
 *
 * A stack is one row of the prefix tree: its own frame and the row of its caller. Rows are written
 * callers first, so `parent[i] < i` always holds and one backward pass sums totals.
 */
export type Milliseconds = number;

/** `stacks.parent[i] === NO_STACK`: row i is a root. `samples.stack[i] === NO_STACK`: a sample without frames. */
export const NO_STACK = -1;

/** Where a frame's code came from, as the recording says it (from the module, not from the name). */
export const FrameKind = { Native: 0, Jit: 1, Kernel: 2, Inlined: 3, Script: 4, Unknown: 5 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export type Recording = {
  /** What it was read from: 'perf-script' (also for perf.data), 'folded', 'cpuprofile' ... */
  format: string;
  /** The command that recorded it, the host, the frequency: as far as the recording says so. */
  command: string | null;
  host: string | null;
  rateHz: number | null;
  /** False when the format carries no times: no time range can then be selected. */
  hasTimes: boolean;
  /** Wall-clock time of the first sample (ms since 1970), where an anchor is known. */
  startedAtMs: Milliseconds | null;
  /** From the first sample to the last; 0 without times. */
  durationMs: Milliseconds;
  /** Revision of the code that was recorded, where the recorder noted it. */
  revision: string | null;
  /** Samples the kernel says were lost. */
  lostCount: number;
  /** Odd lines and other things skipped while reading: a fixed text and how often. */
  warnings: { text: string; count: number }[];
};

/** One kind of event, never merged with another. `unit` is that of `samples.weight` ('samples', 'nanoseconds', 'events', 'bytes'). */
export type EventType = { name: string; unit: string };

/** `pid`/`tid` are -1 when the recording does not tell. `pod` is '' outside a cluster. */
export type Thread = { pod: string; pid: number; tid: number; comm: string };

export type FrameTable = {
  /** As recorded, without `+0xoffset`; '[unknown]' when there is no symbol. */
  name: string[];
  /** The dso, script or package as recorded; '' when there is none. */
  module: string[];
  kind: Uint8Array;
  /** Source file where the recording has it ('' otherwise), and the line of the function in it (0 otherwise). */
  file: string[];
  line: Uint32Array;
};

export type StackTable = { parent: Int32Array; frame: Uint32Array };

/** One row per sample, in order of time where there are times. */
export type SampleTable = {
  /** Since the first sample of the profile. */
  timeMs: Float64Array;
  thread: Uint32Array;
  stack: Int32Array;
  event: Uint16Array;
  /** How many samples the row stands for: 1, but for formats that come summed (folded). */
  count: Float64Array;
  /** In the unit of the event (period, duration, bytes); equals `count` where the recording has no weights. */
  weight: Float64Array;
};

export type Profile = {
  recording: Recording;
  events: EventType[];
  threads: Thread[];
  frames: FrameTable;
  stacks: StackTable;
  samples: SampleTable;
};

/** What part of a profile is looked at. All given conditions hold together; none means everything. */
export type Selection = {
  /** Half-open, since the first sample. */
  fromMs?: Milliseconds;
  toMs?: Milliseconds;
  /** Row in `events`; the first one by default, since events are never mixed. */
  event?: number;
  pods?: readonly string[];
  comms?: readonly string[];
  tids?: readonly number[];
  /** 1 for each row of `samples` to take: of this profile, or of one with the same rows (see mapFrames). */
  rows?: Uint8Array;
};
