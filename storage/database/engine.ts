import type { SQL } from 'drizzle-orm';
import type { MySqlDatabase } from 'drizzle-orm/mysql-core';
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2';
import type { Tables } from './tables.ts';

/**
 * The query builder, in the type of its MySQL kind. The one for Postgres has the same select, insert, update
 * and transaction; what only one of them has (upsert, returning) is not used.
 */
export type Database = MySqlDatabase<MySql2QueryResultHKT, MySql2PreparedQueryHKT>;

/** All in which the engines differ, once the tables are there. */
export type Engine = {
  database: Database;
  tables: Tables;
  /** The engine's own clock in UTC milliseconds: the one clock that all processes share. */
  nowMs: SQL<number>;
  /** Rows that an insert or update met, whether or not it changed them. */
  countRows(result: unknown): number;
  /** Does an insert. False, and nothing is changed, when a row with its key is there already. */
  isAdded(insert: PromiseLike<unknown>): Promise<boolean>;
  /** The engine undid the whole transaction to let another one pass: the same again is safe. */
  isDeadlock(driverError: unknown): boolean;
  isUnreachable(driverError: unknown): boolean;
  /** For messages: host and port, never user or password. */
  address: string;
  describe(): Promise<string>;
  close(): Promise<void>;
};
