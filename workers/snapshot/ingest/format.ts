import type { Limits } from '../../../storage/config.ts';
import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import type { PerfMaps } from './perf-map.ts';
import type { RecordingFacts } from './recording-facts.ts';

/** 'need-more' only makes sense while the beginning is not the whole recording. */
export type Sniff = 'yes' | 'no' | 'need-more';

/** A recording whose compression and character encoding are already taken off. */
export type OpenRecording = {
  /** As people know it; from outside, for messages only. */
  name: string;
  /** Where exactly these bytes lie on disk; null when they came out of a compressed file. */
  path: string | null;
  /** What was taken off, outermost first: 'gzip', 'zstd', 'utf-16le' ... */
  layers: readonly string[];
  chunks: AsyncIterable<Buffer>;
  /** Bytes that `chunks` has given so far. */
  readBytes(): number;
  /**
   * Called by who reads each chunk only until the next one is asked for: the same memory is then filled again
   * and again. New memory for every chunk costs as much as reading it.
   */
  reuseChunks?(): void;
};

export type ReadContext = {
  builder: ProfileBuilder;
  limits: Limits;
  /** For what must be on disk; the reader removes what it puts there. */
  workDirectory: string;
  pod: string;
  /** What the recorder noted beside its recordings; null without a recording.json. */
  facts: RecordingFacts | null;
  /** The symbol maps of the archive, which alone are believed; null for a lone file. */
  maps: PerfMaps | null;
  signal?: AbortSignal;
};

export type RecordingFormat = {
  /** As messages name it. */
  name: string;
  /** `recording.format` of the profiles it gives. */
  profileFormat: string;
  /** Judges by the first bytes alone, never by a file's name. */
  sniff(beginning: Buffer, isWhole: boolean): Sniff | Promise<Sniff>;
  /**
   * Reads everything into the builder, whose content is of no use when it fails.
   *
   * @returns the time of the first sample on the recording's own clock; NaN without times or samples
   * @throws AvalancheError RECORDING_DAMAGED, RECORDING_TOO_LARGE, PERF_MISSING, PERF_FAILED
   */
  read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds>;
};
