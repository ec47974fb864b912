import type { ApplicationConfig, Config, EnvironmentConfig } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { type JobPayload, jobToAdd } from '../jobs.ts';
import { publish, readSummary } from '../publish.ts';
import type { WorkerContext } from '../worker-context.ts';
import { openSources } from './sources/open-sources.ts';
import type { FoundPod } from './sources/source.ts';

type LocatedPod = FoundPod & { sourceKind: string };

/** Finds the pods of an app and has each captured; `report` follows when all have ended. */
export async function handleSnapshot(context: WorkerContext, payload: JobPayload<'snapshot'>): Promise<void> {
  const { requestId, app, environment, window } = payload;
  await context.store.setRequestState(requestId as RequestId, 'running');
  const summary = await readSummary(context, payload);
  await publish(context, {
    requestId,
    key: 'summary',
    kind: 'progress',
    content: { ...summary, stage: 'locating' },
  });

  const pods = await locatePods(context.config, app, environment);
  context.log.info({ pods: pods.map(({ pod }) => pod) }, 'Found pods');
  const captures = pods.map(({ pod, sourceKind, locator }, index) =>
    jobToAdd('capture', `capture-${requestId}-${index}`, {
      requestId,
      app,
      environment,
      pod,
      window,
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
      pods: pods.map(({ pod }) => ({ name: pod, state: 'waiting' as const, sampleCount: 0, error: null })),
    },
  });
  await context.queue.addFlow(
    jobToAdd('report', `report-${requestId}`, { requestId, app, environment, window }),
    captures,
  );
}

/** Pods of an app, the freshest recordings first, at most `limits.pods` of them. */
async function locatePods(config: Config, app: string, environmentName: string): Promise<LocatedPod[]> {
  const environment = findEnvironment(config, environmentName);
  const searched: string[] = [];
  const found: LocatedPod[] = [];
  for (const source of openSources(environment)) {
    const { pods, searched: where } = await source.findPods(app);
    searched.push(...where);
    found.push(...pods.map((pod) => ({ ...pod, sourceKind: source.kind })));
  }
  if (found.length === 0) {
    throw new AvalancheError(
      'ARCHIVE_MISSING',
      `Cannot find a recording of "${app}" in "${environmentName}": ${searched.join('; ')}`,
      { app, environment: environmentName },
    );
  }
  return found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, config.limits.pods);
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
