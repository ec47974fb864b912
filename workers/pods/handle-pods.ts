import type { EnvironmentConfig } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { toAvalancheError } from '../../storage/errors.ts';
import type { JobPayload, TextReport } from '../jobs.ts';
import { publish } from '../publish.ts';
import { findEnvironment } from '../snapshot/handle-snapshot.ts';
import { showOutsideName } from '../snapshot/outside-name.ts';
import { openKubernetesClient } from '../snapshot/sources/kubernetes-client.ts';
import { type JudgedPod, judgePods } from '../snapshot/sources/kubernetes-pods.ts';
import { openSources } from '../snapshot/sources/open-sources.ts';
import { formatAge } from '../snapshot/sources/search-pods.ts';
import type { JobContext } from '../worker-context.ts';

/** What a person reads without scrolling for long, place by place. */
const mostPods = 15;
/** What one place may take; the others are shown all the same. */
const placeMs = 30_000;
/** As long as a person waits who presses the button. */
const usualRecordMs = 30_000;

/** What one place has of an app: lines for people, and how many pods can be taken from it. */
type Place = { lines: string[]; takenCount: number };

/** Lists the pods of an app, cluster by cluster and log server by log server; one that cannot be read hides no other. */
export async function handlePods(
  context: JobContext,
  { requestId, app, environment }: JobPayload<'pods'>,
): Promise<void> {
  const { config, store } = context;
  await store.setRequestState(requestId as RequestId, 'running');
  const place = findEnvironment(config, environment);
  const places = await Promise.all([
    ...lookAtLogServers(place, app, context),
    ...lookAtClusters(place, app, context),
  ]);
  const takenCount = places.reduce((sum, one) => sum + one.takenCount, 0);
  const content: TextReport = {
    report: 'text',
    title: `Pods of ${app}-${environment}: ${takenCount === 0 ? 'none' : takenCount} can be recorded`,
    lines: places.flatMap(({ lines }) => lines),
    error: null,
    ...(takenCount > 0 && { target: { app, environment, recordSeconds: recordSecondsOf(place) } }),
  };
  await publish(context, { requestId, key: 'answer', kind: 'result', content });
  await store.setRequestState(requestId as RequestId, 'done');
}

/** Null where what recorders have published is read. */
function recordSecondsOf({ logServers, clusters }: EnvironmentConfig): number | null {
  if (logServers.length > 0 || clusters.some(({ archive }) => archive !== undefined)) return null;
  const longestMs = clusters.flatMap(({ record }) => (record === undefined ? [] : [record.longestMs]));
  return longestMs.length === 0 ? null : Math.floor(Math.min(usualRecordMs, ...longestMs) / 1_000);
}

function lookAtLogServers(place: EnvironmentConfig, app: string, context: JobContext): Promise<Place>[] {
  if (place.logServers.length === 0) return [];
  return openSources({ ...place, clusters: [] }).map((source) => {
    const name = `${source.describe().replace(/^l/, 'L')}:`;
    return lookAt(name, context, async (signal) => {
      const { pods, searched } = await source.findPods(app, signal);
      const nowMs = context.now();
      const described = pods.map(
        ({ pod, updatedAt }) =>
          `• ${showOutsideName(pod)}: recorded ${formatAge(Math.max(0, nowMs - updatedAt))} ago`,
      );
      const none = ['• no recording that is new enough', ...searched.slice(0, 3).map((line) => `  ${line}`)];
      return { lines: bound(pods.length === 0 ? none : described), takenCount: pods.length };
    });
  });
}

function lookAtClusters(
  { clusters, name: environment }: EnvironmentConfig,
  app: string,
  context: JobContext,
): Promise<Place>[] {
  return clusters.map((config) => {
    const name = `Cluster ${config.context ?? "of the workers' own pod"}:`;
    return lookAt(name, context, async (signal) => {
      const client = await openKubernetesClient(config);
      const namespaces = await judgePods({ client, config, app, environment, container: null, signal });
      const pods = namespaces.flatMap((one) => one.pods);
      const takenCount = pods.filter(({ recordable }) => recordable !== null).length;
      const empty = namespaces
        .filter((one) => one.pods.length === 0)
        .map(({ namespace, selector, hint }) => `• no pods in ${namespace} with ${selector}${hint}`);
      const nowMs = context.now();
      const sorted = pods.toSorted((a, b) => Number(b.recordable !== null) - Number(a.recordable !== null));
      return { lines: [...bound(sorted.map((pod) => describePod(pod, nowMs))), ...bound(empty)], takenCount };
    });
  });
}

async function lookAt(
  name: string,
  { signal, log }: JobContext,
  look: (signal: AbortSignal) => Promise<Place>,
): Promise<Place> {
  const limit = AbortSignal.timeout(placeMs);
  try {
    const { lines, takenCount } = await look(AbortSignal.any([signal, limit]));
    return { lines: [name, ...lines], takenCount };
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'A place could not be read');
    const { message, advice } = toAvalancheError(error);
    const state = limit.aborted ? `no answer within ${placeMs / 1_000} seconds` : message;
    return { lines: [name, `• ${state}. ${limit.aborted ? '' : advice}`.trim()], takenCount: 0 };
  }
}

function describePod({ pod, phase, node, createdAt, recordable, whyNot }: JudgedPod, nowMs: number): string {
  const restarts = recordable?.restarts ?? 0;
  const facts = [
    recordable === null ? phase : recordable.isReady ? 'ready' : 'not ready',
    ...(createdAt === null ? [] : [`${formatAge(Math.max(0, nowMs - createdAt))} old`]),
    ...(restarts > 0 ? [`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`] : []),
    ...(recordable?.revision ? [`revision ${showOutsideName(recordable.revision)}`] : []),
    ...(node === null ? [] : [`on ${showOutsideName(node)}`]),
  ];
  const not = whyNot === null ? '' : `; not recorded: ${whyNot}`;
  return `• ${showOutsideName(pod)}: ${facts.join(', ')}${not}`;
}

function bound(lines: readonly string[]): string[] {
  const more = lines.length - mostPods;
  return more > 0 ? [...lines.slice(0, mostPods), `• and ${more} more`] : [...lines];
}
