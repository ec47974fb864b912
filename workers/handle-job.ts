import type { RequestId } from '../storage/database/store.ts';
import { AvalancheError } from '../storage/errors.ts';
import { jobSeconds } from '../storage/metrics.ts';
import { JobPutOff, type RunningJob } from '../storage/queue.ts';
import { traceRequest } from '../storage/tracing.ts';
import { type JobName, type JobPayload, jobs } from './jobs.ts';
import { isGivenUp, publish, readSummary, toErrorReport } from './publish.ts';
import { isCancelled, whileWanted } from './while-wanted.ts';
import type { JobContext, WorkerContext } from './worker-context.ts';

/** A worker may be killed for reasons of its own; a job that so many died of is likely to be the reason. */
const mostLost = 3;

/** Jobs that work for somebody's request. */
type RequestJob = Exclude<JobName, 'retention'>;

type Handler<Name extends RequestJob> = (
  context: JobContext,
  payload: JobPayload<Name>,
  job: RunningJob,
) => Promise<unknown>;

/**
 * Takes jobs of one name, their payloads checked. A command never ends in silence: when a job fails for
 * good, the request does, with a message that says what, why and what to do.
 */
export async function workOn<Name extends RequestJob>(
  context: WorkerContext,
  name: Name,
  concurrency: number,
  handle: Handler<Name>,
): Promise<void> {
  await context.queue.work(name, { concurrency }, async (job) => {
    const payload = jobs[name].payload.parse(job.payload) as JobPayload<Name>;
    const pod = 'pod' in payload ? { pod: payload.pod } : {};
    const log = context.log.child({
      requestId: payload.requestId,
      job: name,
      jobId: job.id,
      attempt: job.attempt,
      ...pod,
    });
    const facts = {
      name: `job ${name}`,
      attributes: { 'avalanche.job_id': job.id, 'avalanche.attempt': job.attempt, 'avalanche.pod': pod.pod },
    };
    const startedAt = performance.now();
    const measure = (outcome: 'done' | 'failed' | 'tried again' | 'handed back' | 'cancelled') => {
      const durationMs = performance.now() - startedAt;
      jobSeconds.observe({ stage: name, outcome }, durationMs / 1_000);
      return { durationMs: Math.round(durationMs) };
    };
    try {
      const result = await traceRequest(payload.requestId, facts, () =>
        whileWanted(context, payload.requestId as RequestId, (wanted) => {
          if (job.timesLost > mostLost) throw workerLost(name, job);
          const signal = AbortSignal.any([wanted, job.signal]);
          return handle({ ...context, log, signal }, payload, job);
        }),
      );
      log.info(measure('done'), 'Job finished');
      return result;
    } catch (error) {
      if (isCancelled(error)) {
        log.info(measure('cancelled'), 'Job ended: its request was cancelled');
        return null;
      }
      if (error instanceof JobPutOff) throw error;
      if (job.signal.aborted) {
        log.info(measure('handed back'), 'Job handed back: the process ends');
        throw error;
      }
      const gaveUp = isGivenUp(error, job);
      log.warn({ err: error, gaveUp, ...measure(gaveUp ? 'failed' : 'tried again') }, 'Job failed');
      // Without one of its pods the report goes on.
      if (gaveUp && name !== 'capture') await failRequest(context, payload.requestId, error);
      throw error;
    }
  });
}

function workerLost(name: string, { timesLost }: RunningJob): AvalancheError {
  return new AvalancheError(
    'WORKER_LOST',
    `Cannot finish the job "${name}": ${timesLost} workers ended in the middle of it`,
  );
}

/** Ends a request visibly: in its summary when it is a snapshot, else in an answer of its own. */
async function failRequest(context: WorkerContext, requestId: string, cause: unknown): Promise<void> {
  const error = toErrorReport(cause);
  const request = await context.store.findRequest(requestId as RequestId);
  if (request === undefined || (request.state !== 'accepted' && request.state !== 'running')) return;
  const messages = await context.store.listMessages(request.id);
  if (messages.some((message) => message.key === 'summary')) {
    const summary = await readSummary(context, { requestId, app: '', environment: '' });
    const content = { ...summary, stage: 'failed' as const, finishedAt: context.now(), error };
    await publish(context, { requestId, key: 'summary', kind: 'result', content });
  } else {
    const content = { report: 'text' as const, title: 'That did not work', lines: [], error };
    await publish(context, { requestId, key: 'answer', kind: 'result', content });
  }
  await context.store.setRequestState(request.id, 'failed', error);
}
