import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JobQueue } from './queue.ts';

/**
 * What Prometheus is told. It stands in storage/ because bot and workers both count, and in `start` they are one
 * process with one page. One set a process, as there is one log: counters only ever go up, so nobody has to be
 * handed one. Every label is a word of ours (a command, a job, a method), never text from outside: the number of
 * series is bounded.
 */
export const registry = new Registry();

const registers = [registry];

export const commandsTotal = new Counter({
  name: 'avalanche_commands_total',
  help: 'Commands that people gave, by name and by what came of them at once.',
  labelNames: ['command', 'outcome'],
  registers,
});

export const jobSeconds = new Histogram({
  name: 'avalanche_job_duration_seconds',
  help: 'How long one attempt at a job took, by stage of the work and outcome.',
  labelNames: ['stage', 'outcome'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  registers,
});

export const archiveBytesTotal = new Counter({
  name: 'avalanche_archive_bytes_total',
  help: 'Bytes of recordings that were brought home.',
  registers,
});

export const deliveryLagSeconds = new Histogram({
  name: 'avalanche_delivery_lag_seconds',
  help: 'From a message being stored to Slack showing it.',
  labelNames: ['kind'],
  buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  registers,
});

export const slackCallsTotal = new Counter({
  name: 'avalanche_slack_calls_total',
  help: 'Calls to the Slack Web API, by method and outcome.',
  labelNames: ['method', 'outcome'],
  registers,
});

const queueJobs = new Gauge({
  name: 'avalanche_queue_jobs',
  help: 'Jobs in the queue, by job and state. Every process sees the whole queue.',
  labelNames: ['job', 'state'],
  registers,
});

const queueOldestSeconds = new Gauge({
  name: 'avalanche_queue_oldest_waiting_seconds',
  help: 'Age of the job that waits longest for a worker; 0 when none waits.',
  labelNames: ['job'],
  registers,
});

let isProcessMeasured = false;

/** Memory, CPU and event loop. Begun once, and only where somebody may ask: it costs a timer. */
export function measureProcess(): void {
  if (!isProcessMeasured) collectDefaultMetrics({ register: registry });
  isProcessMeasured = true;
}

/** Brings depth and age of the queue up to date. When the queue does not answer they are absent, not old. */
export async function measureQueue(queue: JobQueue, jobs: readonly string[], nowMs: number): Promise<void> {
  try {
    const [states, oldest] = await Promise.all([queue.state(jobs), queue.oldestWaiting(jobs)]);
    for (const job of jobs) {
      const { waiting = 0, active = 0, delayed = 0, failed = 0 } = states[job] ?? {};
      for (const [state, count] of Object.entries({ waiting, active, delayed, failed })) {
        queueJobs.set({ job, state }, count);
      }
      const addedAt = oldest[job] ?? nowMs;
      queueOldestSeconds.set({ job }, Math.max(0, nowMs - addedAt) / 1_000);
    }
  } catch (error) {
    queueJobs.reset();
    queueOldestSeconds.reset();
    throw error;
  }
}
