import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import { isPostgresUnreachable, type PostgresServer } from './postgres-server.ts';

/**
 * A Postgres server as BullMQ's backend takes it.
 *
 * Every worker checks one connection out for good, to LISTEN on. Those are opened beside the pool, so that it stays
 * small and no number of workers can empty it. And a lost connection is told in the way BullMQ knows: it then waits
 * and asks again, where after any other error it would count a job as failed that is done.
 */
export class QueuePool implements PgPool {
  /** BullMQ asks whether a lost LISTEN connection is noticed. */
  readonly options = { keepAlive: true };
  readonly #server: PostgresServer;
  readonly #onError: (error: Error) => void;
  /** Every worker asks every second or sooner while the server is away: one report each time it goes is enough. */
  #isAway = false;

  constructor(server: PostgresServer, onError: (error: Error) => void) {
    this.#server = server;
    this.#onError = onError;
  }

  async query(text: string, parameters?: readonly unknown[]): Promise<PgQueryResult> {
    return this.#tell(() => this.#server.pool.query(text, parameters && [...parameters]));
  }

  async connect(): Promise<PgPoolClient> {
    const client = await this.#tell(() => this.#server.connect());
    const release = () => {
      // BullMQ takes its listeners off first, and an error that nobody hears would end the process.
      client.on('error', () => {});
      client.end().catch(this.#onError);
    };
    return Object.assign(client, { release });
  }

  /** The connections belong to whoever opened the server. */
  async end(): Promise<void> {}

  /** Lost connections are told once, by the server, and not once for every queue. */
  on(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }

  async #tell<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await question();
      this.#isAway = false;
      return answer;
    } catch (error) {
      if (!isPostgresUnreachable(error)) throw error;
      if (!this.#isAway) this.#onError(error as Error);
      this.#isAway = true;
      throw asRefusedConnection(error as Error);
    }
  }
}

/** What isNotConnectionError of BullMQ looks at is the code. */
function asRefusedConnection(error: Error): Error {
  return Object.assign(new Error(describe(error), { cause: error }), { code: 'ECONNREFUSED' });
}

/** Node's error for several refused addresses of one name has no message of its own. */
function describe(error: Error): string {
  return error instanceof AggregateError && error.message === ''
    ? error.errors.map(String).join(', ')
    : error.message;
}
