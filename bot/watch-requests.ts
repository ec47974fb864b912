import type { Logger } from 'pino';
import type { RequestId, RequestRow, Store } from '../storage/database/store.ts';
import { errorCodes } from '../storage/errors.ts';
import { summaryReportSchema, type TextReport } from '../workers/jobs.ts';
import { formatDuration } from './replies/format-values.ts';

type Watched = { store: Store; now: () => number; wakeDelivery: (requestId: RequestId) => void };

/** Past every retry of the slowest snapshot; by then no worker is alive, or the job was lost. */
const longestRequestMs = 15 * 60_000;
const lookEveryMs = 30_000;
const mostEnded = 100;

/** Ends requests that nobody works on any more, so that no command stays without an answer. */
export function watchRequests(watched: Watched & { log: Logger }): { stop(): void } {
  const look = () => {
    endOverdueRequests(watched).catch((error: unknown) =>
      watched.log.warn({ err: error }, 'Overdue requests could not be ended'),
    );
  };
  const timer = setInterval(look, lookEveryMs).unref();
  return { stop: () => clearInterval(timer) };
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
