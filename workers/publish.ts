import type { RequestId, StoredError } from '../storage/database/store.ts';
import { type AvalancheError, isEngineAway, toAvalancheError } from '../storage/errors.ts';
import type { RunningJob } from '../storage/queue.ts';
import {
  type ErrorReport,
  enqueue,
  type MessageKey,
  newSummary,
  type Report,
  type SummaryReport,
  summaryReportSchema,
} from './jobs.ts';
import type { WorkerContext } from './worker-context.ts';

type Message = { requestId: string; key: MessageKey; kind: 'progress' | 'result'; content: Report };

/** Stores what a message should now say and wakes the delivery. */
export async function publish({ store, queue }: WorkerContext, message: Message): Promise<void> {
  const { requestId, key, kind, content } = message;
  const row = await store.writeMessage({ requestId: requestId as RequestId, key, kind, content });
  // What was asked in a terminal is read there; nobody delivers it.
  const request = await store.findRequest(row.requestId);
  if (row.version === row.deliveredVersion || request?.source === 'terminal') return;
  await enqueue(queue, 'deliver', `deliver-${requestId}-${key}-${row.version}`, { requestId });
}

/** The summary as it stands; a fresh one when nobody has written it yet. */
export async function readSummary(
  { store, now }: WorkerContext,
  request: { requestId: string; app: string; environment: string },
): Promise<SummaryReport> {
  const messages = await store.listMessages(request.requestId as RequestId);
  const stored = summaryReportSchema.safeParse(
    messages.find((message) => message.key === 'summary')?.content,
  );
  if (stored.success) return stored.data;
  const { app, environment } = request;
  return newSummary({ app, environment, startedAt: now() });
}

/** An error as a report shows it and a row keeps it: no stack, no cause. */
export function toErrorReport(error: unknown): ErrorReport & StoredError {
  const { code, message, advice } = toAvalancheError(error);
  return { code, message, advice };
}

/** Whether this error ends the job. One that finds an engine away is tried again without costing an attempt. */
export function isGivenUp(error: unknown, { isLastAttempt, mayWait }: RunningJob): boolean {
  if (isEngineAway(error) && mayWait) return false;
  return isFinal(error) || isLastAttempt;
}

/** Whether trying again could help; what is no AvalancheError may be a passing fault of an engine. */
function isFinal(error: unknown): boolean {
  const { code, retry }: AvalancheError = toAvalancheError(error);
  return code !== 'INTERNAL' && !retry;
}
