import type { Member } from '../tar-member.ts';

/** Milliseconds since 1970, and at the same moment the clock that the samples carry. */
export type ClockPair = { wallMs: number; monotonicMs: number };

/** A way to record a running process in segments. One file each, and a line in choose-engine.ts. */
export type Engine = {
  name: 'perf' | 'v8';
  /** What the app's environment needs on top of the recorder's own. */
  environment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
  /** Where finished segments appear, under their final names, whole. */
  segmentFolder: string;
  /** Name in the archive of a file in the segment folder; null when it is no finished segment. */
  memberName(fileName: string): string | null;
  /**
   * Begins to record.
   *
   * @param onEnd called when recording ends while the app goes on, with the reason
   */
  start(pid: number, onEnd: (reason: string) => void): void;
  /** What an archive needs beside its segments, as of now: symbol maps. */
  companions(pid: number): Promise<Member[]>;
  clock(): ClockPair;
  /** Called when the app has ended; afterwards the last segment is finished. */
  stop(): Promise<void>;
  /** Removes what the engine caused outside the segment folder. */
  cleanUp(pid: number): Promise<void>;
};

export type EngineSettings = {
  /** Ours alone; removed with everything in it when the recorder ends. */
  folder: string;
  segmentMs: number;
  rateHz: number;
};
