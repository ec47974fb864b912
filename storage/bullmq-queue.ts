import { setTimeout as delay } from 'node:timers/promises';
import {
  type BackendFactory,
  DelayedError,
  FlowProducer,
  type IQueueBackend,
  type Job,
  type JobsOptions,
  Queue,
  UnrecoverableError,
  WaitingError,
  Worker,
} from 'bullmq';
import { AvalancheError, isEngineAway } from './errors.ts';
import { JobPutOff, type JobQueue, type JobToAdd, type QueueState, type RunningJob } from './queue.ts';

/** What differs between the engines that BullMQ runs on. */
export type QueueEngine<Connection> = {
  description: string;
  backendFactory: BackendFactory<IQueueBackend, Connection>;
  /** Fails when the server stays away. */
  producer: Connection;
  /** Waits for the server. */
  consumer: Connection;
  /** All workers there are, when every one of them is in this process; null when the server knows them. */
  workers: Set<AnyWorker> | null;
  /** What every key of BullMQ's begins with; BullMQ's own `bull` without it. */
  keyPrefix?: string;
  /** How long to wait for an answer: BullMQ itself waits for a lost server without end. */
  answerMs: number;
  close(): Promise<void>;
};

export type QueueOptions = {
  /** Keeps installations that share a server apart. */
  prefix: string;
  /** How long a job stays with a worker that gives no sign of life. */
  lockMs: number;
  /** How long `close` waits for running jobs to end, and then for those that did not to be handed back. */
  closeMs: number;
  handBackMs: number;
  onError: (error: Error) => void;
};

// biome-ignore lint/suspicious/noExplicitAny: BullMQ's classes are generic over the backend, which is of no interest here.
export type AnyWorker = Worker<any, any, string, IQueueBackend, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyQueue = Queue<any, any, string, any, any, string, IQueueBackend, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyFlowProducer = FlowProducer<IQueueBackend, any>;
type Producer = {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
};

/** How soon a worker asks again that found its server away. */
const reconnectMs = 1_000;
/** We decide how often a job may be lost: BullMQ would fail it without asking anybody. */
const maxStalledCount = 1_000;
/** How long a job waits for an engine that is away: shorter than any request is waited for. */
const longestEngineWaitMs = 10 * 60_000;
const firstEngineWaitMs = 1_000;
const slowestEngineWaitMs = 15_000;
/** Long enough that a request repeated by Slack or by a restarted bot still meets its first job. */
const keepCompleted = { age: 24 * 3600, count: 1_000 };
const keepFailed = { age: 7 * 24 * 3600, count: 1_000 };
/** Stack traces and reasons are kept with the job: enough to read, not enough to fill a server. */
const reasonLength = 4_000;

