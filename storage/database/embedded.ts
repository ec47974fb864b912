import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import type { Database, Engine } from './engine.ts';
import { runOnEngine } from './engine-errors.ts';
import { migrationsFolder, postgresDialect } from './postgres-dialect.ts';

/** The tables in a PGlite that somebody else opened, and closes: BullMQ lives in it too. */
export async function openEmbeddedTables(pglite: PGlite): Promise<Engine> {
  const database = drizzle({ client: pglite });
  const kinds = { ...postgresDialect, address: 'embedded', isUnreachable: () => false };
  await runOnEngine(kinds, () => migrate(database, { migrationsFolder }));
  return {
    ...kinds,
    database: database as unknown as Database,
    describe: async () => `PGlite (${await describeServer(pglite)}), embedded`,
    close: async () => {},
  };
}

/** 'PostgreSQL 17.5 on x86_64-…' up to its version. */
async function describeServer(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ version: string }>('SELECT version()');
  return rows[0]?.version.split(' ', 2).join(' ') ?? '';
}
