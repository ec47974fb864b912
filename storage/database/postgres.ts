import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type { Client, Pool } from 'pg';
import { AvalancheError } from '../errors.ts';
import {
  checkPostgres,
  createPostgres,
  isPostgresUnreachable,
  type PostgresServer,
} from '../postgres-server.ts';
import type { Database, Engine } from './engine.ts';
import { hasCode, runOnEngine } from './engine-errors.ts';
import { migrationsFolder, postgresDialect } from './postgres-dialect.ts';

/** Not drizzle's own default: another program that uses drizzle in this database would be taken for us. */
const migrationsSchema = 'avalanche_migrations';
const migrationLock = 'avalanche-migrations';
const migrationLockSeconds = 60;
const lockNotAvailable: ReadonlySet<unknown> = new Set(['55P03']);

/**
 * Postgres 15 or newer, with its tables brought up to date.
 *
 * @throws AvalancheError CONFIG_INVALID, ENGINE_UNREACHABLE, or ENGINE_LOCKED when another process does not
 * come to the end of its migrations
 */
export async function openPostgres(url: string): Promise<Engine> {
  const server = createPostgres(url, {});
  const { address, pool } = server;
  const kinds = { ...postgresDialect, address, isUnreachable: isPostgresUnreachable };
  try {
    await runOnEngine(kinds, () => migrateUnderLock(server));
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    ...kinds,
    database: createDatabase(pool),
    describe: async () => `${await checkPostgres(pool, address)} at ${address}`,
    close: () => server.close(),
  };
}

/**
 * Drizzle's own `transaction` gives a connection back only when its BEGIN has succeeded: every restart of the server
 * would cost the pool some for good.
 */
function createDatabase(pool: Pool): Database {
  const database = drizzle({ client: pool });
  const transaction: typeof database.transaction = async (work) => {
    const client = await pool.connect();
    try {
      const result = await drizzle({ client }).transaction(work);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
  return Object.assign(database, { transaction }) as unknown as Database;
}

/** Several processes that start together: one migrates, the others wait and find it done. */
async function migrateUnderLock({ address, connect }: PostgresServer): Promise<void> {
  const client = await connect({ query_timeout: 0 });
  try {
    await checkPostgres(client, address);
    await takeMigrationLock(client, address);
    await migrate(drizzle({ client }), { migrationsFolder, migrationsSchema });
  } finally {
    // Frees the lock too, whatever state the connection is in.
    await client.end();
  }
}

/** Such locks are of one database. The limit holds for the migrations too: none waits for a table without end. */
async function takeMigrationLock(client: Client, address: string): Promise<void> {
  await client.query(`SET lock_timeout = '${migrationLockSeconds}s'`);
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [migrationLock]);
  } catch (error) {
    if (!hasCode(error, lockNotAvailable)) throw error;
    throw new AvalancheError(
      'ENGINE_LOCKED',
      `Cannot bring the tables up to date in the database at "${address}": another process has been doing so for ${migrationLockSeconds} s`,
    );
  }
}
