import { SHARE_ENV, Worker } from 'node:worker_threads';
import { bringBack } from '../../../storage/carried-error.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import type { UnpackedFile } from '../unpack.ts';
import type { FromReadingThread, ReadingOptions, ToReadingThread } from './reading-messages.ts';

export type ReadingThreads = {
  /**
   * As `ingestFiles`, in a thread of its own. When it rejects, the thread no longer touches the files; one that died
   * may have left some in `workDirectory`, which the caller removes.
   *
   * @throws AvalancheError as `ingestFiles`; RECORDING_TOO_LARGE when it takes more memory than
   *   `limits.readingMemoryBytes`; an Error when the thread dies; the signal's own reason when it was aborted
   */
  ingestFiles(
    files: readonly UnpackedFile[],
    options: ReadingOptions & { signal?: AbortSignal },
  ): Promise<Profile>;
};

const thread = new URL('./reading-thread.ts', import.meta.url);
/** A recording is read in chunks and looks up between two; what does not is in the middle of a large JSON text. */
const cancelPatienceMs = 2_000;
/** Longer than between the captures of one incident: the next one finds warm code. */
const idleLimitMs = 10 * 60_000;
const mebibyte = 1024 ** 2;

/**
 * Reads recordings beside the rest of the process, which goes on answering. Each reading has a thread to itself,
 * so that one that dies takes no other with it; whoever calls decides how many run at once. A thread is used again,
 * since the second recording is read in half the time of the first, and ends when nobody needed it for a while.
 */
export function openReadingThreads(): ReadingThreads {
  const idle: ReadingThread[] = [];

  function take(memoryBytes: number): ReadingThread {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      if (found.wake() && found.memoryBytes === memoryBytes) return found;
      found.end();
    }
    return new ReadingThread(memoryBytes);
  }

  return {
    async ingestFiles(files, { signal, ...options }) {
      signal?.throwIfAborted();
      const taken = take(options.limits.readingMemoryBytes);
      try {
        return await taken.read({ kind: 'read', files, options }, signal);
      } finally {
        if (taken.rest(idleLimitMs)) idle.push(taken);
      }
    },
  };
}

class ReadingThread {
  readonly memoryBytes: number;
  readonly #worker: Worker;
  #isAlive = true;
  #idleTimer: NodeJS.Timeout | undefined;
  #waiting: { resolve(message: FromReadingThread): void; reject(error: Error): void } | null = null;

  constructor(memoryBytes: number) {
    this.memoryBytes = memoryBytes;
    this.#worker = new Worker(thread, {
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memoryBytes / mebibyte) },
    });
    this.#worker.on('message', (message: FromReadingThread) => this.#waiting?.resolve(message));
    this.#worker.on('error', (error) => this.#die(error as Error));
    this.#worker.on('exit', (code) => this.#die(new Error(`it ended with exit code ${code}`)));
  }

  async read(request: ToReadingThread, signal: AbortSignal | undefined): Promise<Profile> {
    const { promise, resolve, reject } = Promise.withResolvers<FromReadingThread>();
    this.#waiting = { resolve, reject };
    let patience: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#post({ kind: 'cancel' });
      patience = setTimeout(() => this.end(), cancelPatienceMs);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.#post(request);
    try {
      return toProfile(await promise);
    } catch (error) {
      // Whatever a cancelled reading ended with, it ended because of that.
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#waiting = null;
      signal?.removeEventListener('abort', cancel);
      clearTimeout(patience);
    }
  }

  /** Waits for the next reading without keeping the process alive. @returns false when the thread is dead */
  rest(limitMs: number): boolean {
    if (!this.#isAlive) return false;
    this.#worker.unref();
    this.#idleTimer = setTimeout(() => this.end(), limitMs).unref();
    return true;
  }

  /** @returns false when it died meanwhile */
  wake(): boolean {
    clearTimeout(this.#idleTimer);
    this.#worker.ref();
    return this.#isAlive;
  }

  end(): void {
    this.#isAlive = false;
    void this.#worker.terminate();
  }

  #post(message: ToReadingThread): void {
    this.#worker.postMessage(message);
  }

  #die(cause: Error): void {
    this.#isAlive = false;
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    const error = isTooLarge
      ? this.#tooLarge(cause)
      : new Error(`the reading thread: ${cause.message}`, { cause });
    this.#waiting?.reject(error);
  }

  #tooLarge(cause: Error): AvalancheError {
    const state = `it takes more than ${this.memoryBytes} bytes of memory (set by limits.readingMemoryBytes)`;
    return new AvalancheError('RECORDING_TOO_LARGE', `Cannot read the archive: ${state}`, {}, cause);
  }
}

function toProfile(message: FromReadingThread): Profile {
  if ('error' in message) throw bringBack(message.error);
  return message.profile;
}
