import { z } from 'zod';
import type { ClusterConfig, RecordedConfig } from '../../../storage/cluster-config.ts';
import { nearestNames } from '../../../storage/nearest-names.ts';
import { showOutsideName } from '../outside-name.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { ApiRefusal, explainRefusal } from './kubernetes-errors.ts';
import { findRevision } from './kubernetes-revision.ts';

const texts = z.record(z.string(), z.string()).default({});
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: texts,
    annotations: texts,
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    containers: z.array(
      z.object({
        name: z.string(),
        image: z.string().default(''),
        env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
      }),
    ),
  }),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      containerStatuses: z
        .array(
          z.object({
            name: z.string(),
            ready: z.boolean().default(false),
            restartCount: z.number().default(0),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
type KubernetesPod = z.infer<typeof podSchema>;
type PodSpecContainer = KubernetesPod['spec']['containers'][number];

const listSchema = z.object({
  items: z.array(podSchema),
  metadata: z.object({ continue: z.string().optional() }).prefault({}),
});

/** A pod that can be recorded, and which of its containers. */
export type RecordablePod = {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  isReady: boolean;
  restarts: number;
  revision: string | null;
};

export type PodSearch = {
  client: KubernetesClient;
  config: ClusterConfig;
  app: string;
  environment: string;
  /** As asked for; null leaves the choice to the configuration. */
  container: string | null;
  signal?: AbortSignal | undefined;
};

const pageSize = 500;
/** A selector that fits this many is a mistake. */
const mostPods = 5_000;

/**
 * The running pods of an app, ready ones first, and what was looked at in one line for each namespace.
 *
 * @throws AvalancheError CLUSTER_UNREACHABLE, CLUSTER_REFUSED with the missing right
 */
export async function findRecordablePods(
  search: PodSearch,
): Promise<{ pods: RecordablePod[]; searched: string[] }> {
  const { client, config, app, environment } = search;
  const selector = config.selector.replaceAll('$app', app).replaceAll('$env', environment);
  const pods: RecordablePod[] = [];
  const searched: string[] = [];
  for (const namespace of config.namespaces) {
    const place = `cluster ${client.name}, namespace ${namespace}, selector ${selector}`;
    const listed = await listPods(search, namespace, selector);
    const chosen = choosePods(listed, search);
    pods.push(...chosen.pods);
    if (listed.length > 0) searched.push(`${place}: ${chosen.described}`);
    else searched.push(`${place}: no pods${await offerApps(search, namespace)}`);
  }
  return { pods: pods.sort((a, b) => Number(b.isReady) - Number(a.isReady)), searched };
}

async function listPods(
  search: PodSearch,
  namespace: string,
  labelSelector: string,
): Promise<KubernetesPod[]> {
  const pods: KubernetesPod[] = [];
  let next: string | undefined;
  do {
    const query: Record<string, string> = { limit: String(pageSize) };
    if (labelSelector !== '') query.labelSelector = labelSelector;
    if (next !== undefined) query.continue = next;
    const page = await askForPage(search, namespace, query);
    pods.push(...page.items);
    next = page.metadata.continue || undefined;
  } while (next !== undefined && pods.length < mostPods);
  return pods;
}

async function askForPage({ client, signal }: PodSearch, namespace: string, query: Record<string, string>) {
  try {
    return listSchema.parse(await client.ask(`/api/v1/namespaces/${namespace}/pods`, { query, signal }));
  } catch (error) {
    signal?.throwIfAborted();
    const action = `list the pods of the namespace "${namespace}"`;
    const right = { verbs: ['list'], resource: 'pods', namespace };
    throw explainRefusal(error, { action, cluster: client.name, right });
  }
}

/** @throws AvalancheError POD_GONE when it is not there, or another of the same name */
export async function getPod(
  client: KubernetesClient,
  { namespace, pod, uid }: { namespace: string; pod: string; uid: string },
  signal?: AbortSignal,
): Promise<KubernetesPod> {
  try {
    const found = podSchema.parse(
      await client.ask(`/api/v1/namespaces/${namespace}/pods/${pod}`, { signal }),
    );
    if (found.metadata.uid !== uid) throw new ApiRefusal(404, 'another pod has its name');
    return found;
  } catch (error) {
    signal?.throwIfAborted();
    const right = { verbs: ['get'], resource: 'pods', namespace };
    throw explainRefusal(error, { action: `look at the pod "${pod}"`, cluster: client.name, right });
  }
}

export function restartsOf({ status }: KubernetesPod, container: string): number {
  return status.containerStatuses.find(({ name }) => name === container)?.restartCount ?? 0;
}

function choosePods(listed: readonly KubernetesPod[], { config, app, container }: PodSearch) {
  const running = listed.filter(({ metadata, status }) => {
    return status.phase === 'Running' && metadata.deletionTimestamp === undefined;
  });
  const pods: RecordablePod[] = [];
  const containersSeen = new Set<string>();
  let recordedCount = 0;
  for (const pod of running) {
    const chosen = chooseContainer(pod, {
      wanted: container,
      configured: config.container?.replaceAll('$app', app),
      app,
    });
    for (const { name } of pod.spec.containers) containersSeen.add(name);
    if (!isRecorded(pod, chosen, config.recorded)) continue;
    recordedCount += 1;
    if (chosen !== undefined) pods.push(describePod(pod, chosen));
  }
  const counts = [`${listed.length} found`, `${running.length} running`];
  if (config.recorded !== undefined)
    counts.push(`${recordedCount} of them recorded (${describeRecorded(config.recorded)})`);
  if (recordedCount > 0 && pods.length === 0) {
    const names = [...containersSeen].slice(0, 8).map(showOutsideName).join(', ');
    counts.push(
      `no container "${container ?? config.container?.replaceAll('$app', app)}" (there are ${names})`,
    );
  }
  return { pods, described: counts.join(', ') };
}

function describePod(pod: KubernetesPod, container: PodSpecContainer): RecordablePod {
  const { namespace, name, uid } = pod.metadata;
  const status = pod.status.containerStatuses.find((candidate) => candidate.name === container.name);
  return {
    namespace,
    pod: name,
    uid,
    container: container.name,
    isReady: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    revision: findRevision(pod.metadata, container),
  };
}

function chooseContainer(
  { metadata, spec }: KubernetesPod,
  { wanted, configured, app }: { wanted: string | null; configured: string | undefined; app: string },
): PodSpecContainer | undefined {
  const byName = (name: string | undefined) => spec.containers.find((container) => container.name === name);
  const named = wanted ?? configured;
  if (named !== undefined) return byName(named);
  return (
    byName(metadata.annotations['kubectl.kubernetes.io/default-container']) ??
    byName(app) ??
    spec.containers[0]
  );
}

function isRecorded(
  pod: KubernetesPod,
  container: PodSpecContainer | undefined,
  recorded: RecordedConfig | undefined,
): boolean {
  if (recorded === undefined) return true;
  const { image, annotation, label } = recorded;
  if (image !== undefined && !new RegExp(image).test(container?.image ?? '')) return false;
  return has(pod.metadata.annotations, annotation) && has(pod.metadata.labels, label);
}

/** @param wanted `key`, or `key=value` */
function has(values: Record<string, string>, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const at = wanted.indexOf('=');
  return at < 0 ? Object.hasOwn(values, wanted) : values[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function describeRecorded(recorded: RecordedConfig): string {
  return Object.entries(recorded)
    .map(([kind, wanted]) => `${kind} ${wanted}`)
    .join(', ');
}

/** The apps that the namespace does have, those that may have been meant first. */
async function offerApps(search: PodSearch, namespace: string): Promise<string> {
  const { config, app } = search;
  const key =
    config.selector
      .split(',')
      .find((part) => part.includes('$app'))
      ?.split(/==?/)[0]
      ?.trim() ?? '';
  const { items } = await askForPage(search, namespace, { limit: String(pageSize) });
  const names = [...new Set(items.flatMap(({ metadata }) => metadata.labels[key] ?? []))].sort();
  if (names.length === 0) return ` (${items.length} in the namespace, none has the label ${key})`;
  const near = nearestNames(app, names);
  const shown = (near.length > 0 ? near : names.slice(0, 8)).map(showOutsideName).join(', ');
  return near.length > 0 ? ` (did you mean ${shown}?)` : ` (there are ${shown})`;
}
