import { randomUUIDv7 } from 'node:crypto';
import { drizzle } from 'drizzle-orm/mysql2';
import { migrate } from 'drizzle-orm/mysql2/migrator';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import type { RequestId, SnapshotId, Store } from '../../storage/database/store.ts';
import { everythingIn, failureOf } from '../support/failures.ts';
import { startRelay } from '../support/relay.ts';
import type { TestServer } from '../support/servers.ts';
import { withFirstMigration } from './first-migrations.ts';

/**
 * What a store does on a server that speaks MySQL, beyond what every store does.
 *
 * @param product as the server names itself
 */
export function mysqlContract(product: 'MariaDB' | 'MySQL', startServer: () => Promise<TestServer>): void {
  let server: TestServer;
  const stores: Store[] = [];

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  async function open(url: string): Promise<Store> {
    const store = await openStore(url);
    stores.push(store);
    return store;
  }

  async function newDatabase(): Promise<string> {
    const url = new URL(server.url);
    url.pathname = `/a_${randomUUIDv7().replaceAll('-', '')}`;
    await query(server.url, `CREATE DATABASE ${url.pathname.slice(1)}`);
    return url.href;
  }

  async function query(url: string, sql: string): Promise<RowDataPacket[]> {
    const connection = await createConnection(url);
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    await connection.end();
    return rows;
  }

  const addRequest = (store: Store, text = 'shop-demo') =>
    store.addRequest({
      id: randomUUIDv7() as RequestId,
      deduplicationKey: randomUUIDv7(),
      source: 'mention',
      command: 'snapshot',
      arguments: null,
      text,
      teamId: 'T1',
      channelId: 'C1',
      threadTs: null,
      userId: 'U1',
    });

  test('many processes that start at once on an empty database bring up the tables once', async () => {
    const url = await newDatabase();
    const opened = await Promise.all(Array.from({ length: 6 }, () => open(url)));
    const { request } = await addRequest(opened[0]!);
    expect(await opened[5]!.findRequest(request.id)).toEqual(request);
    const migrations = await query(url, 'SELECT hash FROM __drizzle_migrations');
    expect(new Set(migrations.map((row) => row.hash)).size).toBe(migrations.length);
  });

  test('a process that waits for another one to migrate its own database does not wait for one of another', async () => {
    const [here, elsewhere] = [await newDatabase(), await newDatabase()];
    const holder = await createConnection(elsewhere);
    await holder.query(
      `SELECT GET_LOCK(CONCAT('avalanche-migrations-', LEFT(SHA2(DATABASE(), 256), 32)), 0)`,
    );
    await open(here);
    const waiting = open(elsewhere);
    const first = await Promise.race([
      waiting,
      new Promise((resolve) => setTimeout(resolve, 300, 'still waiting')),
    ]);
    expect(first).toBe('still waiting');
    await holder.end();
    await waiting;
  });

  test('a database of the first version is brought up to date with what is in it', async () => {
    const url = await newDatabase();
    const client = await createConnection(url);
    await withFirstMigration('mysql', (migrationsFolder) =>
      migrate(drizzle({ client }), { migrationsFolder }),
    );
    await client.query(
      `INSERT INTO requests (id, deduplication_key, source, command, text, team_id, channel_id, user_id, state, created_at, updated_at)
       VALUES ('old', 'k', 'mention', 'snapshot', 'shop 🏔', 'T1', 'C1', 'U1', 'done', 1, 1)`,
    );
    await client.end();
    const store = await open(url);
    expect(await store.findRequest('old' as RequestId)).toMatchObject({ text: 'shop 🏔', state: 'done' });
    expect((await addRequest(store)).isNew).toBe(true);
  });

  test('columns are utf8mb4 with a binary collation although the server is latin1', async () => {
    const url = await newDatabase();
    await open(url);
    const columns = await query(
      url,
      `SELECT DISTINCT collation_name AS name FROM information_schema.columns
       WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name NOT LIKE '\\_\\_%'`,
    );
    expect(columns.map((row) => row.name)).toEqual(['utf8mb4_bin']);
  });

  test('quotes and backslashes stay data although the server does not escape with backslashes', async () => {
    const store = await open(await newDatabase());
    const text = `\\' OR 1=1; DROP TABLE requests; -- `;
    const { request } = await addRequest(store, text);
    expect(await store.findRequest(request.id)).toMatchObject({ text });
    const thread = { teamId: 'T1', channelId: `\\'`, threadTs: ` OR 1=1 -- ` };
    expect(await store.findSnapshotByThread(thread)).toBeUndefined();
  });

  test('every listing reads an index, and sorts nothing but what waits for delivery', async () => {
    const url = await newDatabase();
    const store = await open(url);
    const filter = { limit: 5 };
    const sorting = new Set<string>();
    const readings: Record<string, () => Promise<unknown>> = {
      findRequest: () => store.findRequest('100' as RequestId),
      listRequests: () => store.listRequests(filter),
      'listRequests of an age': () => store.listRequests({ ...filter, createdAfter: 1 }),
      'listRequests of a state': () => store.listRequests({ ...filter, states: ['running'] }),
      listMessages: () => store.listMessages('100' as RequestId),
      listUndelivered: () => store.listUndelivered(5),
      findSnapshot: () => store.findSnapshot('100' as SnapshotId),
      findSnapshotByThread: () =>
        store.findSnapshotByThread({ teamId: 'T1', channelId: 'C1', threadTs: '1.1' }),
      listSnapshots: () => store.listSnapshots(filter),
      'listSnapshots of an environment': () => store.listSnapshots({ ...filter, environment: 'prod' }),
      'listSnapshots of an app there': () =>
        store.listSnapshots({ ...filter, app: 'shop', environment: 'prod' }),
    };
    await fillTables(url);
    for (const [name, read] of Object.entries(readings)) {
      const [plan] = await query(url, `EXPLAIN FORMAT=TRADITIONAL ${await logStatement(url, read)}`);
      expect([name, plan?.key]).toEqual([name, expect.any(String)]);
      if (plan?.Extra?.includes('filesort')) sorting.add(name);
    }
    // A thread has a handful of snapshots, a request a handful of messages.
    expect([...sorting]).toEqual(['listMessages', 'listUndelivered', 'findSnapshotByThread']);
  });

  /** The one statement that `read` sends, as the server logs it. */
  async function logStatement(url: string, read: () => Promise<unknown>): Promise<string> {
    await query(url, 'TRUNCATE mysql.general_log');
    await query(url, `SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON`);
    await read();
    await query(url, 'SET GLOBAL general_log = OFF');
    const statements = await query(
      url,
      `SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log
       WHERE command_type = 'Query' AND argument LIKE 'select %'`,
    );
    expect(statements).toHaveLength(1);
    return statements[0]?.text;
  }

  /** The column `seq`, from 0 to 9,999; the two products have no other way in common. */
  const digit = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS digit`).join(' UNION ALL ');
  const places = ['ones', 'tens', 'hundreds', 'thousands'];
  const numbers = `(SELECT ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit AS seq
    FROM ${places.map((place) => `(${digit}) AS ${place}`).join(', ')}) AS numbers`;

  /** Enough rows that reading a whole table is not the cheapest plan anyway. */
  async function fillTables(url: string): Promise<void> {
    await query(
      url,
      `INSERT INTO requests (id, deduplication_key, source, command, text, team_id, channel_id, thread_ts, user_id, state, created_at, updated_at)
       SELECT seq, seq, 'mention', 'snapshot', '', 'T1', seq MOD 50, seq, 'U1', IF(seq MOD 100 = 0, 'running', 'done'), seq, seq FROM ${numbers}`,
    );
    await query(
      url,
      `INSERT INTO messages (request_id, \`key\`, version, kind, created_at, updated_at, delivered_version, undelivered_since)
       SELECT seq, 'summary', 1, 'result', seq, seq, 1, IF(seq MOD 500 = 0, seq, NULL) FROM ${numbers}`,
    );
    await query(
      url,
      `INSERT INTO snapshots (id, request_id, app, environment, created_at, sample_count, event, pods, profile_key, picture_key)
       SELECT seq, seq, seq MOD 20, seq MOD 5, seq, 1, 'cycles', '[]', '', '' FROM ${numbers}`,
    );
    await query(url, 'ANALYZE TABLE requests, messages, snapshots');
  }

  test('a wrong password is told without the password', async () => {
    const url = new URL(server.url);
    url.password = 'geheim';
    const error = await failureOf(openStore(url.href));
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain('Access denied');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('an encrypted connection that the server does not offer, or that nobody vouches for, is refused', async () => {
    const error = await failureOf(openStore(`${server.url}?ssl-mode=verify`));
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toMatch(/does not support secure connection|self-signed certificate/);
  });

  test('a database that does not exist is named', async () => {
    const error = await failureOf(openStore(`${server.url}-not-there`));
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain(`Unknown database 'avalanche-not-there'`);
  });

  test('a user, password and database of any characters are taken from the URL', async () => {
    await query(server.url, 'CREATE DATABASE `a b/é`');
    await query(server.url, `CREATE USER 'ü@x'@'127.0.0.1' IDENTIFIED BY 'p:/@?#%&'`);
    await query(server.url, "GRANT ALL ON `a b/é`.* TO 'ü@x'@'127.0.0.1'");
    const { host } = new URL(server.url);
    const [user, password, database] = ['ü@x', 'p:/@?#%&', 'a b/é'].map(encodeURIComponent);
    const store = await open(`mariadb://${user}:${password}@${host}/${database}`);
    expect((await addRequest(store)).isNew).toBe(true);
  });

  test('a server that goes away is an error that may be tried again, and is found again when it is back', async () => {
    const line = await startRelay(Number(new URL(server.url).port));
    const url = new URL(server.url);
    url.port = String(line.port);
    const store = await open(url.href);
    const { request } = await addRequest(store);

    await line.cut();
    const error = await failureOf(store.findRequest(request.id));
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', retry: true });
    expect(error.message).toContain(`"127.0.0.1:${line.port}"`);
    expect(everythingIn(error)).not.toContain(url.password);

    await line.mend();
    expect(await store.findRequest(request.id)).toEqual(request);
    await line.cut();
  });

  test('an error of the engine does not repeat what people wrote', async () => {
    const store = await open(await newDatabase());
    const error = await failureOf(addRequest(store, `my-private-words${'x'.repeat(17_000_000)}`));
    expect(error.code).toBe('INTERNAL');
    expect(error.message).not.toContain('my-private-words');
    expect(error.message.length).toBeLessThan(500);
  });

  test('describes itself with product and version, without user or password', async () => {
    const store = await open(server.url);
    expect(await store.describe()).toMatch(
      new RegExp(`^${product} \\d+\\.\\d+\\.\\d+ at 127\\.0\\.0\\.1:\\d+$`),
    );
  });
}
