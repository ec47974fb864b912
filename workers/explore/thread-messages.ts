import type { CarriedError } from '../../storage/carried-error.ts';
import type { EncodedAnswer, ExploredRecording, Question } from '../exploration.ts';
import type { RecordingFacts } from './loaded-recording.ts';

/** A recording is sent when the thread says that it is missing, so that what is cached is never read again. */
export type ToThread = { id: number } & (
  | { kind: 'load'; key: string; stored: Uint8Array; application: ExploredRecording['application'] }
  | { kind: 'ask'; question: Question; facts: RecordingFacts }
);

export type FromThread = { id: number } & (
  | { loaded: true }
  | { missing: string[] }
  | { answer: EncodedAnswer }
  | { error: CarriedError }
);
