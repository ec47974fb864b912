import { rm } from 'node:fs/promises';
import type { ClusterConfig, RecordConfig } from '../../../storage/cluster-config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { type KubernetesClient, openKubernetesClient } from './kubernetes-client.ts';
import { findPodsNow, type PodLocator, podLocatorSchema } from './kubernetes-locator.ts';
import { getPod, restartsOf } from './kubernetes-pods.ts';
import { recordByEndpoint } from './kubernetes-record-endpoint.ts';
import { recordByEphemeral } from './kubernetes-record-ephemeral.ts';
import { recordByExec } from './kubernetes-record-exec.ts';
import { packRecording } from './pack-recording.ts';
import { type RecordedFile, type RecordOrder, WayImpossible } from './record-order.ts';
import type { RecordingSource } from './source.ts';

type Way = (client: KubernetesClient, place: PodLocator, order: RecordOrder) => Promise<RecordedFile>;

/** From the least that is done to a pod to the most: nothing started in it, a command in it, a container in it. */
const ways: { name: string; isSetUp: (config: RecordConfig) => boolean; record: Way }[] = [
  {
    name: "the app's own profiler",
    isSetUp: ({ endpoint }) => endpoint !== undefined,
    record: recordByEndpoint,
  },
  {
    name: 'perf by exec',
    isSetUp: () => true,
    record: (client, place, order) => recordByExec(client, place, { ...order, whose: 'own' }),
  },
  {
    name: 'perf in an ephemeral container',
    isSetUp: ({ ephemeral }) => ephemeral !== undefined,
    record: recordByEphemeral,
  },
];

/** Records the pods of a cluster now, for as long as was asked. */
export function openKubernetesRecord(
  config: ClusterConfig & { record: RecordConfig },
  { environment, container, recordMs }: { environment: string; container: string | null; recordMs: number },
): RecordingSource {
  return {
    kind: 'kubernetes-record',
    describe: () => `recording pods of the namespaces ${config.namespaces.join(', ')}`,
    findPods: (app, signal) => findPodsNow({ config, app, environment, container, signal }),
    async fetch(locator, destination, limits, signal = AbortSignal.timeout(recordMs + 300_000)) {
      const place = podLocatorSchema.parse(locator);
      const client = await openKubernetesClient(config);
      await getPod(client, place, signal);
      const file = `${destination}.recording`;
      const remarks: string[] = [];
      const order: RecordOrder = {
        id: crypto.randomUUID(),
        recordMs,
        config: config.record,
        limits,
        file,
        signal,
        onLeftover: (remark) => remarks.push(remark),
      };
      try {
        const recorded = await climb(client, place, order);
        const bytes = await packRecording(recorded, { file, destination, revision: place.revision || null });
        remarks.push(...recorded.remarks, ...(await compareRestarts(client, place, signal)));
        return { bytes, how: recorded.how, remarks, revision: place.revision || null };
      } catch (error) {
        await rm(destination, { force: true });
        throw error;
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

/** Tries the ways that are set up, one after the other; what stood against the earlier ones goes into the message. */
async function climb(client: KubernetesClient, place: PodLocator, order: RecordOrder): Promise<RecordedFile> {
  const against: string[] = [];
  for (const { name, isSetUp, record } of ways) {
    if (!isSetUp(order.config)) continue;
    try {
      const recorded = await record(client, place, order);
      return against.length === 0
        ? recorded
        : { ...recorded, how: `${recorded.how}, because ${against.join('; ')}` };
    } catch (error) {
      order.signal.throwIfAborted();
      const isNoWay =
        error instanceof WayImpossible ||
        (error instanceof AvalancheError && error.code === 'CLUSTER_REFUSED');
      if (!isNoWay) throw error;
      against.push(`${name}: ${error.message}`);
    }
  }
  throw new AvalancheError(
    'RECORDING_IMPOSSIBLE',
    `Cannot record the pod "${place.pod}": ${against.join('; ')}`,
  );
}

/** Did it do harm? What cannot be told any more is said too. */
async function compareRestarts(
  client: KubernetesClient,
  place: PodLocator,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const restarts = restartsOf(await getPod(client, place, signal), place.container);
    if (restarts === place.restarts) return [];
    return [
      `the container "${place.container}" of ${place.pod} restarted meanwhile (${place.restarts} times before, ${restarts} now)`,
    ];
  } catch (error) {
    signal.throwIfAborted();
    const isGone = error instanceof AvalancheError && error.code === 'POD_GONE';
    return [
      isGone ? `the pod ${place.pod} is gone since` : `whether ${place.pod} restarted could not be seen`,
    ];
  }
}
