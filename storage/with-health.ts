import { openHealthServer } from './health-server.ts';
import { Readiness } from './readiness.ts';
import type { Running } from './with-engines.ts';

/**
 * Opens the health pages for as long as `use` runs, where a port is configured. Whoever is in the process adds
 * what it needs to the readiness; the engines are in it already.
 *
 * @param jobs names whose queue is measured
 * @throws AvalancheError CONFIG_INVALID when the port cannot be opened
 */
export async function withHealth<Result>(
  { config, engines, log }: Running,
  { stop, jobs }: { stop: AbortSignal; jobs: readonly string[] },
  use: (readiness: Readiness) => Promise<Result>,
): Promise<Result> {
  const { store, queue, blobs } = engines;
  const readiness = new Readiness();
  readiness.add('process', () => (stop.aborted ? 'it is stopping' : null));
  readiness.add('database', async () => {
    await store.describe();
    return null;
  });
  readiness.add('queue', async () => {
    await queue.state(jobs.slice(0, 1));
    return null;
  });
  readiness.add('blobs', async () => {
    await blobs.check();
    return null;
  });
  const { host, port } = config.health;
  if (port === null) return await use(readiness);
  const server = await openHealthServer({ host, port, readiness, queue, jobs, log });
  log.info({ url: server.url }, 'Health pages are served');
  try {
    return await use(readiness);
  } finally {
    await server.close();
  }
}
