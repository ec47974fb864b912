import { z } from 'zod';
import type { Config } from '../../storage/config.ts';
import type { RequestRow } from '../../storage/database/store.ts';
import { JobPutOff } from '../../storage/queue.ts';
import { resolveAppEnvironment } from '../../storage/resolve-app-environment.ts';
import type { JobPayload } from '../jobs.ts';
import { publish, readSummary } from '../publish.ts';
import type { WorkerContext } from '../worker-context.ts';

/** No request is open for longer than this: nobody waits for one that hangs. */
const longestAheadMs = 15 * 60_000;
const lookAgainMs = 1_000;
const mostOpen = 500;

const argumentsSchema = z.object({ target: z.string(), environment: z.string().optional() });

/**
 * Lets one snapshot of an app and environment run at a time, in the order in which they were asked for. One that has
 * to wait says so.
 *
 * @throws JobPutOff while another one is ahead
 */
export async function waitForTurn(context: WorkerContext, payload: JobPayload<'snapshot'>): Promise<void> {
  const { requestId, app, environment } = payload;
  const open = await context.store.listRequests({
    states: ['accepted', 'running'],
    createdAfter: context.now() - longestAheadMs,
    limit: mostOpen,
  });
  const self = open.find(({ id }) => id === requestId);
  const ahead = open.find(
    (other) =>
      self !== undefined &&
      isBefore(other, self) &&
      isSnapshotOf(other, context.config, `${app}-${environment}`),
  );
  if (ahead === undefined) return;
  const content = { ...(await readSummary(context, payload)), stage: 'waiting' as const };
  await publish(context, { requestId, key: 'summary', kind: 'progress', content });
  throw new JobPutOff(lookAgainMs);
}

function isBefore(a: RequestRow, b: RequestRow): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
}

function isSnapshotOf({ command, arguments: given }: RequestRow, config: Config, target: string): boolean {
  if (command !== 'snapshot') return false;
  try {
    const { target: named, environment: option } = argumentsSchema.parse(given);
    const { application, environment } = resolveAppEnvironment(config, named, option);
    return `${application.name}-${environment.name}` === target;
  } catch {
    // Of an app that nobody knows, or of another version of the command: it will say so itself.
    return false;
  }
}
