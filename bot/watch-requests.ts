import type { Logger } from 'pino';
import type { RequestId, RequestRow, Store } from '../storage/database/store.ts';
import { errorCodes } from '../storage/errors.ts';
import type { JobQueue } from '../storage/queue.ts';
import { jobNames, summaryReportSchema, type TextReport } from '../workers/jobs.ts';
import { formatDuration } from './replies/format-values.ts';

type Watched = { store: Store; now: () => number; wakeDelivery: (requestId: RequestId) => void };

/** Past every retry of the slowest snapshot; by then no worker is alive, or the job was lost. */
const longestRequestMs = 15 * 60_000;
const endEveryMs = 30_000;
const mostEnded = 100;

/** Recording a request and queueing its work take milliseconds: after this long the process that did so is gone. */
const longestUnqueuedMs = 10_000;
/** What needs no job may still be on its way to the person; `runCommand` gives up before. */
const longestUnansweredMs = 30_000;
const beginEveryMs = 5_000;
const mostLookedAt = 1_000;

type Beginning = {
  store: Store;
  queue: JobQueue;
  now: () => number;
  begin: (request: RequestRow) => Promise<void>;
};

/**
 * Begins requests again that were recorded and never queued, and ends those that nobody works on any more, so
 * that no command stays without an answer.
 */
export function watchRequests(watched: Watched & Beginning & { log: Logger }): { stop(): void } {
  const { log } = watched;
  const begin = () =>
    beginUnqueuedRequests(watched)
      .then((count) => count > 0 && log.info({ count }, 'Requests that were never queued begun again'))
      .catch((error: unknown) => log.warn({ err: error }, 'Unqueued requests could not be begun'));
  const end = () =>
    endOverdueRequests(watched).catch((error: unknown) =>
      log.warn({ err: error }, 'Overdue requests could not be ended'),
    );
  const timers = [repeat(begin, beginEveryMs), repeat(end, endEveryMs)];
  return { stop: () => timers.forEach(clearInterval) };
}

/** An engine that is slow is not asked again before it has answered. */
function repeat(look: () => Promise<unknown>, everyMs: number): NodeJS.Timeout {
  let isLooking = false;
  const lookOnce = async () => {
    if (isLooking) return;
    isLooking = true;
    await look();
    isLooking = false;
  };
  return setInterval(lookOnce, everyMs).unref();
}

/**
 * A request is recorded first and queued second. One whose process died in between has no job; nor has one that runs
 * when the queue lost what it knew. Several bots may do this at once: a job added twice is one job.
 *
 * @returns how many were begun
 */
export async function beginUnqueuedRequests({ store, queue, now, begin }: Beginning): Promise<number> {
  const createdAfter = now() - longestRequestMs;
  const open = await store.listRequests({
    states: ['accepted', 'running'],
    createdAfter,
    limit: mostLookedAt,
  });
  let count = 0;
  for (const request of open) {
    // Whoever sat at the terminal has seen the process end.
    if (request.source === 'terminal') continue;
    const job = jobNames.find((name) => name === request.command);
    const waitedMs = now() - request.createdAt;
    if (waitedMs < (job === undefined ? longestUnansweredMs : longestUnqueuedMs)) continue;
    // A command begins one job, named as itself and after the request.
    if (job !== undefined && (await queue.has(job, `${job}-${request.id}`))) continue;
    await begin(request);
    count += 1;
  }
  return count;
}

/** @returns how many were ended */
export async function endOverdueRequests({ store, now, wakeDelivery }: Watched): Promise<number> {
  const open = await store.listRequests({ states: ['accepted', 'running'], limit: mostEnded });
  const overdue = open.filter(({ createdAt }) => now() - createdAt > longestRequestMs);
  for (const request of overdue) {
    await endRequest(request, { store, now, wakeDelivery });
  }
  return overdue.length;
}

async function endRequest(
  { id, command, state }: RequestRow,
  { store, now, wakeDelivery }: Watched,
): Promise<void> {
  const found = state === 'accepted' ? 'no worker has taken it' : 'it is still running';
  const error = {
    code: 'REQUEST_TIMED_OUT' as const,
    message: `Cannot finish "${command}": after ${formatDuration(longestRequestMs)} ${found}`,
    advice: errorCodes.REQUEST_TIMED_OUT.advice,
  };
  const summary = (await store.listMessages(id)).find(({ key }) => key === 'summary');
  const parsed = summaryReportSchema.safeParse(summary?.content);
  const answer: TextReport = { report: 'text', title: 'That did not work', lines: [], error };
  await store.writeMessage(
    parsed.success
      ? {
          requestId: id,
          key: 'summary',
          kind: 'result',
          content: { ...parsed.data, stage: 'failed', finishedAt: now(), error },
        }
      : { requestId: id, key: 'answer', kind: 'result', content: answer },
  );
  await store.setRequestState(id, 'failed', error);
  wakeDelivery(id);
}
