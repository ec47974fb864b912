import { z } from 'zod';
import type { ClusterConfig } from '../../storage/cluster-config.ts';
import type { DoctorStep } from '../jobs.ts';
import { showOutsideName } from '../snapshot/outside-name.ts';
import { openKubernetesArchive } from '../snapshot/sources/kubernetes-archive.ts';
import { type KubernetesClient, openKubernetesClient } from '../snapshot/sources/kubernetes-client.ts';
import { ApiRefusal, explainRefusal } from '../snapshot/sources/kubernetes-errors.ts';
import { toLocator } from '../snapshot/sources/kubernetes-locator.ts';
import { findRecordablePods, type RecordablePod } from '../snapshot/sources/kubernetes-pods.ts';
import type { Examination } from './examination.ts';
import { broken, doubtful, type Finding, inOrder } from './finding.ts';
import { lookAtRecording, type ReadingContext, type Revision } from './look-at-recordings.ts';
import { isMissing, lookAtRights, type MissingRights } from './look-at-rights.ts';
import { planWays } from './look-at-ways.ts';

type Subject = { config: ClusterConfig; app: string; environment: string; suffix: string };

/**
 * What a snapshot needs of a cluster: an answer, rights, pods; and of one of the pods its archive, and what recording
 * it needs.
 *
 * @param subject.suffix tells the steps of several clusters apart
 */
export function planCluster(
  examination: Examination,
  context: ReadingContext,
  subject: Subject,
): () => Promise<Revision> {
  const { config, suffix } = subject;
  const cluster = examination.plan(`cluster${suffix}`);
  const rights = examination.plan(`rights in the cluster${suffix}`);
  const pods = examination.plan(`pods${suffix}`);
  const archive = config.archive === undefined ? null : examination.plan(`archive in the pod${suffix}`);
  const ways = planWays(examination, config.record, suffix);
  const below = [...(archive === null ? [] : [archive]), ...ways.steps];
  const leave = (steps: readonly DoctorStep[], reason: string) => {
    for (const step of steps) examination.leave(step, reason);
    return { revision: null };
  };
  return async () => {
    const client = await examination.look(cluster, (signal) => lookAtServer(config, signal));
    if (client === undefined) return leave([rights, pods, ...below], 'the cluster cannot be used');
    const missing = (await examination.look(rights, (signal) => lookAtRights(client, config, signal))) ?? [];
    if (missing.some(({ resource }) => resource === 'pods'))
      return leave([pods, ...below], 'the right to find pods is missing');
    const place = await examination.look(pods, (signal) => lookForPods(client, subject, signal));
    if (place === undefined) return leave(below, 'there is no pod to look at');
    const found = await lookAtArchive(examination, context, { ...subject, step: archive, place, missing });
    await ways.look(client, place, missing);
    return { revision: found.revision ?? place.revision };
  };
}

const mostNamed = 5;
const versionSchema = z.object({ gitVersion: z.string() });

async function lookAtServer(config: ClusterConfig, signal: AbortSignal): Promise<Finding<KubernetesClient>> {
  const client = await openKubernetesClient(config);
  try {
    const { gitVersion } = versionSchema.parse(await client.ask('/version', { signal }));
    return inOrder(`${client.name} answers, Kubernetes ${showOutsideName(gitVersion)}`, client);
  } catch (error) {
    // Whoever may not see the version may still see pods; the rights are asked for next.
    if (error instanceof ApiRefusal && error.status === 403)
      return inOrder(`${client.name} answers, and does not say its version`, client);
    const right = { verbs: ['get'], resource: '/version', namespace: '' };
    throw explainRefusal(error, { action: 'use the cluster', cluster: client.name, right });
  }
}

async function lookForPods(
  client: KubernetesClient,
  { config, app, environment }: Subject,
  signal: AbortSignal,
): Promise<Finding<RecordablePod>> {
  const search = { client, config, app, environment, container: null, signal };
  const { pods, searched } = await findRecordablePods(search);
  const [first] = pods;
  const where = searched.join('; ');
  if (first === undefined) {
    const cure =
      'Check that the app runs, and `namespaces`, `selector`, `container` and `recorded` of the cluster in avalanche.yaml.';
    return broken(`none that can be recorded (${where})`, cure);
  }
  const ready = pods.filter(({ isReady }) => isReady).length;
  const names = pods.slice(0, mostNamed).map(({ pod }) => showOutsideName(pod));
  const more = pods.length > names.length ? ` and ${pods.length - names.length} more` : '';
  const container = `the container "${showOutsideName(first.container)}" of ${showOutsideName(first.pod)}`;
  const revision = showOutsideName(first.revision ?? 'unknown');
  const found = `${where}; recorded would be ${names.join(', ')}${more}; ${ready} of them ready; looked at: ${container}, revision ${revision}`;
  if (ready > 0) return inOrder(found, first);
  return doubtful(found, 'Look at why no pod is ready; those that run are recorded all the same.', first);
}

/** Brings the archive of one pod home and reads it. */
async function lookAtArchive(
  examination: Examination,
  context: ReadingContext,
  subject: Subject & { step: DoctorStep | null; place: RecordablePod; missing: MissingRights },
): Promise<Revision> {
  const { config, app, environment, step, place, missing } = subject;
  const { archive } = config;
  if (step === null || archive === undefined) return { revision: null };
  if (isMissing(missing, 'pods/exec', place.namespace)) {
    examination.leave(step, 'the right to run a command in a pod is missing');
    return { revision: null };
  }
  const source = openKubernetesArchive({ ...config, archive }, { environment, container: null });
  const pod = { pod: place.pod, updatedAt: context.now(), locator: toLocator(app, place) };
  const cureOfMissing =
    'Check that a recorder runs in the pod and publishes there, and `archive` of the cluster in avalanche.yaml.';
  return await lookAtRecording(examination, context, { step, source, pod, cureOfMissing });
}
