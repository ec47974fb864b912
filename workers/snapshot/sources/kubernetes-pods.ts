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
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
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

/** A pod of an app as a person wants to see it, and whether it can be recorded. */
export type JudgedPod = {
  namespace: string;
  pod: string;
  /** In the words of Kubernetes: `Running`, `Pending`; `Terminating` of one that is being deleted. */
  phase: string;
  node: string | null;
  /** Milliseconds since 1970; null when that is not told. */
  createdAt: number | null;
  /** Null, with the reason beside it, for a pod that is not recorded. */
  recordable: RecordablePod | null;
  whyNot: string | null;
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
    const listed = (await listPods(search, namespace, selector)).map((pod) => judgePod(pod, search));
    pods.push(...listed.flatMap(({ recordable }) => recordable ?? []));
    if (listed.length > 0) searched.push(`${place}: ${describeJudged(listed, search)}`);
    else searched.push(`${place}: no pods${await offerApps(search, namespace)}`);
  }
  return { pods: pods.sort((a, b) => Number(b.isReady) - Number(a.isReady)), searched };
}

/**
 * All pods of an app, namespace by namespace, each with the reason why it is not recorded.
 *
 * @throws AvalancheError as findRecordablePods
 */
export async function judgePods(
  search: PodSearch,
): Promise<{ namespace: string; selector: string; pods: JudgedPod[]; hint: string }[]> {
  const { config, app, environment } = search;
  const selector = config.selector.replaceAll('$app', app).replaceAll('$env', environment);
  const places = [];
  for (const namespace of config.namespaces) {
    const listed = await listPods(search, namespace, selector);
    const hint = listed.length > 0 ? '' : await offerApps(search, namespace);
    places.push({ namespace, selector, pods: listed.map((pod) => judgePod(pod, search)), hint });
  }
  return places;
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

function judgePod(pod: KubernetesPod, { config, app, container: wanted }: PodSearch): JudgedPod {
  const { metadata, spec, status } = pod;
  const createdAt = Date.parse(metadata.creationTimestamp ?? '');
  const phase = metadata.deletionTimestamp === undefined ? status.phase : 'Terminating';
  const about = {
    namespace: metadata.namespace,
    pod: metadata.name,
    phase,
    node: spec.nodeName ?? null,
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
  };
  const not = (whyNot: string): JudgedPod => ({ ...about, recordable: null, whyNot });
  if (phase !== 'Running') return not(`it is ${phase}`);
  const named = wanted ?? config.container?.replaceAll('$app', app);
  const container = chooseContainer(pod, { named, app });
  if (!isRecorded(pod, container, config.recorded))
    return not(`it lacks ${describeRecorded(config.recorded ?? {})}`);
  if (container === undefined) {
    const names = spec.containers.slice(0, 8).map(({ name }) => showOutsideName(name));
    return not(`it has no container "${named}" (there are ${names.join(', ')})`);
  }
  return { ...about, recordable: describePod(pod, container), whyNot: null };
}

/** How many there are, and what keeps the others from being recorded. */
function describeJudged(judged: readonly JudgedPod[], { config }: PodSearch): string {
  const running = judged.filter(({ phase }) => phase === 'Running');
  const counts = [`${judged.length} found`, `${running.length} running`];
  if (config.recorded !== undefined) {
    const lack = `it lacks ${describeRecorded(config.recorded)}`;
    const recorded = running.filter(({ whyNot }) => whyNot !== lack);
    counts.push(`${recorded.length} of them recorded (${describeRecorded(config.recorded)})`);
  }
  const reason = running.find(({ whyNot }) => whyNot?.startsWith('it has no container'))?.whyNot;
  if (reason && running.every(({ recordable }) => recordable === null))
    counts.push(reason.slice('it has '.length));
  return counts.join(', ');
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
  { named, app }: { named: string | undefined; app: string },
): PodSpecContainer | undefined {
  const byName = (name: string | undefined) => spec.containers.find((container) => container.name === name);
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
