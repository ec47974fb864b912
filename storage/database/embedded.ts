import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import type { Database, Engine } from './engine.ts';
import { hasCode, runOnEngine } from './engine-errors.ts';
import * as postgresTables from './postgres-tables.ts';

const migrationsFolder = join(import.meta.dirname, 'migrations', 'postgres');

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const uniqueViolation: ReadonlySet<unknown> = new Set(['23505']);
const transactionLost: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** The tables in a PGlite that somebody else opened, and closes: BullMQ lives in it too. */
export async function openEmbeddedTables(pglite: PGlite): Promise<Engine> {
  const database = drizzle({ client: pglite });
  const kinds = {
    address: 'embedded',
    isDeadlock: (error: unknown) => hasCode(error, transactionLost),
    isUnreachable: () => false,
  };
  await runOnEngine(kinds, () => migrate(database, { migrationsFolder }));
  return {
    ...kinds,
    database: database as unknown as Database,
    tables: postgresTables,
    nowMs: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    countRows: (result) => (result as { affectedRows?: number }).affectedRows ?? 0,
    isDuplicateKey: (error) => hasCode(error, uniqueViolation),
    describe: async () => `PGlite (${await describeServer(pglite)}), embedded`,
    close: async () => {},
  };
}

/** 'PostgreSQL 17.5 on x86_64-…' up to its version. */
async function describeServer(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ version: string }>('SELECT version()');
  return rows[0]?.version.split(' ', 2).join(' ') ?? '';
}
