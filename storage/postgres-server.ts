import { Client, type ClientBase, type ClientConfig, DatabaseError, Pool } from 'pg';
import { AvalancheError } from './errors.ts';
import { readPostgresUrl } from './postgres-url.ts';

export type PostgresServer = {
  /** Host and port: all of the URL that may be in a message. */
  address: string;
  /** For queries and short transactions. Bounded; whoever finds it empty waits, and not without end. */
  pool: Pool;
  /** A connection beside the pool's, for locks and LISTEN. Whoever opens it ends it. */
  connect(changes?: ClientConfig): Promise<Client>;
  close(): Promise<void>;
};

type Settings = {
  /** SQL that every connection begins with. */
  session?: string;
  /** Hears of connections that were lost while nobody used them; the next query gets another. */
  onError?: (error: Error) => void;
};

const oldestVersion = 15;

const limits = {
  connectionTimeoutMillis: 10_000,
  query_timeout: 60_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} satisfies ClientConfig;
const poolSize = 10;

/**
 * Whatever the database is set to: each statement sees what was committed before it, as on MySQL, and a process that
 * freezes in a transaction does not hold its locks for good.
 */
const sessionSettings = `
  SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SET idle_in_transaction_session_timeout = '60s';`;

/**
 * The connections to `postgres://` or `postgresql://`. None is made before it is needed.
 *
 * @throws AvalancheError CONFIG_INVALID
 */
export function createPostgres(url: string, { session = '', onError = () => {} }: Settings): PostgresServer {
  const config = { ...readPostgresUrl(url), ...limits, application_name: 'avalanche' };
  const prepare = async (client: ClientBase): Promise<void> => {
    // A connection may break between two queries of a transaction; the next query says so.
    client.on('error', () => {});
    await client.query(sessionSettings + session);
  };
  const pool = new Pool({ ...config, max: poolSize, onConnect: prepare });
  let ending: Promise<void> | undefined;
  pool.on('error', (error) => {
    // The driver hangs the whole connection on it.
    Reflect.deleteProperty(error, 'client');
    // One that is being closed is missed by nobody.
    if (ending === undefined) onError(error);
  });
  return {
    address: `${config.host}:${config.port}`,
    pool,
    async connect(changes) {
      const client = new Client({ ...config, ...changes });
      try {
        await client.connect();
        await prepare(client);
        return client;
      } catch (error) {
        await client.end();
        throw error;
      }
    },
    close() {
      ending ??= pool.end();
      return ending;
    },
  };
}

/**
 * Refuses a server that cannot keep what it is given.
 *
 * @returns 'PostgreSQL 15.13'
 * @throws AvalancheError CONFIG_INVALID
 */
export async function checkPostgres(client: ClientBase | Pool, address: string): Promise<string> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding`,
  );
  const { version = '', encoding = '' } = rows[0] ?? {};
  const refuse = (found: string, wanted: string) =>
    new AvalancheError('CONFIG_INVALID', `Cannot use Postgres at "${address}": ${found} (wanted ${wanted})`);
  if (Number.parseInt(version, 10) < oldestVersion)
    throw refuse(`its version is ${version}`, `${oldestVersion} or newer`);
  if (encoding !== 'UTF8') throw refuse(`the encoding of the database is ${encoding}`, 'UTF8');
  // '15.13 (Debian 15.13-0+deb12u1)'
  return `PostgreSQL ${version.split(' ')[0]}`;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, authorisation, shutdown, no room, standby. */
const unreachableStates = /^(08...|28...|3D000|53300|57P0[1-5]|25006)$/;

/** What the driver says in words of its own, without a code. */
const unreachableWords =
  /^(Connection terminated|timeout (exceeded|expired)|Query read timeout|Client (has encountered|was closed)|The server does not support SSL|There was an error establishing an SSL|Received unexpected)/;

/** Whether the server did not get the question or did not get to answer it. */
export function isPostgresUnreachable(error: unknown): boolean {
  if (error instanceof DatabaseError) return unreachableStates.test(error.code ?? '');
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  // Node's errors of sockets and certificates have a code.
  return 'code' in error || unreachableWords.test(error.message);
}
