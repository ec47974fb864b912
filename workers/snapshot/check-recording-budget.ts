import type { EnvironmentConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { summaryReportSchema } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';

const hourMs = 3_600_000;
/** More recordings than this in an hour are beyond any budget. */
const mostRequests = 1_000;

/**
 * Refuses a recording that would give the environment more recorded time than an hour may have, all pods and all
 * workers together. Counted are the pods of the summaries, where a recording is noted before it begins; two that
 * begin in the same moment may both be let through.
 *
 * @throws AvalancheError RECORDING_BUDGET, with what is left
 */
export async function checkRecordingBudget(
  { store, now }: WorkerContext,
  { name, clusters }: EnvironmentConfig,
  asked: { requestId: string; recordMs: number; podCount: number },
): Promise<void> {
  const budgetMs = Math.min(...clusters.flatMap(({ record }) => record?.msPerHour ?? []));
  const requests = await store.listRequests({ createdAfter: now() - hourMs, limit: mostRequests });
  let usedMs = 0;
  for (const { id, command } of requests) {
    if (command !== 'snapshot' || id === asked.requestId) continue;
    const message = (await store.listMessages(id)).find(({ key }) => key === 'summary');
    const summary = summaryReportSchema.safeParse(message?.content);
    if (!summary.success || summary.data.environment !== name) continue;
    usedMs += (summary.data.recordMs ?? 0) * summary.data.pods.length;
  }
  const wantedMs = asked.recordMs * asked.podCount;
  if (usedMs + wantedMs <= budgetMs) return;
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
  const state = `${seconds(usedMs)} were recorded there in the last hour, ${seconds(wantedMs)} more wanted`;
  throw new AvalancheError(
    'RECORDING_BUDGET',
    `Cannot record ${asked.podCount} pods in "${name}": ${state} (at most ${seconds(budgetMs)}, set by record.msPerHour)`,
  );
}
