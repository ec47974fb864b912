import type { JobContext } from '../worker-context.ts';
import type { Examination } from './examination.ts';
import { broken, inOrder } from './finding.ts';

/** Tables, jobs and files: what every command needs. A file is written, read and removed again. */
export function planEngines(
  examination: Examination,
  { store, queue, blobs }: JobContext,
  requestId: string,
): () => Promise<void> {
  const tables = examination.plan('tables');
  const jobs = examination.plan('jobs');
  const files = examination.plan('files');
  return async () => {
    await examination.look(tables, async () => inOrder(await store.describe()));
    await examination.look(jobs, async () => {
      const { capture } = await queue.state(['capture']);
      const waiting = capture === undefined ? 0 : capture.waiting + capture.delayed;
      return inOrder(`${queue.describe()} (pods that wait to be captured: ${waiting})`);
    });
    await examination.look(files, async (signal) => {
      // Where what a job leaves behind is removed with its request.
      const key = `snapshots/${requestId}/doctor`;
      const written = Buffer.from(requestId);
      await blobs.write(key, written, { signal });
      try {
        if (Buffer.compare(await blobs.read(key), written) !== 0) {
          const cure = 'Check that all bots and workers have the same AVALANCHE_BLOB_URL.';
          return broken(`${blobs.describe()} gives back something else than was written`, cure);
        }
      } finally {
        await blobs.remove(key);
      }
      return inOrder(`${blobs.describe()} can be written and read`);
    });
  };
}
