import { Redis, type RedisOptions } from 'ioredis';
import { AvalancheError } from './errors.ts';

type RedisServer = {
  /** Address, database and version; no user and no password. */
  description: string;
  /** For adding jobs and asking: gives up after a few tries, so that a command gets an answer. */
  producer: Redis;
  /** For workers: waits for the server as long as it takes. */
  consumer: Redis;
  close(): void;
};

const timeouts: RedisOptions = { connectTimeout: 5_000, keepAlive: 10_000 };

/**
 * Connects to `redis://` or `rediss://`, with user, password and database number as the URL has them.
 *
 * @param onError hears of every later trouble on the connections; they mend themselves
 * @throws AvalancheError ENGINE_UNREACHABLE with host and port when it does not answer now
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<RedisServer> {
  const address = describeAddress(url);
  const version = await probe(url, address);
  const connect = (options: RedisOptions) =>
    new Redis(url, { ...timeouts, ...options }).on('error', (error) => onError(withoutCommand(error)));
  const producer = connect({ maxRetriesPerRequest: 3 });
  const consumer = connect({ maxRetriesPerRequest: null });
  return {
    description: `Redis ${version} at ${address}`,
    producer,
    consumer,
    close() {
      producer.disconnect();
      consumer.disconnect();
    },
  };
}

/** One connection without retries: what is wrong now shows at once and with its own words. */
async function probe(url: string, address: string): Promise<string> {
  const redis = new Redis(url, {
    ...timeouts,
    lazyConnect: true,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
  } catch (error) {
    const cause = withoutCommand(reason ?? error);
    throw new AvalancheError(
      'ENGINE_UNREACHABLE',
      `Cannot use the job queue on Redis at ${address}: ${cause.message}`,
      { address },
      cause,
    );
  } finally {
    redis.disconnect();
  }
}

function describeAddress(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  const database = pathname.slice(1);
  return `${hostname}:${port || 6379}${database ? `, database ${database}` : ''}`;
}

/** ioredis hangs the failed command with its arguments on the error, the password of AUTH among them. */
export function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const plain = new Error(error.message || ('code' in error ? String(error.code) : error.name));
  plain.name = error.name;
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}
