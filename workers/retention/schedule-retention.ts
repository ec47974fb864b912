import { jobSeconds } from '../../storage/metrics.ts';
import { jobs, jobToAdd } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';
import { removeOld } from './remove-old.ts';

const everyMs = 3_600_000;

/**
 * Has what is too old removed every hour. All workers ask for it under the number of the hour: that is one job,
 * done by one of them.
 */
export async function scheduleRetention(context: WorkerContext): Promise<void> {
  const { queue, log, now } = context;
  await queue.work('retention', { concurrency: 1 }, async ({ payload }) => {
    jobs.retention.payload.parse(payload);
    const stop = jobSeconds.startTimer({ stage: 'retention' });
    try {
      const removed = await removeOld(context);
      stop({ outcome: 'done' });
      log.info(removed, 'Old snapshots and requests removed');
    } catch (error) {
      stop({ outcome: 'failed' });
      log.warn({ err: error }, 'Old snapshots and requests could not be removed');
      throw error;
    }
  });
  const ask = () =>
    queue
      .add(jobToAdd('retention', `retention-${Math.floor(now() / everyMs)}`, {}))
      .catch((error: unknown) => log.warn({ err: error }, 'Retention could not be asked for'));
  await ask();
  setInterval(ask, everyMs).unref();
}
