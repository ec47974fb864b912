import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { type Engines, openEngines } from './open-engines.ts';
import { openLog } from './open-log.ts';
import { readConfig } from './read-config.ts';
import { openTracing } from './tracing.ts';

export type Running = { config: Config; engines: Engines; log: Logger };

/** Reads the configuration, opens log and engines, and closes the engines again however `use` ends. */
export async function withEngines<Result>(
  { environment, directory }: { environment: NodeJS.ProcessEnv; directory: string },
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  const config = readConfig({ environment, directory });
  const log = openLog(environment);
  const engines = await openEngines(config, (error) =>
    log.warn({ err: error }, 'Queue connection in trouble'),
  );
  const closeTracing = await openTracing(environment, log);
  try {
    return await use({ config, engines, log });
  } finally {
    // Jobs that are finished on the way are still traced.
    await engines.close().finally(closeTracing);
  }
}

/** Says that a room is up, and ends when it is told to stop. */
export async function untilStopped(
  room: string,
  { engines, log }: Running,
  stop: AbortSignal,
): Promise<void> {
  log.info({ room, engines: await engines.describe() }, 'Started');
  if (!stop.aborted) await once(stop, 'abort');
  log.info({ room }, 'Stopping');
}
