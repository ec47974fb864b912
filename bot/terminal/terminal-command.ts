import type { ParseArgsOptionsConfig } from 'node:util';
import type { Theme } from '../../renderers/palette.ts';
import type { Exploration, ExploredRecording } from '../../workers/exploration.ts';
import type { ReportedBurst, Suspect } from '../../workers/jobs.ts';

/** What a terminal command may touch: handed in, so that tests can look at it. */
export type Terminal = {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  environment: NodeJS.ProcessEnv;
  directory: string;
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal;
  /** Reading recordings is loaded when it is wanted; the limits are those of the configuration. */
  loadFileTools(): Promise<FileTools>;
};

export type ReadProgress = (doneBytes: number, totalBytes: number | null) => void;

/** A part of a recording; offsets since its first sample. */
export type TimeRange = { fromMs?: number | undefined; toMs?: number | undefined };

/** What `render` draws. */
export const pictureViews = ['flame-graph', 'icicle', 'heatmap', 'timeline', 'top', 'pods'] as const;
export type PictureView = (typeof pictureViews)[number];

/** By the end of the file's name. */
type PictureKind = 'png' | 'svg';
export type PictureLook = { kind: PictureKind; widthPx: number | undefined; theme: Theme };
type FilePicture = { bytes: Uint8Array; altText: string; widthPx: number; heightPx: number };

/** What `convert` writes. */
export const exportNames = ['pprof', 'speedscope', 'folded', 'perf-script'] as const;
export type ExportName = (typeof exportNames)[number];

type FoldSettings = {
  kernel: boolean;
  jit: boolean;
  all: boolean;
  addrs: boolean;
  pid: boolean;
  tid: boolean;
  inline: boolean;
  eventFilter?: string;
};

export type FileFacts = {
  format: string;
  sampleCount: number;
  durationMs: number | null;
  startedAtMs: number | null;
  rateHz: number | null;
  host: string | null;
  command: string | null;
  revision: string | null;
  events: { name: string; unit: string; sampleCount: number }[];
  processes: { comm: string; sampleCount: number }[];
  threadCount: number;
  frameCount: number;
  lostCount: number;
  unknownRatio: number;
  remarks: string[];
  warnings: { text: string; count: number }[];
  /** By self value. */
  hottest: { function: string; self: number; total: number }[];
};

/** What can be done with a recording and no server. The workers' room implements it; `avalanche.ts` hands it in. */
export type FileTools = {
  fold(path: string, settings: FoldSettings, read: ReadSettings): Promise<Iterable<string>>;
  /** Several recordings are those of pods of one app. */
  render(
    paths: readonly string[],
    settings: TimeRange & { title: string; view: PictureView; look: PictureLook },
    read: ReadSettings,
  ): Promise<FilePicture>;
  /** The picture is of the whole recording; the range is marked in it. */
  heatmap(
    path: string,
    settings: TimeRange & { title: string; rows?: number | undefined; look: PictureLook },
    read: ReadSettings,
  ): Promise<FilePicture & { bursts: ReportedBurst[] }>;
  suspects(
    path: string,
    settings: TimeRange & {
      baseline: string | null;
      baselineRevision: string | null;
      repository: string | null;
      revision: string | null;
      own: readonly string[];
      containerRoot: string;
    },
    read: ReadSettings,
  ): Promise<{ verdict: string; suspects: Suspect[]; remarks: string[] }>;
  info(path: string, read: ReadSettings): Promise<FileFacts>;
  /** The file in pieces. */
  convert(
    path: string,
    settings: TimeRange & { to: ExportName },
    read: ReadSettings,
  ): Promise<Iterable<string | Uint8Array>>;
  /** Without `before` the range is compared with the rest of the same recording. */
  diff(
    paths: { before: string | null; after: string },
    settings: TimeRange & {
      by: 'samples' | 'time';
      /** null: no picture. */
      look: PictureLook | null;
    },
    read: ReadSettings,
  ): Promise<FileDifference>;
  /** What is handed out stays open until it is closed. */
  explore(path: string, settings: { baseline: string | null }, read: ReadSettings): Promise<ExploredFile>;
};

/** A recording as the explorer shows it; what there is of suspects is told by the recording alone. */
type ExploredFile = {
  recording: ExploredRecording;
  verdict: string;
  suspects: Suspect[];
  bursts: ReportedBurst[];
  exploration: Exploration;
};

/** 0 to 1; of all samples, or of one CPU. `delta` is after minus before, `low` to `high` its 95 % interval. */
type FunctionChange = {
  before: number;
  after: number;
  delta: number;
  low: number;
  high: number;
  aboveNoise: boolean;
};

type FileDifference = {
  comparison: {
    normalizedBy: 'samples' | 'time';
    event: string;
    before: { name: string; sampleCount: number; idleCount: number };
    after: { name: string; sampleCount: number; idleCount: number };
    /** The most changed first; at most 1,000. */
    functions: {
      function: string;
      file: string;
      category: string;
      self: FunctionChange;
      total: FunctionChange;
    }[];
    functionCount: number;
    remarks: string[];
  };
  /** The same in words, for a person. */
  lines: string[];
  picture: FilePicture | null;
};

type ReadSettings = { onProgress?: ReadProgress; signal: AbortSignal; terminalDirectory: string };

export type TerminalCommand = {
  name: string;
  usage: string;
  summary: string;
  options: ParseArgsOptionsConfig;
  /** One line for each option, and those the usage does not explain. */
  optionHelp: Record<string, string>;
  examples: readonly string[];
  run(input: TerminalInput, terminal: Terminal): Promise<ExitCode>;
};

export type TerminalInput = {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
};

/** 0: done; 1: it could not be done; 2: the command line was not understood. */
export const ExitCode = { Done: 0, Failed: 1, Usage: 2 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
