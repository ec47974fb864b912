import { createPostgresBackend, runMigrations } from 'bullmq';
import { buildQueue, type QueueOptions } from './bullmq-queue.ts';
import { AvalancheError } from './errors.ts';
import {
  checkPostgres,
  createPostgres,
  isPostgresUnreachable,
  type PostgresServer,
} from './postgres-server.ts';
import type { JobQueue } from './queue.ts';
import { QueuePool } from './queue-pool.ts';

/** BullMQ's tables are found by it; ours have their schema in every query. */
const session = 'SET search_path TO bullmq;';

/**
 * The job queue on `postgres://…`, BullMQ's tables brought up to date.
 *
 * @throws AvalancheError CONFIG_INVALID, or ENGINE_UNREACHABLE with host and port
 */
export async function openPostgresQueue(url: string, options: QueueOptions): Promise<JobQueue> {
  const server = createPostgres(url, { session, onError: options.onError });
  try {
    const description = await prepare(server);
    const pool = new QueuePool(server, options.onError);
    const engine = {
      description,
      backendFactory: createPostgresBackend,
      producer: pool,
      consumer: pool,
      workers: null,
      answerMs: 15_000,
      close: () => server.close(),
    };
    return buildQueue(engine, options);
  } catch (error) {
    await server.close();
    throw asQueueError(error, server.address);
  }
}

/** BullMQ brings its tables up to date under a lock of its own, so that processes that start together do it once. */
async function prepare({ address, connect }: PostgresServer): Promise<string> {
  const client = await connect({ query_timeout: 0 });
  try {
    const version = await checkPostgres(client, address);
    await client.query(`SET lock_timeout = '60s'`);
    await runMigrations(client);
    return `${version} at ${address}`;
  } finally {
    await client.end();
  }
}

function asQueueError(error: unknown, address: string): unknown {
  if (error instanceof AvalancheError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = isPostgresUnreachable(error) ? 'ENGINE_UNREACHABLE' : 'INTERNAL';
  return new AvalancheError(
    code,
    `Cannot use the job queue on Postgres at "${address}": ${reason}`,
    { address },
    error,
  );
}
