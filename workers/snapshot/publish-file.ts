import { type FileReport, fileKeyOf } from '../jobs.ts';
import { publish } from '../publish.ts';
import { isCancelled } from '../while-wanted.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Stores a picture or a bundle, and says it in the thread under the key that is the name of its kind. */
export async function publishFile(
  context: WorkerContext,
  requestId: string,
  bytes: Uint8Array,
  content: FileReport,
): Promise<void> {
  const fileKey = fileKeyOf(content);
  await context.blobs.write(fileKey, bytes);
  try {
    await publish(context, { requestId, key: content.report, kind: 'result', content });
  } catch (error) {
    // It may lie beside the snapshot of another request, which stays.
    if (isCancelled(error)) await context.blobs.remove(fileKey);
    throw error;
  }
}
