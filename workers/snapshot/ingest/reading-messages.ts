import type { ErrorCode } from '../../../storage/errors.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import type { UnpackedFile } from '../unpack.ts';
import type { IngestOptions } from './recording-set.ts';

/** What crosses between reading-threads.ts and reading-thread.ts: one reading at a time in a thread. */
export type ToReadingThread =
  | { kind: 'read'; files: readonly UnpackedFile[]; options: ReadingOptions }
  | { kind: 'cancel' };

export type FromReadingThread =
  | { profile: Profile }
  | { error: { code: ErrorCode; message: string; details: Record<string, unknown>; stack: string } };

/** Functions and signals do not cross. */
export type ReadingOptions = Omit<IngestOptions, 'signal' | 'onProgress'>;
