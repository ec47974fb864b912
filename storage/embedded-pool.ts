import { EventEmitter } from 'node:events';
import { type PGlite, type Results, type Transaction, types } from '@electric-sql/pglite';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';

/**
 * One PGlite session in the shape of a `pg.Pool`, for BullMQ's Postgres backend.
 *
 * PGlite runs one statement at a time and one transaction at a time by itself, for Drizzle too. What is added here is
 * what a server would do for a client of its own: BEGIN..COMMIT spread over several calls, LISTEN, and int8 as text
 * (a parser of each query, so that Drizzle keeps its own).
 */
export class EmbeddedPool implements PgPool {
  /** BullMQ asks whether a lost LISTEN connection would be noticed; here there is none to lose. */
  readonly options = { keepAlive: true };
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  async query(text: string, parameters?: readonly unknown[]): Promise<PgQueryResult> {
    return runStatement(this.#pglite, text, parameters);
  }

  async connect(): Promise<PgPoolClient> {
    return new EmbeddedClient(this.#pglite);
  }

  /** The session belongs to whoever opened it. */
  async end(): Promise<void> {}

  /** There are no idle connections that could fail, so there is nothing to hear. */
  on(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }
}

type OpenTransaction = { transaction: Transaction; end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> };

class EmbeddedClient extends EventEmitter implements PgPoolClient {
  readonly #pglite: PGlite;
  #open: OpenTransaction | null = null;
  #unlisten: (() => Promise<void>)[] = [];

  constructor(pglite: PGlite) {
    super();
    this.#pglite = pglite;
  }

  async query(text: string, parameters?: readonly unknown[]): Promise<PgQueryResult> {
    const statement = withoutComments(text);
    const command = statement.split(/[\s;]/, 1)[0]?.toUpperCase();
    if (command === 'BEGIN') await this.#begin();
    else if (command === 'COMMIT' || command === 'ROLLBACK') await this.#end(command);
    else if (command === 'LISTEN') await this.#listen(statement);
    else return runStatement(this.#open?.transaction ?? this.#pglite, text, parameters);
    return { rows: [], rowCount: 0 };
  }

  release(): void {
    const unlisten = this.#unlisten;
    this.#unlisten = [];
    // The pool's contract has no way to tell that this failed, and a closed engine listens no more.
    Promise.all([this.#end('ROLLBACK'), ...unlisten.map((stop) => stop())]).catch(() => {});
  }

  async #listen(statement: string): Promise<void> {
    const channel = /^LISTEN\s+"?([a-z_]\w*)"?\s*;?\s*$/i.exec(statement)?.[1];
    if (channel === undefined)
      throw new TypeError(`Cannot listen with "${statement}": no plain channel name`);
    this.#unlisten.push(
      await this.#pglite.listen(channel, (payload) => this.emit('notification', { channel, payload })),
    );
  }

  /** Holds a PGlite transaction open until COMMIT or ROLLBACK comes by another call; everyone else waits meanwhile. */
  async #begin(): Promise<void> {
    const started = Promise.withResolvers<Transaction>();
    const ended = Promise.withResolvers<'COMMIT' | 'ROLLBACK'>();
    const finished = this.#pglite.transaction(async (transaction) => {
      started.resolve(transaction);
      if ((await ended.promise) === 'ROLLBACK') await transaction.rollback();
    });
    finished.catch((error) => started.reject(error));
    this.#open = {
      transaction: await started.promise,
      async end(how) {
        ended.resolve(how);
        await finished;
      },
    };
  }

  async #end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.end(how);
  }
}

const asText = (value: string) => value;
/** What node-postgres gives, which BullMQ is written for: int8 as text. */
const queryOptions = { parsers: { [types.INT8]: asText } };

async function runStatement(
  session: PGlite | Transaction,
  text: string,
  parameters?: readonly unknown[],
): Promise<PgQueryResult> {
  if (parameters === undefined) {
    // Without parameters it may be many statements, as migrations are; the last one counts.
    const results = await session.exec(text, queryOptions);
    return asPgResult(results.at(-1));
  }
  return asPgResult(await session.query(text, parameters.map(orNull), queryOptions));
}

function asPgResult(result: Results | undefined): PgQueryResult {
  const rows = result?.rows ?? [];
  return { rows, rowCount: rows.length || (result?.affectedRows ?? 0) };
}

function orNull(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** BullMQ's statements begin with lines of `-- …`. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(--[^\n]*\n\s*)*/, '');
}
