import { z } from 'zod';
import type { ClusterConfig } from '../../storage/cluster-config.ts';
import type { KubernetesClient } from '../snapshot/sources/kubernetes-client.ts';
import { ApiRefusal, explainRefusal, type Right, ruleFor } from '../snapshot/sources/kubernetes-errors.ts';
import { broken, doubtful, type Finding, inOrder } from './finding.ts';

/** Of the namespaces of a cluster; each verb in each is one question. */
const mostNamespaces = 20;
const mostNamed = 6;

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** What the account of the workers lacks. */
export type MissingRights = readonly Right[];

export function isMissing(missing: MissingRights, resource: string, namespace: string): boolean {
  return missing.some((right) => right.resource === resource && right.namespace === namespace);
}

/** Asks the cluster for each right that the configuration makes use of, and names those missing as rules to add. */
export async function lookAtRights(
  client: KubernetesClient,
  config: ClusterConfig,
  signal: AbortSignal,
): Promise<Finding<MissingRights>> {
  const asked = config.namespaces.slice(0, mostNamespaces);
  const missing: Right[] = [];
  let count = 0;
  try {
    for (const right of asked.flatMap((namespace) => rightsFor(config, namespace))) {
      const verbs = await findMissing(client, right, signal);
      count += right.verbs.length;
      if (verbs.length > 0) missing.push({ ...right, verbs });
    }
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) {
      const cure = 'Let the account create selfsubjectaccessreviews, as the role system:basic-user does.';
      return doubtful('the account of the workers may not ask what it may do', cure, []);
    }
    const right = { verbs: ['create'], resource: 'selfsubjectaccessreviews', namespace: asked[0] ?? '' };
    throw explainRefusal(error, { action: 'ask what the workers may do', cluster: client.name, right });
  }
  if (missing.length > 0) return describeMissing(missing);
  const left = config.namespaces.length - asked.length;
  const more = left > 0 ? `; ${left} more namespaces were not asked about` : '';
  return inOrder(`all ${count} are there in ${asked.join(', ')}${more}`, []);
}

/** Its value is there although it is broken: what needs no missing right is looked at all the same. */
function describeMissing(missing: readonly Right[]): Finding<MissingRights> {
  const named = missing.slice(0, mostNamed);
  const more = missing.length > named.length ? `, and ${missing.length - named.length} more` : '';
  const rights = named.map(
    ({ verbs, resource, namespace }) =>
      `the right to ${verbs.join(' and ')} ${resource} in the namespace "${namespace}"`,
  );
  const rules = [...new Set(named.map(ruleFor))].join(', ');
  return {
    ...broken(
      `the account of the workers lacks ${rights.join(', ')}${more}`,
      `Add to its Role there: ${rules} (docs/kubernetes.md).`,
    ),
    value: missing,
  };
}

function rightsFor({ archive, record }: ClusterConfig, namespace: string): Right[] {
  const isRunning = archive !== undefined || record !== undefined;
  return [
    { verbs: ['get', 'list'], resource: 'pods', namespace },
    ...(isRunning ? [{ verbs: ['get', 'create'], resource: 'pods/exec', namespace }] : []),
    ...(record?.endpoint ? [{ verbs: ['get'], resource: 'pods/proxy', namespace }] : []),
    ...(record?.ephemeral ? [{ verbs: ['patch'], resource: 'pods/ephemeralcontainers', namespace }] : []),
  ];
}

async function findMissing(
  client: KubernetesClient,
  { verbs, resource: name, namespace }: Right,
  signal: AbortSignal,
): Promise<string[]> {
  const [resource, subresource] = name.split('/');
  const missing: string[] = [];
  for (const verb of verbs) {
    const attributes = { namespace, verb, group: '', resource };
    const answer = await client.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: subresource === undefined ? attributes : { ...attributes, subresource },
        },
      },
      signal,
    });
    if (!reviewSchema.parse(answer).status.allowed) missing.push(verb);
  }
  return missing;
}
