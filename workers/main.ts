import { untilStopped, withEngines } from '../storage/with-engines.ts';
import { startWorkers } from './start-workers.ts';

/** Runs the workers until `stop` is aborted; jobs that run then are finished. */
export async function runWorkers(
  place: { environment: NodeJS.ProcessEnv; directory: string },
  stop: AbortSignal,
): Promise<void> {
  await withEngines(place, async (running) => {
    const { config, engines, log } = running;
    await startWorkers({ config, ...engines, log, now: Date.now });
    await untilStopped('workers', running, stop);
  });
}
