import { z } from 'zod';
import { openKubernetesClient } from './kubernetes-client.ts';
import { findRecordablePods, type PodSearch, type RecordablePod } from './kubernetes-pods.ts';
import type { FoundPods } from './source.ts';

/** A pod as it travels in a job: everything text. */
export const podLocatorSchema = z.object({
  namespace: z.string(),
  pod: z.string(),
  uid: z.string(),
  container: z.string(),
  restarts: z.coerce.number(),
  /** '' when nothing says it. */
  revision: z.string(),
  app: z.string(),
});
export type PodLocator = z.infer<typeof podLocatorSchema>;

/**
 * The pods of an app as a source gives them: of now, since they are there.
 *
 * @throws AvalancheError as openKubernetesClient and findRecordablePods
 */
export async function findPodsNow(search: Omit<PodSearch, 'client'>): Promise<FoundPods> {
  const client = await openKubernetesClient(search.config);
  const { pods, searched } = await findRecordablePods({ ...search, client });
  const updatedAt = Date.now();
  return {
    pods: pods.map((found) => ({ pod: found.pod, updatedAt, locator: toLocator(search.app, found) })),
    searched,
  };
}

export function toLocator(app: string, found: RecordablePod): Record<string, string> {
  const { namespace, pod, uid, container, restarts, revision } = found;
  return { namespace, pod, uid, container, restarts: String(restarts), revision: revision ?? '', app };
}
