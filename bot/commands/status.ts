import type { RequestRow } from '../../storage/database/store.ts';
import type { QueueState } from '../../storage/queue.ts';
import { type JobName, jobNames, workerJobs } from '../../workers/jobs.ts';
import { formatAge } from '../replies/format-values.ts';
import { defineCommand } from './command.ts';
import { countArguments, wordsSchema } from './words.ts';

const dayMs = 86_400_000;

export const status = defineCommand({
  name: 'status',
  usage: 'status',
  summary: 'shows engines, queues, workers and the last failures',
  options: {},
  examples: ['status'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 0, needed: '' });
    if (problem !== undefined) addIssue(problem);
    return {};
  }),
  async run(_given, { config, store, queue, now }) {
    const [database, states, open, failed] = await Promise.all([
      store.describe(),
      queue.state(jobNames),
      store.listRequests({ states: ['accepted', 'running'], createdAfter: now() - dayMs, limit: 100 }),
      store.listRequests({ states: ['failed'], createdAfter: now() - dayMs, limit: 5 }),
    ]);
    const report = {
      report: 'text' as const,
      title: describeHealth(states),
      lines: [
        `Tables: ${database}. Jobs: ${queue.describe()}. Configuration: ${config.file ?? 'no file'}`,
        `Open requests: ${open.length}`,
        ...queueTable(jobNames, states),
        ...(failed.length === 0 ? ['No failures in the last day'] : ['Last failures:']),
        ...failed.map((request) => describeFailure(request, now())),
      ],
      error: null,
    };
    return { state: 'answered', report };
  },
});

function describeHealth(states: Record<string, QueueState>): string {
  const missing = workerJobs.filter((name) => (states[name]?.workers ?? 0) === 0);
  if (missing.length === workerJobs.length)
    return 'Avalanche is up, but no worker is: commands wait until one starts';
  if (missing.length > 0) return `Avalanche is up, but nobody works on: ${missing.join(', ')}`;
  return 'Avalanche is up, and so are its workers';
}

function queueTable(names: readonly JobName[], states: Record<string, QueueState>): string[] {
  const row = (cells: (string | number)[]) =>
    `  ${cells.map((cell, column) => (column === 0 ? String(cell).padEnd(9) : String(cell).padStart(8))).join('')}`;
  const counts = names.map((name) => {
    const { waiting, active, delayed, failed, workers } = states[name] ?? {
      waiting: 0,
      active: 0,
      delayed: 0,
      failed: 0,
      workers: 0,
    };
    return row([name, waiting + delayed, active, failed, workers]);
  });
  return [row(['job', 'waiting', 'active', 'failed', 'workers']), ...counts];
}

function describeFailure({ command, createdAt, error, id }: RequestRow, nowMs: number): string {
  const reason = error === null ? 'no reason is known' : error.message;
  return `${formatAge(createdAt, nowMs)}, ${command === '' ? 'a command' : command}: ${reason} (request ${id})`;
}
