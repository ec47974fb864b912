import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { AvalancheError } from './errors.ts';
import { type RedisAddress, readRedisUrl } from './redis-url.ts';

type RedisServer = {
  /** Addresses, database and version; no user and no password. */
  description: string;
  /** Keys that are used together must share a hash tag. */
  isCluster: boolean;
  /** For adding jobs and asking: gives up after a few tries, so that a command gets an answer. */
  producer: Redis | Cluster;
  /** For workers: waits for the server as long as it takes. */
  consumer: Redis | Cluster;
  close(): void;
};

type Patience = {
  /** How often one command is tried on new connections; null is without end. */
  maxRetriesPerRequest: number | null;
  /** False: the first failure is final. */
  isPatient: boolean;
};

const timeouts: RedisOptions = { connectTimeout: 5_000, keepAlive: 10_000 };
const answerMs = 5_000;

/**
 * Connects to what a Redis URL names: a server, the master that its sentinels elected (and every later one), or a
 * cluster.
 *
 * @param onError hears of every later trouble on the connections; they mend themselves
 * @throws AvalancheError CONFIG_INVALID, or ENGINE_UNREACHABLE with hosts and ports when it does not answer now
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<RedisServer> {
  const address = readRedisUrl(url);
  const version = await probe(address);
  const listen = <Connection extends Redis | Cluster>(connection: Connection) =>
    connection.on('error', (error: unknown) => onError(withoutCommand(error)));
  const producer = listen(connect(address, { maxRetriesPerRequest: 3, isPatient: true }));
  const consumer = listen(connect(address, { maxRetriesPerRequest: null, isPatient: true }));
  return {
    description: `Redis ${version} at ${describeAddress(address)}`,
    isCluster: address.kind === 'cluster',
    producer,
    consumer,
    close() {
      producer.disconnect();
      consumer.disconnect();
    },
  };
}

function connect(address: RedisAddress, { maxRetriesPerRequest, isPatient }: Patience): Redis | Cluster {
  const { kind, nodes, isEncrypted } = address;
  const giveUp = () => null;
  const options: RedisOptions = {
    ...timeouts,
    ...(address.user !== undefined && { username: address.user }),
    ...(address.password !== undefined && { password: address.password }),
    ...(isEncrypted && { tls: {} }),
    maxRetriesPerRequest,
    ...(!isPatient && { commandTimeout: answerMs }),
  };
  if (kind === 'cluster') {
    const cluster = new Cluster(nodes, {
      redisOptions: options,
      // Hosts stay names: certificates are for names.
      dnsLookup: (host, done) => done(null, host),
      slotsRefreshTimeout: answerMs,
      // A failover takes seconds, and a worker that gives up on it would do its job again.
      retryDelayOnFailover: maxRetriesPerRequest === null ? 1_000 : 100,
      retryDelayOnClusterDown: maxRetriesPerRequest === null ? 1_000 : 100,
    });
    return endForGood(cluster);
  }
  const single: RedisOptions = {
    ...options,
    db: address.database,
    lazyConnect: !isPatient,
    ...(!isPatient && { retryStrategy: giveUp, sentinelRetryStrategy: giveUp }),
  };
  if (kind === 'server') return new Redis({ ...single, ...nodes[0]! });
  return new Redis({
    ...single,
    sentinels: nodes,
    name: address.master,
    sentinelCommandTimeout: answerMs,
    ...(address.sentinelUser !== undefined && { sentinelUsername: address.sentinelUser }),
    ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
    ...(isEncrypted && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
  });
}

/**
 * A cluster that was disconnected falls from `end` back to `close` when the connection to its next node is gone too, and
 * stays there: BullMQ would wait without end to connect it again. `close` never lasts otherwise.
 */
function endForGood(cluster: Cluster): Cluster {
  const duplicate = cluster.duplicate.bind(cluster);
  cluster.on('close', () =>
    setImmediate(() => {
      if (cluster.status === 'close') cluster.status = 'end';
    }),
  );
  return Object.assign(cluster, {
    duplicate: (...changes: Parameters<Cluster['duplicate']>) => endForGood(duplicate(...changes)),
  });
}

