import type { CarriedError } from '../../../storage/carried-error.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import type { UnpackedFile } from '../unpack.ts';
import type { IngestOptions } from './recording-set.ts';

/** What crosses between reading-threads.ts and reading-thread.ts: one reading at a time in a thread. */
export type ToReadingThread =
  | { kind: 'read'; files: readonly UnpackedFile[]; options: ReadingOptions }
  | { kind: 'cancel' };

export type FromReadingThread = { profile: Profile } | { error: CarriedError };

/** Functions and signals do not cross. */
export type ReadingOptions = Omit<IngestOptions, 'signal' | 'onProgress'>;
