import { openEngines } from '../storage/open-engines.ts';
import { openLog } from '../storage/open-log.ts';
import { readConfig } from '../storage/read-config.ts';
import { startWorkers } from './start-workers.ts';

/** Runs the workers until `stop` is aborted; jobs that run then are finished. */
export async function runWorkers(
  environment: NodeJS.ProcessEnv,
  directory: string,
  stop: AbortSignal,
): Promise<void> {
  const config = readConfig({ environment, directory });
  const log = openLog(environment);
  const engines = await openEngines(config, (error) =>
    log.warn({ err: error }, 'Queue connection in trouble'),
  );
  try {
    await startWorkers({ config, ...engines, log, now: Date.now });
    log.info({ engines: await engines.describe() }, 'Workers started');
    await new Promise<void>((done) => stop.addEventListener('abort', () => done(), { once: true }));
    log.info('Workers stopping');
  } finally {
    await engines.close();
  }
}
