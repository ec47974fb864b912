import type { RequestId } from '../storage/database/store.ts';
import type { RunningJob } from '../storage/queue.ts';
import { type JobName, type JobPayload, jobs } from './jobs.ts';
import { isFinal, publish, readSummary, toErrorReport } from './publish.ts';
import type { WorkerContext } from './worker-context.ts';

type Handler<Name extends JobName> = (
  context: WorkerContext,
  payload: JobPayload<Name>,
  job: RunningJob,
) => Promise<unknown>;

/**
 * Takes jobs of one name, their payloads checked. A command never ends in silence: when a job fails for
 * good, the request does, with a message that says what, why and what to do.
 */
export async function workOn<Name extends JobName>(
  context: WorkerContext,
  name: Name,
  concurrency: number,
  handle: Handler<Name>,
): Promise<void> {
  await context.queue.work(name, { concurrency }, async (job) => {
    const payload = jobs[name].payload.parse(job.payload) as JobPayload<Name>;
    const log = context.log.child({
      requestId: payload.requestId,
      job: name,
      jobId: job.id,
      attempt: job.attempt,
    });
    const startedAt = performance.now();
    try {
      const result = await handle({ ...context, log }, payload, job);
      log.info({ durationMs: Math.round(performance.now() - startedAt) }, 'Job finished');
      return result;
    } catch (error) {
      const gaveUp = isFinal(error) || job.isLastAttempt;
      log.warn({ err: error, gaveUp }, 'Job failed');
      if (gaveUp) await failRequest(context, payload.requestId, error);
      throw error;
    }
  });
}

/** Ends a request visibly: in its summary when it is a snapshot, else in an answer of its own. */
async function failRequest(context: WorkerContext, requestId: string, cause: unknown): Promise<void> {
  const error = toErrorReport(cause);
  const request = await context.store.findRequest(requestId as RequestId);
  if (request === undefined || request.state === 'done' || request.state === 'failed') return;
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
