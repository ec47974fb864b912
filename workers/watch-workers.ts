import type { JobQueue } from '../storage/queue.ts';
import type { Readiness } from '../storage/readiness.ts';
import { workerJobs } from './jobs.ts';

/** Has the readiness of the process depend on every kind of job being worked on. */
export function watchWorkers(readiness: Readiness, queue: JobQueue): void {
  readiness.add('workers', async () => {
    const states = await queue.state(workerJobs);
    const missing = workerJobs.filter((name) => (states[name]?.workers ?? 0) === 0);
    return missing.length === 0 ? null : `nobody works on ${missing.join(', ')}`;
  });
}