/** One BullMQ queue for each job name. */
export function buildQueue<Connection>(engine: QueueEngine<Connection>, options: QueueOptions): JobQueue {
  const queues = new Map<string, AnyQueue>();
  const workers = new Set<AnyWorker>();
  const queueName = (name: string) => `${options.prefix}-${name}`;
  const keys = engine.keyPrefix === undefined ? {} : { prefix: engine.keyPrefix };
  const producer = { ...keys, connection: engine.producer, streams: { events: { maxLen: 1_000 } } };
  const handingBack = new AbortController();
  let flows: AnyFlowProducer | null = null;
  let closing: Promise<void> | null = null;
  let closed = false;

  function getQueue(name: string): AnyQueue {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = new Queue(queueName(name), producer, engine.backendFactory);
      queues.set(name, queue);
      keepIfReady(queue, () => queues.delete(name));
    }
    return queue;
  }

  function getFlows(): AnyFlowProducer {
    if (flows === null) {
      flows = new FlowProducer(producer, engine.backendFactory);
      keepIfReady(flows, () => {
        flows = null;
      });
    }
    return flows;
  }

  /** What found its server away when it was made stays of no use: it is dropped, and the next question makes another. */
  function keepIfReady(made: Producer, drop: () => void): void {
    made.on('error', options.onError);
    made
      .waitUntilReady()
      .catch(() => {
        drop();
        return made.close();
      })
      .catch(options.onError);
  }

  /**
   * A connection that is gone shows as one error that names the engine, and a closed one does not hang. What got no
   * answer in time may still happen: ids make a second try harmless.
   */
  async function ask<Answer>(action: string, question: () => Promise<Answer>): Promise<Answer> {
    const unreachable = (state: string, cause?: unknown) =>
      new AvalancheError(
        'ENGINE_UNREACHABLE',
        `Cannot ${action} on ${engine.description}: ${state}`,
        {},
        cause,
      );
    if (closed) throw unreachable('the queue is closed');
    const timer = new AbortController();
    const timeout = delay(engine.answerMs, null, { signal: timer.signal }).then(() => {
      throw new Error(`no answer within ${engine.answerMs} ms`);
    });
    try {
      return await Promise.race([question(), timeout]);
    } catch (error) {
      throw unreachable(error instanceof Error ? error.message : String(error), error);
    } finally {
      timer.abort();
      timeout.catch(() => {});
    }
  }

  async function close(): Promise<void> {
    // A pause ends with a new connection, which nobody needs any more when it fails.
    const pauses = [...workers].map((worker) => worker.pause().catch(options.onError));
    const finished = Promise.all(pauses).then(() => true);
    let inTime = await Promise.race([finished, delay(options.closeMs, false, { ref: false })]);
    if (!inTime) {
      handingBack.abort(new Error('the process ends'));
      inTime = await Promise.race([finished, delay(options.handBackMs, false, { ref: false })]);
    }
    closed = true;
    // What did not even let itself be handed back loses its lock, and is taken over by another worker.
    await Promise.all([...workers].map((worker) => worker.close(!inTime)));
    for (const worker of workers) engine.workers?.delete(worker);
    await Promise.all([flows?.close(), ...[...queues.values()].map((queue) => queue.close())]);
    await engine.close();
  }

  async function readState(queue: AnyQueue): Promise<QueueState> {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
    const local = engine.workers && [...engine.workers].filter((worker) => worker.name === queue.name).length;
    return { waiting, active, delayed, failed, workers: local ?? (await queue.getWorkersCount()) };
  }

  /** Newest first is the one order that Redis and Postgres agree on for a part of the list. */
  async function readOldest(queue: AnyQueue): Promise<number | null> {
    const last = (await queue.getWaitingCount()) - 1;
    if (last < 0) return null;
    const [oldest] = await queue.getJobs(['waiting'], last, last);
    return oldest?.timestamp ?? null;
  }

  return {
    async add(job) {
      checkId(job);
      const payload = encode(job.payload);
      await ask(`add job "${job.name}"`, () => getQueue(job.name).add(job.name, payload, jobOptions(job)));
    },

    async addFlow(parent, children) {
      const asFlowJob = (job: JobToAdd, flowOptions: JobsOptions) => {
        checkId(job);
        const opts = { ...jobOptions(job), ...flowOptions };
        return { name: job.name, queueName: queueName(job.name), data: encode(job.payload), opts };
      };
      const flow = {
        ...asFlowJob(parent, {}),
        children: children.map((child) => asFlowJob(child, { ignoreDependencyOnFailure: true })),
      };
      await ask(`add job "${parent.name}"`, () => getFlows().add(flow));
    },

    async work(name, { concurrency }, handle) {
      if (closing !== null) throw new TypeError(`Cannot work on "${name}": the queue is closing`);
      const worker: AnyWorker = new Worker(
        queueName(name),
        (job, token) => runJob(job, { name, token: token ?? '', signal: handingBack.signal, handle }),
        {
          ...keys,
          connection: engine.consumer,
          concurrency,
          lockDuration: options.lockMs,
          stalledInterval: Math.ceil(options.lockMs / 3),
          maxStalledCount,
          runRetryDelay: reconnectMs,
        },
        engine.backendFactory,
      );
      worker.on('error', options.onError);
      workers.add(worker);
      engine.workers?.add(worker);
      await ask(`work on "${name}"`, () => worker.waitUntilReady());
    },

    async state(names) {
      const readAll = () =>
        Promise.all(names.map(async (name) => [name, await readState(getQueue(name))] as const));
      return Object.fromEntries(await ask('read the state of the queue', readAll));
    },

    has: (name, id) =>
      ask(`look for job "${name}"`, async () => (await getQueue(name).getJob(id)) !== undefined),

    async oldestWaiting(names) {
      const readAll = () =>
        Promise.all(names.map(async (name) => [name, await readOldest(getQueue(name))] as const));
      return Object.fromEntries(await ask('read the state of the queue', readAll));
    },

    describe: () => engine.description,

    close() {
      closing ??= close();
      return closing;
    },
  };
}

