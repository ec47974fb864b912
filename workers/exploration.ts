import type { CodeCategory } from '../renderers/code-category.ts';
import type { ReportedBurst, Suspect } from './jobs.ts';

/**
 * What the explorer's page asks about a recording and what it gets. Beside `jobs.ts` the only file of workers/
 * that bot/ may import: the page needs answers while a person waits, and not through the queue.
 */

/** A recording as it is handed in: bytes of the stored form, read when they are wanted. */
type ExploredProfile = {
  /** Names it in the cache; another recording has another key. */
  key: string;
  read(): Promise<Uint8Array>;
};

export type ExploredRecording = ExploredProfile & {
  application: { own: readonly string[]; repository?: { url: string; containerRoot: string } } | null;
  /** What it is compared with, and what people call that. */
  baseline: (ExploredProfile & { name: string }) | null;
  suspects: readonly Pick<Suspect, 'rank' | 'function'>[];
};

/** The part of a recording that is looked at; all conditions hold together. */
export type ExploredPart = {
  /** Since the first sample, half-open. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  /** Row of the event; the first by default. */
  event?: number | undefined;
  pods?: readonly string[] | undefined;
  comms?: readonly string[] | undefined;
  tids?: readonly number[] | undefined;
};

export const treeKinds = ['callees', 'callers', 'difference'] as const;
export type TreeKind = (typeof treeKinds)[number];

export const downloadFormats = ['pprof', 'speedscope', 'folded', 'perf-script'] as const;
export type DownloadFormat = (typeof downloadFormats)[number];

/** `search` is a regular expression on names and files of frames; lower case alone finds both cases. '' is none. */
export type Question =
  | { ask: 'facts' }
  | { ask: 'bursts' }
  | { ask: 'heatmap'; part: ExploredPart; search: string }
  | { ask: 'tree'; part: ExploredPart; search: string; kind: TreeKind; zoom: number }
  | { ask: 'top'; part: ExploredPart; search: string; compared: boolean }
  | { ask: 'timeline'; part: ExploredPart; search: string; by: 'comm' | 'thread' | 'pod' }
  | { ask: 'download'; part: ExploredPart; format: DownloadFormat };

export type FactsAnswer = {
  format: string;
  events: { name: string; unit: string; sampleCount: number }[];
  rateHz: number | null;
  hasTimes: boolean;
  durationMs: number;
  startedAtMs: number | null;
  revision: string | null;
  host: string | null;
  /** Most samples first; at most 500 of each. */
  pods: { name: string; sampleCount: number }[];
  comms: { name: string; sampleCount: number }[];
  threads: { tid: number; comm: string; pod: string; sampleCount: number }[];
  remarks: string[];
  baseline: string | null;
};

type BurstsAnswer = { bursts: ReportedBurst[] };

export type HeatmapAnswer = {
  rows: number;
  /** Column after column, as countOffsets gives it. */
  counts: number[];
};

/** Rows callers first. What is too narrow to see is left out, and counted. */
export type TreeAnswer = {
  kind: TreeKind;
  parent: number[];
  total: number[];
  self: number[];
  /** The same in the baseline; in a difference alone, and `total` and `self` are shares then. */
  baseline: number[] | null;
  /** 1 where a change is told from chance; in a difference alone. */
  isAboveNoise: number[] | null;
  /** Row in `names`, `files` and `categories`. */
  label: number[];
  names: string[];
  files: string[];
  categories: CodeCategory[];
  /** By label: rank of the suspect, 0 for none. */
  marks: number[];
  /** By label: 1 where the search finds it. */
  matches: number[];
  /** Number of each row in the whole tree: what `zoom` takes. The same question always gives the same numbers. */
  id: number[];
  /** The row that was zoomed into; 0 is all. */
  zoomed: number;
  sampleCount: number;
  /** 0 to 1: samples with a match on their stack, each counted once; null without a search. */
  matchedRatio: number | null;
  prunedCount: number;
  baselineName: string | null;
  /** Doubts about a comparison. */
  remarks: string[];
};

export type TopAnswer = {
  sampleCount: number;
  /** By self value, or by the change of it; at most 1,000. Shares are 0 to 1. */
  rows: {
    name: string;
    file: string;
    category: CodeCategory;
    mark: number;
    self: number;
    total: number;
    baselineSelf: number | null;
    baselineTotal: number | null;
    isAboveNoise: boolean;
  }[];
  /** Of how many functions. */
  functionCount: number;
};

export type TimelineAnswer = {
  binMs: number;
  /** Most samples first; at most 60. */
  lanes: {
    name: string;
    comm: string;
    tid: number | null;
    pod: string;
    sampleCount: number;
    counts: number[];
  }[];
  laneCount: number;
};

export type AnswerTo<Asked extends Question['ask']> = {
  facts: FactsAnswer;
  bursts: BurstsAnswer;
  heatmap: HeatmapAnswer;
  tree: TreeAnswer;
  top: TopAnswer;
  timeline: TimelineAnswer;
  download: never;
}[Asked];

/** An answer as it goes to the browser: JSON, or a file; compressed already. */
export type EncodedAnswer = { body: Uint8Array; contentType: string; isGzip: boolean };

/** Answers questions on recordings away from the event loop, and keeps those asked last in memory. */
export type Exploration = {
  /** @throws AvalancheError SEARCH_INVALID, RANGE_EMPTY, NOT_COMPARABLE, EXPLORER_BUSY or what reading the recording throws */
  answer(recording: ExploredRecording, question: Question): Promise<EncodedAnswer>;
  close(): Promise<void>;
};
