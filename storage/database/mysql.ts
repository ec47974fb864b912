import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { migrate } from 'drizzle-orm/mysql2/migrator';
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type RowDataPacket,
} from 'mysql2/promise';
import { AvalancheError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { hasCode, runOnEngine, toDriverError } from './engine-errors.ts';
import { readMysqlUrl } from './mysql-url.ts';
import * as tables from './tables.ts';

const migrationsFolder = join(import.meta.dirname, 'migrations', 'mysql');
const migrationLockSeconds = 60;

/**
 * Strict, so that a text too long is refused and never cut. Backslashes keep their meaning, whatever the
 * server is set to, because the driver escapes with them. Read committed takes no locks on gaps, and is what
 * Postgres does.
 */
const sessionSettings = [
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

const unreachableCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'ER_ACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_CON_COUNT_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_SERVER_SHUTDOWN',
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
]);
const deadlockCodes: ReadonlySet<unknown> = new Set(['ER_LOCK_DEADLOCK', 'ER_CHECKREAD']);
const duplicateCodes: ReadonlySet<unknown> = new Set(['ER_DUP_ENTRY']);

/**
 * MySQL 8 and MariaDB, with their tables brought up to date.
 *
 * @throws AvalancheError CONFIG_INVALID, ENGINE_UNREACHABLE, or ENGINE_LOCKED when another process does not
 * come to the end of its migrations
 */
export async function openMysql(url: string): Promise<Engine> {
  const options = readMysqlUrl(url);
  const address = `${options.host}:${options.port}`;
  const kinds = {
    address,
    isDeadlock: (error: unknown) => hasCode(error, deadlockCodes),
    isUnreachable: (error: unknown) => hasCode(error, unreachableCodes) || isUseOfLostConnection(error),
  };
  const pool = createSessionPool(options);
  try {
    await runOnEngine(kinds, () => migrateUnderLock(pool, address));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    ...kinds,
    database: drizzle({ client: pool }),
    tables,
    // UNIX_TIMESTAMP has fractions only for a local time, which is ambiguous for one hour a year.
    nowMs: sql<number>`timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000`,
    countRows: (result) => (result as [{ affectedRows: number }])[0].affectedRows,
    isAdded: isRowAdded,
    describe: async () => `${await describeServer(pool)} at ${address}`,
    close: () => pool.end(),
  };
}

/** The driver marks it, and gives it no code. */
function isUseOfLostConnection(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && /in closed state$/.test(error.message);
}

/** INSERT IGNORE would forgive texts too long as well. */
async function isRowAdded(insert: PromiseLike<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (hasCode(toDriverError(error), duplicateCodes)) return false;
    throw error;
  }
}

function createSessionPool(options: PoolOptions): Pool {
  const pool = createPool(options);
  // The first statements of every connection; whatever comes next waits for them.
  pool.pool.on('connection', (connection) => {
    for (const setting of sessionSettings) {
      connection.query(setting, (error) => {
        if (error) connection.destroy();
      });
    }
  });
  return pool;
}

/** Two processes that start together: one migrates, the other waits and finds it done. */
async function migrateUnderLock(pool: Pool, address: string): Promise<void> {
  const connection = await pool.getConnection();
  try {
    if (!(await takeMigrationLock(connection))) {
      throw new AvalancheError(
        'ENGINE_LOCKED',
        `Cannot bring the tables up to date in the database at "${address}": another process has been doing so for ${migrationLockSeconds} s`,
      );
    }
    await migrate(drizzle({ client: connection }), { migrationsFolder });
  } finally {
    // Closing the connection frees the lock too, whatever state it is in.
    connection.destroy();
  }
}

/** Lock names are the server's, so the name of the database is in it; hashed, as 64 characters are allowed. */
async function takeMigrationLock(connection: PoolConnection): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT GET_LOCK(CONCAT('avalanche-migrations-', LEFT(SHA2(DATABASE(), 256), 32)), ?) AS taken`,
    [migrationLockSeconds],
  );
  return rows[0]?.taken === 1;
}

/** '10.11.19-MariaDB-deb12' or '8.4.3'. */
async function describeServer(pool: Pool): Promise<string> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT VERSION() AS version');
  const version = String(rows[0]?.version);
  return `${version.includes('MariaDB') ? 'MariaDB' : 'MySQL'} ${version.split('-')[0]}`;
}
