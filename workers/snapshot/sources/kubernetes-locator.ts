import { z } from 'zod';
import type { RecordablePod } from './kubernetes-pods.ts';

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

export function toLocator(app: string, found: RecordablePod): Record<string, string> {
  const { namespace, pod, uid, container, restarts, revision } = found;
  return { namespace, pod, uid, container, restarts: String(restarts), revision: revision ?? '', app };
}
