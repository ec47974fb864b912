import type { ApplicationConfig, Config, EnvironmentConfig } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { type JobPayload, jobToAdd } from '../jobs.ts';
import { publish, readSummary } from '../publish.ts';
import type { WorkerContext } from '../worker-context.ts';
import { claimRecordingTime } from './claim-recording-time.ts';
import { locatePods } from './locate-pods.ts';
import { openSources } from './sources/open-sources.ts';
import { waitForTurn } from './wait-for-turn.ts';

/** Finds the pods of an app and has each captured; `report` follows when all have ended. */
export async function handleSnapshot(context: WorkerContext, payload: JobPayload<'snapshot'>): Promise<void> {
  const { requestId, app, environment, window, wish } = payload;
  await waitForTurn(context, payload);
  await context.store.setRequestState(requestId as RequestId, 'running');
  const summary = await readSummary(context, payload);
  await publish(context, {
    requestId,
    key: 'summary',
    kind: 'progress',
    content: { ...summary, stage: 'locating' },
  });

  const { config, log } = context;
  const place = findEnvironment(config, environment);
  const sources = openSources(place, wish);
  const maximum = Math.min(config.limits.pods, wish.podCount ?? config.limits.pods);
  const pods = await locatePods(sources, app, { environment, maximum, wanted: wish.pod, log });
  const { recordMs } = wish;
  if (recordMs !== undefined)
    await claimRecordingTime(context, place, { requestId, recordMs, podCount: pods.length });
  log.info({ pods: pods.map(({ pod }) => pod) }, 'Found pods');
  const captures = pods.map(({ pod, sourceKind, locator }, index) =>
    jobToAdd('capture', `capture-${requestId}-${index}`, {
      requestId,
      app,
      environment,
      pod,
      window,
      wish,
      source: { kind: sourceKind, locator },
    }),
  );
  await publish(context, {
    requestId,
    key: 'summary',
    kind: 'progress',
    content: {
      ...summary,
      stage: 'capturing',
      ...(recordMs === undefined ? {} : { recordMs }),
      pods: pods.map(({ pod }) => ({
        name: pod,
        state: 'waiting' as const,
        sampleCount: 0,
        error: null,
      })),
    },
  });
  await context.queue.addFlow(
    jobToAdd('report', `report-${requestId}`, { requestId, app, environment, window }),
    captures,
  );
}

export function findEnvironment(config: Config, name: string): EnvironmentConfig {
  const environment = config.environments.find((candidate) => candidate.name === name);
  if (environment === undefined) {
    throw new AvalancheError(
      'APP_UNKNOWN',
      `Cannot use the environment "${name}": it is no longer configured`,
    );
  }
  return environment;
}

export function findApplication(config: Config, name: string): ApplicationConfig | null {
  return config.applications.find((candidate) => candidate.name === name) ?? null;
}
