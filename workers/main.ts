import { untilStopped, withEngines } from '../storage/with-engines.ts';
import { withHealth } from '../storage/with-health.ts';
import { jobNames } from './jobs.ts';
import { startWorkers } from './start-workers.ts';
import { watchWorkers } from './watch-workers.ts';

/** Runs the workers until `stop` is aborted; jobs that run then are finished. */
export async function runWorkers(
  place: { environment: NodeJS.ProcessEnv; directory: string },
  stop: AbortSignal,
): Promise<void> {
  await withEngines(place, async (running) => {
    const { config, engines, log } = running;
    await withHealth(running, { stop, jobs: jobNames }, async (readiness) => {
      watchWorkers(readiness, engines.queue);
      await startWorkers({ config, ...engines, log, now: Date.now });
      await untilStopped('workers', running, stop);
    });
  });
}