type Run = {
  name: string;
  token: string;
  signal: AbortSignal;
  handle: (job: RunningJob) => Promise<unknown>;
};

async function runJob(job: Job<string, string>, { name, token, signal, handle }: Run): Promise<string> {
  const attempts = job.opts.attempts ?? 1;
  const mayWait = Date.now() - job.timestamp < longestEngineWaitMs;
  try {
    const result = await handle({
      name,
      id: job.id ?? '',
      payload: decode(job.data),
      attempt: job.attemptsMade + 1,
      isLastAttempt: job.attemptsMade + 1 >= attempts,
      mayWait,
      timesLost: job.stalledCounter,
      signal,
      childResults: () => readChildResults(job),
    });
    return encode(result);
  } catch (error) {
    if (signal.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const waitMs =
      error instanceof JobPutOff ? error.waitMs : mayWait && isEngineAway(error) && engineWaitMs(job);
    if (waitMs !== false) {
      await job.moveToDelayed(Date.now() + waitMs, token);
      throw new DelayedError();
    }
    throw asJobFailure(error);
  }
}

/** Starts beyond the attempts are those that found an engine away: a second, two, four ... */
function engineWaitMs({ attemptsStarted, attemptsMade }: Job): number {
  const waits = Math.max(0, attemptsStarted - attemptsMade - 1);
  return Math.min(slowestEngineWaitMs, firstEngineWaitMs * 2 ** waits);
}

async function readChildResults(job: Job): ReturnType<RunningJob['childResults']> {
  const [completed, failed] = await Promise.all([
    job.getChildrenValues<string>(),
    job.getIgnoredChildrenFailures(),
  ]);
  return {
    completed: Object.entries(completed ?? {}).map(([key, result]) => ({
      id: childId(key),
      result: decode(result),
    })),
    failed: Object.entries(failed ?? {}).map(([key, reason]) => ({ id: childId(key), reason })),
  };
}

/** `prefix:queue:id`; ids hold no colon. */
function childId(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

function jobOptions({ id, attempts = 1, backoffMs = 0 }: JobToAdd): JobsOptions {
  return {
    jobId: id,
    attempts,
    ...(backoffMs > 0 && { backoff: { type: 'exponential', delay: backoffMs } }),
    removeOnComplete: keepCompleted,
    removeOnFail: keepFailed,
    stackTraceLimit: 3,
  };
}

/** BullMQ takes numbers for ids of its own and splits keys at colons. */
function checkId({ id, name }: JobToAdd): void {
  if (id === '' || id.includes(':') || /^\d+$/.test(id)) {
    throw new RangeError(
      `Cannot add job "${name}" with the id "${id}": it is empty, a number or has a colon in it`,
    );
  }
}

/**
 * Payloads and results travel as JSON text inside BullMQ's own JSON: Postgres' jsonb refuses NUL and lone surrogates,
 * which text from outside may hold.
 */
function encode(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function decode(text: string): unknown {
  return JSON.parse(text);
}

/** What the queue keeps of an error: text that every engine can store. The code leads, for those who read `failed`. */
function asJobFailure(error: unknown): Error {
  const isKnown = error instanceof AvalancheError;
  const message = error instanceof Error ? error.message : String(error);
  const reason = storable(isKnown ? `${error.code}: ${message}` : message);
  const failure = isKnown && !error.retry ? new UnrecoverableError(reason) : new Error(reason);
  if (error instanceof Error && error.stack !== undefined) failure.stack = storable(error.stack);
  return failure;
}

function storable(text: string): string {
  return text.slice(0, reasonLength).toWellFormed().replaceAll('\0', '\uFFFD');
}
