import { Worker } from 'node:worker_threads';
import { bringBack } from '../../storage/carried-error.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { EncodedAnswer, Exploration, ExploredRecording } from '../exploration.ts';
import type { RecordingFacts } from './loaded-recording.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

const thread = new URL('./explore-thread.ts', import.meta.url);

/** More people than look at one incident; those after them are told to try again. */
const mostWaiting = 64;
/** A recording of 20 million samples takes some ten seconds to be read. What takes longer hangs. */
const patienceMs = 60_000;

type Unaddressed<Message> = Message extends unknown ? Omit<Message, 'id'> : never;
type Waiting = { resolve(message: FromThread): void; reject(error: Error): void };

/**
 * Reads recordings and answers questions on them in a thread of its own, so that a large one keeps nobody
 * else waiting. The thread starts with the first question, and again after it died.
 *
 * @param cacheBytes how much of the recordings asked for last is kept in memory
 */
export function openExploration({ cacheBytes }: { cacheBytes: number }): Exploration {
  const waiting = new Map<number, Waiting>();
  /** Loads under way by key: two people who open the same link read it once. */
  const loading = new Map<string, Promise<void>>();
  let worker: Worker | undefined;
  let lastId = 0;
  let isClosed = false;

  function start(): Worker {
    const started = new Worker(thread, { workerData: { cacheBytes } });
    started.unref();
    started.on('message', (message: FromThread) => {
      waiting.get(message.id)?.resolve(message);
      waiting.delete(message.id);
    });
    started.on('error', (error) => fail(started, error as Error));
    started.on('exit', () => fail(started, new Error('the thread ended')));
    return started;
  }

  /** What was asked is answered with an error; the next question starts a new thread. */
  function fail(failed: Worker, cause: Error): void {
    if (worker !== failed) return;
    worker = undefined;
    const error = new AvalancheError('EXPLORER_BUSY', `Cannot answer: ${cause.message}`, {}, cause);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  async function send(message: Unaddressed<ToThread>, transferred: ArrayBuffer[] = []): Promise<FromThread> {
    if (isClosed || waiting.size >= mostWaiting) {
      throw new AvalancheError('EXPLORER_BUSY', `Cannot answer now: ${waiting.size} questions are waiting`);
    }
    worker ??= start();
    const asked = worker;
    const id = ++lastId;
    const { promise, resolve, reject } = Promise.withResolvers<FromThread>();
    waiting.set(id, { resolve, reject });
    const timer = setTimeout(() => {
      fail(asked, new Error(`nothing came within ${patienceMs / 1000} s`));
      void asked.terminate();
    }, patienceMs);
    asked.postMessage({ ...message, id }, transferred);
    return await promise.finally(() => clearTimeout(timer));
  }

  async function load(recording: ExploredRecording, key: string): Promise<void> {
    const known = loading.get(key);
    if (known !== undefined) return await known;
    const source = key === recording.key ? recording : recording.baseline!;
    const read = (async () => {
      // A copy: a Buffer may be a window of memory that is not its own to give away.
      const stored = new Uint8Array(await source.read());
      const message = { kind: 'load' as const, key, stored, application: recording.application };
      throwIfError(await send(message, [stored.buffer]));
    })();
    loading.set(key, read);
    await read.finally(() => loading.delete(key));
  }

  return {
    async answer(recording, question) {
      const facts = toFacts(recording);
      // More than once: what was loaded may have been pushed out again by another recording.
      for (let attempt = 0; attempt < 3; attempt++) {
        const message = throwIfError(await send({ kind: 'ask', question, facts }));
        if ('answer' in message) return message.answer satisfies EncodedAnswer;
        if ('missing' in message) for (const key of message.missing) await load(recording, key);
      }
      throw new AvalancheError(
        'EXPLORER_BUSY',
        'Cannot answer now: too many recordings are looked at at once',
      );
    },
    async close() {
      isClosed = true;
      const ending = worker;
      if (ending === undefined) return;
      fail(ending, new Error('it is closed'));
      await ending.terminate();
    },
  };
}

function toFacts({ key, application, suspects, baseline }: ExploredRecording): RecordingFacts {
  return {
    key,
    application,
    suspects: suspects.map(({ rank, function: name }) => ({ rank, function: name })),
    baseline: baseline === null ? null : { key: baseline.key, name: baseline.name },
  };
}

function throwIfError(message: FromThread): FromThread {
  if ('error' in message) throw bringBack(message.error);
  return message;
}
