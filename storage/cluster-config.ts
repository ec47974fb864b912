import { z } from 'zod';

const text = z.string().min(1);
/** What Kubernetes allows as a name in a URL. */
const kubernetesName = text.regex(
  /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
  'lower-case letters, digits, dashes and dots, beginning and ending with a letter or digit',
);
const absolutePath = text.regex(/^\/[^\0]*$/, 'a path in the container that begins with "/"');

const recordSchema = z.strictObject({
  /** Of the processes in the container, those called so (as in /proc/PID/comm); all when absent. */
  process: text.max(15).optional(),
  rateHz: z.number().int().min(1).max(999).default(99),
  longestMs: z.number().int().min(1_000).max(300_000).default(60_000),
  /** Recorded time that an hour may have in this environment, all pods together. */
  msPerHour: z.number().int().positive().default(3_600_000),
  /** Pods of this environment that are recorded at the same time, by all workers together. */
  podsAtOnce: z.number().int().min(1).max(100).default(5),
  /** An address of the app's own that gives a profile: nothing needs to be started in the pod. */
  endpoint: z
    .strictObject({
      port: z.number().int().min(1).max(65_535),
      path: text
        .regex(/^\/[\x21-\x7e]*$/, 'a path that begins with "/"')
        .default('/debug/pprof/profile?seconds=$seconds'),
    })
    .optional(),
  /** A container with perf in it, put beside the app when its own image has none. */
  ephemeral: z
    .strictObject({
      image: text.regex(/^[^\s]+$/, 'the name of an image'),
      capabilities: z
        .array(text.regex(/^[A-Z_]+$/, 'a capability as in SYS_PTRACE'))
        .default(['PERFMON', 'SYS_PTRACE']),
    })
    .optional(),
});
export type RecordConfig = z.infer<typeof recordSchema>;

/** Pods count when every condition that is given holds. */
const recordedSchema = z.strictObject({
  image: text.refine(isRegularExpression, 'a regular expression').optional(),
  annotation: text.optional(),
  label: text.optional(),
});
export type RecordedConfig = z.infer<typeof recordedSchema>;

/** A Kubernetes cluster in which an environment's pods run. */
export const clusterSchema = z.strictObject({
  /** File of the workers; without it they use the service account of the pod they run in. */
  kubeconfig: text.optional(),
  /** Context in that file; its current one when absent. */
  context: text.optional(),
  namespaces: z.array(kubernetesName).min(1).max(100),
  /** Label selector of an app's pods; `$app` and `$env` stand for the names. */
  selector: text
    .refine((selector) => selector.includes('$app'), 'a label selector with $app in it')
    .default('app.kubernetes.io/name=$app'),
  recorded: recordedSchema.optional(),
  /** Container to record; `$app` stands for the app's name. Default: the annotation, that called as the app, the first. */
  container: text.optional(),
  /** Where the rolling recorder publishes its archive in the container; `$app` stands for the app's name. */
  archive: absolutePath.optional(),
  /** Present when pods may be recorded on demand. */
  record: recordSchema.optional(),
});
export type ClusterConfig = z.infer<typeof clusterSchema>;

function isRegularExpression(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