/** What is wrong now shows at once and with its own words. */
async function probe(address: RedisAddress): Promise<string> {
  const information = await readInformation(address).catch((reason) => {
    throw unreachable(address, reason);
  });
  checkMode(address, /^redis_mode:(\w+)/m.exec(information)?.[1]);
  return /^redis_version:(\S+)/m.exec(information)?.[1] ?? 'of unknown version';
}

/** Of a cluster, from the first node that answers. */
async function readInformation(address: RedisAddress): Promise<string> {
  const asServers = address.nodes.map((node) => ({ ...address, kind: 'server' as const, nodes: [node] }));
  if (address.kind === 'cluster') return readFirst(asServers);
  try {
    return await askOnce(address);
  } catch (error) {
    // Why a sentinel cannot be reached ioredis keeps to itself.
    if (address.kind === 'sentinel' && /Connection is closed/.test(String(error))) {
      const { sentinelUser: user, sentinelPassword: password } = address;
      await askOnce({ ...asServers[0]!, user, password, database: 0 });
    }
    throw error;
  }
}

async function readFirst(servers: readonly RedisAddress[]): Promise<string> {
  const reasons: unknown[] = [];
  for (const server of servers) {
    try {
      return await askOnce(server);
    } catch (reason) {
      reasons.push(reason);
    }
  }
  throw reasons[0];
}

/** One connection without retries. */
async function askOnce(address: RedisAddress): Promise<string> {
  const redis = connect(address, { maxRetriesPerRequest: 0, isPatient: false });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return await redis.info('server');
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Services that speak for Redis may say nothing of it. */
const modes: Record<string, { found: string; wanted: string }> = {
  standalone: { found: 'a server of its own', wanted: 'redis://…' },
  cluster: { found: 'a node of a cluster', wanted: 'redis+cluster://…' },
  sentinel: { found: 'a sentinel', wanted: 'redis+sentinel://…' },
};

/** Taken for another kind it would answer for a while, and then refuse what belongs elsewhere. */
function checkMode(address: RedisAddress, mode = ''): void {
  const { found, wanted } = modes[mode] ?? {};
  if (found === undefined || mode === (address.kind === 'cluster' ? 'cluster' : 'standalone')) return;
  throw new AvalancheError(
    'CONFIG_INVALID',
    `Cannot use Redis at "${describeAddress(address)}": it is ${found} (wanted ${wanted})`,
  );
}

function unreachable(address: RedisAddress, error: unknown): AvalancheError {
  const where = describeAddress(address);
  const cause = explain(address, withoutCommand(error));
  return new AvalancheError(
    'ENGINE_UNREACHABLE',
    `Cannot use the job queue on Redis at ${where}: ${cause.message}`,
    { address: where },
    cause,
  );
}

/** For ioredis a sentinel that does not know the master is one that cannot be reached. */
function explain({ master }: RedisAddress, error: Error): Error {
  const found = /^All sentinels are unreachable and retry is disabled\.(?: Last error: (?<last>.*))?$/s.exec(
    error.message,
  );
  if (found === null) return error;
  const { last } = found.groups ?? {};
  if (last === undefined || /No such master/.test(last))
    return new Error(`its sentinels know no master "${master}"`, { cause: error });
  return new Error(`no sentinel is of use: ${last}`, { cause: error });
}

function describeAddress({ kind, nodes, master, database }: RedisAddress): string {
  const hosts = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const what = { server: hosts, sentinel: `master ${master} of ${hosts}`, cluster: `cluster of ${hosts}` }[
    kind
  ];
  return `${what}${database > 0 ? `, database ${database}` : ''}`;
}

/** ioredis hangs the failed command with its arguments on the error, the password of AUTH among them. */
export function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const plain = new Error(error.message || ('code' in error ? String(error.code) : error.name));
  plain.name = error.name;
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}
