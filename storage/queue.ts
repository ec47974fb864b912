/** The contract of the job queue; `openQueue` in open-queue.ts chooses the engine. */
export type JobToAdd = {
  name: string;
  /** Two jobs with one id are one job: the second add changes nothing. No ':' in it. */
  id: string;
  payload: unknown;
  attempts?: number;
  backoffMs?: number;
};

export type RunningJob = {
  name: string;
  id: string;
  payload: unknown;
  /** 1 for the first. */
  attempt: number;
  isLastAttempt: boolean;
  /**
   * Whether it may still wait for an engine that is away: an ENGINE_UNREACHABLE thrown then costs no attempt, and
   * the job comes again.
   */
  mayWait: boolean;
  /** How often a worker died, or hung, while it had this job. */
  timesLost: number;
  /** Aborted when the process has to end before the job does: thrown on, it puts the job back for other workers. */
  signal: AbortSignal;
  /** Outcomes of the flow's children, in no order. */
  childResults(): Promise<{
    completed: { id: string; result: unknown }[];
    failed: { id: string; reason: string }[];
  }>;
};

/** Thrown by a handler: it is not the job's turn yet. It comes again after so long, and no attempt is counted. */
export class JobPutOff extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super(`Cannot run the job yet: it is put off for ${waitMs} ms`);
    this.name = 'JobPutOff';
    this.waitMs = waitMs;
  }
}

export type QueueState = {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  workers: number;
};

export type JobQueue = {
  add(job: JobToAdd): Promise<void>;
  /** The parent starts when every child has ended, well or badly. */
  addFlow(parent: JobToAdd, children: JobToAdd[]): Promise<void>;
  /**
   * Handles jobs of one name. A thrown AvalancheError with `retry: false` is final; ENGINE_UNREACHABLE waits for the
   * engine; anything else is tried again as the job says, with backoff.
   */
  work(
    name: string,
    options: { concurrency: number },
    handle: (job: RunningJob) => Promise<unknown>,
  ): Promise<void>;
  state(names: readonly string[]): Promise<Record<string, QueueState>>;
  /** Whether the job was added: true while it waits, runs, and for a day after. */
  has(name: string, id: string): Promise<boolean>;
  /** When the job was added that waits longest for a worker; null where none waits. */
  oldestWaiting(names: readonly string[]): Promise<Record<string, number | null>>;
  describe(): string;
  /** Takes no more jobs, finishes those that run or, where that takes too long, hands them back; lets go of the engine. */
  close(): Promise<void>;
};
