import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Engine } from './engine.ts';
import { hasCode } from './engine-errors.ts';
import * as tables from './postgres-tables.ts';

export const migrationsFolder = join(import.meta.dirname, 'migrations', 'postgres');

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const transactionLost: ReadonlySet<unknown> = new Set(['40001', '40P01']);

type InsertBuilder = { onConflictDoNothing(): PromiseLike<unknown> };

/** Node-postgres says rowCount, PGlite says affectedRows. */
function countRows(result: unknown): number {
  const { rowCount, affectedRows } = result as { rowCount?: number | null; affectedRows?: number };
  return rowCount ?? affectedRows ?? 0;
}

/** What the embedded engine and a server have in common. */
export const postgresDialect = {
  tables,
  nowMs: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  countRows,
  // A duplicate as an error would be a line in the server's log each, and cost node-postgres the connection.
  isAdded: async (insert) =>
    countRows(await (insert as unknown as InsertBuilder).onConflictDoNothing()) === 1,
  isDeadlock: (error) => hasCode(error, transactionLost),
} satisfies Partial<Engine>;
