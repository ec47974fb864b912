import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { RecordConfig } from '../../../storage/cluster-config.ts';
import { showOutsideName, showOutsideWords } from '../outside-name.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { ApiRefusal, explainRefusal, missingRight } from './kubernetes-errors.ts';
import { execInPod, type PodContainer } from './kubernetes-exec.ts';
import { recordByExec } from './kubernetes-record-exec.ts';
import { type RecordedFile, type RecordOrder, WayImpossible } from './record-order.ts';

type EphemeralConfig = NonNullable<RecordConfig['ephemeral']>;

const startMs = 60_000;
const lookEveryMs = 500;
const endMs = 5_000;
/** A policy names every field that it minds. */
const policyLength = 500;
/** Naming and fetching, after the recording. */
const afterwardsSeconds = 180;

/** Nothing can remove an ephemeral container: it ends by itself, whatever becomes of us. */
const waitScript = 'echo $$ > /tmp/avalanche-main; exec sleep "$1"';
const endScript = 'kill -9 "$(cat /tmp/avalanche-main)"';

const statusSchema = z.object({
  status: z.object({
    ephemeralContainerStatuses: z
      .array(
        z.object({
          name: z.string(),
          state: z
            .object({
              running: z.unknown().optional(),
              waiting: z
                .object({ reason: z.string().default(''), message: z.string().default('') })
                .optional(),
              terminated: z.object({ reason: z.string().default('') }).optional(),
            })
            .default({}),
        }),
      )
      .default([]),
  }),
});

/**
 * Puts a container with perf beside the app, which shares the processes of its container, and records from there.
 *
 * @throws WayImpossible when the cluster refuses it or it does not start; AvalancheError as recordByExec
 */
export async function recordByEphemeral(
  client: KubernetesClient,
  place: PodContainer,
  order: RecordOrder,
): Promise<RecordedFile> {
  const { namespace, pod } = place;
  const { id, config, recordMs, signal } = order;
  const ephemeral = config.ephemeral!;
  const name = `avalanche-${id.slice(-12).toLowerCase()}`;
  const seconds = Math.ceil(recordMs / 1000) + afterwardsSeconds;
  await putContainer(client, place, { name, ephemeral, seconds, signal });
  const beside = { namespace, pod, container: name };
  try {
    await untilRunning(client, pathOf(place), name, signal);
    const recorded = await recordByExec(client, beside, { ...order, whose: 'others' });
    const how = `perf in the ephemeral container "${name}" (${ephemeral.image}), which stays in the pod's description, ended`;
    return { ...recorded, how };
  } finally {
    // The kill ends its own connection too, so how that ends says nothing.
    await execInPod(client, beside, ['sh', '-c', endScript], { limitMs: endMs }).catch(() => {});
  }
}

/**
 * Has the cluster judge such a container, quotas and admission included, and make none.
 *
 * @throws WayImpossible with its words when it would be refused; AvalancheError CLUSTER_UNREACHABLE, POD_GONE
 */
export async function tryContainer(
  client: KubernetesClient,
  place: PodContainer,
  { ephemeral, signal }: { ephemeral: EphemeralConfig; signal: AbortSignal },
): Promise<void> {
  const name = 'avalanche-dry-run';
  await putContainer(client, place, { name, ephemeral, seconds: afterwardsSeconds, signal, isDryRun: true });
}

type NewContainer = {
  name: string;
  ephemeral: EphemeralConfig;
  seconds: number;
  signal: AbortSignal;
  isDryRun?: boolean;
};

async function putContainer(
  client: KubernetesClient,
  place: PodContainer,
  { name, ephemeral: { image, capabilities }, seconds, signal, isDryRun = false }: NewContainer,
): Promise<void> {
  const container = {
    name,
    image,
    targetContainerName: place.container,
    command: ['sh', '-c', waitScript, 'avalanche', String(seconds)],
    securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { add: capabilities } },
  };
  try {
    await client.ask(`${pathOf(place)}/ephemeralcontainers`, {
      method: 'PATCH',
      query: isDryRun ? { dryRun: 'All' } : {},
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { ephemeralContainers: [container] } },
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error, client.name, place);
  }
}

function pathOf({ namespace, pod }: PodContainer): string {
  return `/api/v1/namespaces/${namespace}/pods/${pod}`;
}

function explain(error: unknown, cluster: string, { namespace, pod }: PodContainer): unknown {
  const right = { verbs: ['patch'], resource: 'pods/ephemeralcontainers', namespace };
  if (
    error instanceof ApiRefusal &&
    error.status >= 400 &&
    error.status < 500 &&
    error.status !== 401 &&
    error.status !== 404
  ) {
    const isRight = error.status === 403 && /cannot patch/.test(error.message);
    const state = isRight
      ? missingRight(right)
      : `the cluster refuses an ephemeral container: "${showOutsideWords(error.message, policyLength)}"`;
    return new WayImpossible(state);
  }
  return explainRefusal(error, { action: `put a container into the pod "${pod}"`, cluster, right });
}

async function untilRunning(
  client: KubernetesClient,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const end = Date.now() + startMs;
  let state = 'the node says nothing of it';
  while (Date.now() < end) {
    const pod = statusSchema.parse(await client.ask(path, { signal }));
    const found = pod.status.ephemeralContainerStatuses.find((status) => status.name === name);
    const { running, waiting, terminated } = found?.state ?? {};
    if (running !== undefined) return;
    if (terminated !== undefined)
      throw new WayImpossible(
        `the ephemeral container ended at once (${showOutsideName(terminated.reason)})`,
      );
    if (waiting !== undefined) {
      state = showOutsideName(`${waiting.reason} ${waiting.message}`.trim());
      if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error)/.test(waiting.reason))
        break;
    }
    await wait(lookEveryMs, undefined, { signal });
  }
  throw new WayImpossible(`the ephemeral container does not start: ${state}`);
}
