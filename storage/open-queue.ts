import { createPostgresBackend, createRedisBackend } from 'bullmq';
import { type AnyWorker, buildQueue, type QueueOptions } from './bullmq-queue.ts';
import type { Embedded } from './embedded.ts';
import { openPostgresQueue } from './open-postgres-queue.ts';
import type { JobQueue } from './queue.ts';
import { connectRedis, withoutCommand } from './redis-server.ts';
import { isRedisUrl } from './redis-url.ts';

/** Whoever stops a process kills it after 30 s: it ends well before. */
const defaults: QueueOptions = {
  prefix: 'avalanche',
  lockMs: 30_000,
  closeMs: 12_000,
  handBackMs: 3_000,
  onError: () => {},
};

/**
 * Opens the job queue that a URL names: `embedded:…` on the engine given; `redis://…`, `redis+sentinel://…`,
 * `redis+cluster://…`, the same with `rediss`, `postgres://…` or `postgresql://…` on servers.
 * Troubles with the connection never end the process; they go to `onError` and mend themselves where they can.
 *
 * @throws AvalancheError ENGINE_UNREACHABLE with host and port, never a password, when the server does not answer
 */
export async function openQueue(
  url: string,
  embedded?: Embedded,
  options: Partial<QueueOptions> = {},
): Promise<JobQueue> {
  const settings = { ...defaults, ...options };
  if (url.startsWith('embedded:')) {
    if (embedded === undefined)
      throw new TypeError('Cannot open the embedded queue: no embedded engine was given');
    return buildQueue(embeddedEngine(embedded), settings);
  }
  if (isRedisUrl(url)) return openRedisQueue(url, settings);
  if (/^postgres(ql)?:\/\//i.test(url)) return openPostgresQueue(url, settings);
  throw new RangeError(
    'Cannot open a queue: its URL begins with none of "embedded:", "redis", "rediss", "postgres://" and "postgresql://"',
  );
}

/** Several queues may be open on one engine; its workers are all in this process. */
const embeddedWorkers = new WeakMap<Embedded, Set<AnyWorker>>();

function embeddedEngine(embedded: Embedded) {
  const workers = embeddedWorkers.get(embedded) ?? new Set<AnyWorker>();
  embeddedWorkers.set(embedded, workers);
  return {
    description: 'the embedded engine',
    backendFactory: createPostgresBackend,
    producer: embedded.pool,
    consumer: embedded.pool,
    workers,
    answerMs: 60_000,
    close: async () => {},
  };
}

async function openRedisQueue(url: string, settings: QueueOptions): Promise<JobQueue> {
  const onError = (error: Error) => settings.onError(withoutCommand(error));
  const server = await connectRedis(url, onError);
  const engine = {
    description: server.description,
    backendFactory: createRedisBackend,
    producer: server.producer,
    consumer: server.consumer,
    workers: null,
    // A script finds all its keys on one node of a cluster: parents and children are in different queues.
    ...(server.isCluster && { keyPrefix: `{${settings.prefix}}` }),
    answerMs: 5_000,
    close: async () => server.close(),
  };
  return buildQueue(engine, { ...settings, onError });
}
