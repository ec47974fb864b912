import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import type { RequestId, SnapshotId, Store } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { everythingIn, failureOf } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';
import { type LastingServer, startPostgres } from '../support/servers.ts';
import { withFirstMigration } from './first-migrations.ts';

const failureToOpen = (url: string) => failureOf(openStore(url));

describe('a Postgres URL', () => {
  test.for([
    ['postgres://u:geheim@127.0.0.1:1', 'it names no database'],
    ['postgres://127.0.0.1:1/a', 'it names no user'],
    ['postgres:///a', 'it names no host'],
    [
      'postgres://u:geheim@127.0.0.1:1/a?sslmode=verify',
      'sslmode is "verify" and may be "disable", "require"',
    ],
    ['postgres://u:geheim@127.0.0.1:1/a?sslmode=toString', 'sslmode is "toString"'],
    ['postgres://u:geheim@127.0.0.1:1/a?options=-c', 'the parameter "options" is unknown'],
    ['postgres://u:geheim%zz@127.0.0.1:1/a', 'two hexadecimal digits'],
    ['postgres://u:ge#heim@127.0.0.1:1/a', ''],
    ['postgres://u:geheim@127.0.0.1:99999/a', 'it is no URL'],
  ])('%s is refused: %s', async ([url, reason]) => {
    const error = await failureToOpen(url!);
    expect(error).toBeInstanceOf(AvalancheError);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(reason);
    expect(everythingIn(error)).not.toMatch(/geheim|heim@/);
  });

  test.for(['postgres', 'postgresql'])('%s:// to a closed port names host and port only', async (scheme) => {
    const error = await failureToOpen(`${scheme}://bot:geheim@127.0.0.1:1/avalanche`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', retry: true });
    expect(error.message).toContain('Cannot reach the database at "127.0.0.1:1": ');
    expect(error.message).toContain('ECONNREFUSED');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('a host that does not exist is named', async () => {
    const error = await failureToOpen('postgres://bot:geheim@nowhere.invalid/avalanche');
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain('"nowhere.invalid:5432"');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test.for([
    ['is something else', '', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['offers no encryption', '?sslmode=require', 'N'],
  ] as const)('a server that %s is unreachable, not waited for', async ([, parameters, answer]) => {
    const server = createServer((socket) => socket.on('error', () => {}).end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await failureToOpen(`postgres://bot:geheim@127.0.0.1:${port}/avalanche${parameters}`);
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(everythingIn(error)).not.toContain('geheim');
    server.close();
  });
});

describe.skipIf(!have('postgres'))('a store on Postgres', () => {
  let server: LastingServer;
  const stores: Store[] = [];

  beforeAll(async () => {
    server = await startPostgres({ withTls: have('openssl') });
  }, 60_000);
  afterAll(() => server?.stop());
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  async function open(url: string): Promise<Store> {
    const store = await openStore(url);
    stores.push(store);
    return store;
  }

  async function newDatabase(options = ''): Promise<string> {
    const url = new URL(server.url);
    url.pathname = `/a_${randomUUIDv7().replaceAll('-', '')}`;
    await query(server.url, `CREATE DATABASE ${url.pathname.slice(1)} ${options}`);
    return url.href;
  }

  // biome-ignore lint/suspicious/noExplicitAny: rows of any question
  async function query(url: string, sql: string, values: unknown[] = []): Promise<any[]> {
    const client = new Client(url);
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
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

  test('8 processes that start at once on an empty database bring up the tables once', async () => {
    const url = await newDatabase();
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(url)));
    const { request } = await addRequest(opened[0]!);
    expect(await opened[7]!.findRequest(request.id)).toEqual(request);
    const migrations = await query(url, 'SELECT hash FROM avalanche_migrations.__drizzle_migrations');
    expect(new Set(migrations.map((row) => row.hash)).size).toBe(migrations.length);
  });

  test('the migrations of another program in the same database are not taken for ours', async () => {
    const url = await newDatabase();
    await query(
      url,
      `CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint);
       INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('theirs', 9999999999999)`,
    );
    expect((await addRequest(await open(url))).isNew).toBe(true);
  });

  test('a process that waits for another one to migrate its own database does not wait for one of another', async () => {
    const [here, elsewhere] = [await newDatabase(), await newDatabase()];
    const holder = new Client(elsewhere);
    await holder.connect();
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('avalanche-migrations', 0))`);
    await open(here);
    const waiting = open(elsewhere);
    expect(await Promise.race([waiting, sleep(300, 'still waiting')])).toBe('still waiting');
    await holder.end();
    await waiting;
  });

  test('a database of the first version is brought up to date with what is in it', async () => {
    const url = await newDatabase();
    await bringToFirstVersion(url);
    await query(
      url,
      `INSERT INTO avalanche.requests (id, deduplication_key, source, command, text, team_id, channel_id, user_id, state, created_at, updated_at)
       VALUES ('old', 'k', 'mention', 'snapshot', 'shop 🏔', 'T1', 'C1', 'U1', 'done', 1, 1)`,
    );
    const store = await open(url);
    expect(await store.findRequest('old' as RequestId)).toMatchObject({ text: 'shop 🏔', state: 'done' });
    expect((await addRequest(store)).isNew).toBe(true);
  });

  async function bringToFirstVersion(url: string): Promise<void> {
    const client = new Client(url);
    await client.connect();
    await withFirstMigration('postgres', (migrationsFolder) =>
      migrate(drizzle({ client }), { migrationsFolder, migrationsSchema: 'avalanche_migrations' }),
    );
    await client.end();
  }

  test('texts with a length are compared by code point although the server sorts as a dictionary', async () => {
    const url = await newDatabase();
    await open(url);
    const columns = await query(
      url,
      `SELECT DISTINCT collation_name AS name FROM information_schema.columns
       WHERE table_schema = 'avalanche' AND data_type = 'character varying'`,
    );
    expect(columns).toEqual([{ name: 'C' }]);
  });

  test('every listing reads an index, and sorts nothing but what waits for delivery', async () => {
    const url = await newDatabase();
    const store = await open(url);
    const filter = { limit: 5 };
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
      'listSnapshots of an environment': () => store.listSnapshots({ ...filter, environment: '3' }),
      'listSnapshots of an app there': () => store.listSnapshots({ ...filter, app: '13', environment: '3' }),
    };
    await fillTables(url);
    const sorting: string[] = [];
    for (const [name, read] of Object.entries(readings)) {
      const plan = await explain(url, read);
      expect([name, plan]).not.toEqual([name, expect.stringContaining('Seq Scan')]);
      if (plan.includes('Sort')) sorting.push(name);
    }
    // One row has an id; a thread has a handful of snapshots, a request a handful of messages.
    expect(sorting).toEqual([
      'findRequest',
      'listMessages',
      'listUndelivered',
      'findSnapshot',
      'findSnapshotByThread',
    ]);
  }, 30_000);

  /** The plan of the one statement that `read` sends, for the values that it sends. */
  async function explain(url: string, read: () => Promise<unknown>): Promise<string> {
    const spy = vi.spyOn(Pool.prototype, 'query');
    await read();
    const sent = spy.mock.calls as unknown as [{ text: string }, unknown[]][];
    spy.mockRestore();
    expect(sent).toHaveLength(1);
    const [{ text }, values] = sent[0]!;
    const lines = await query(url, `EXPLAIN ${text}`, values);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  }

  /** Enough rows that reading a whole table is not the cheapest plan anyway. */
  async function fillTables(url: string): Promise<void> {
    await query(
      url,
      `SET search_path TO avalanche;
       INSERT INTO requests (id, deduplication_key, source, command, text, team_id, channel_id, thread_ts, user_id, state, created_at, updated_at)
       SELECT n, n, 'mention', 'snapshot', '', 'T1', n % 50, n, 'U1', CASE WHEN n % 100 = 0 THEN 'running' ELSE 'done' END, n, n FROM generate_series(1, 5000) n;
       INSERT INTO messages (request_id, key, version, kind, created_at, updated_at, delivered_version, undelivered_since)
       SELECT n, 'summary', 1, 'result', n, n, 1, CASE WHEN n % 500 = 0 THEN n END FROM generate_series(1, 5000) n;
       INSERT INTO snapshots (id, request_id, app, environment, created_at, sample_count, event, pods, profile_key, picture_key)
       SELECT n, n, n % 20, n % 5, n, 1, 'cycles', '[]', '', '' FROM generate_series(1, 5000) n;
       ANALYZE requests; ANALYZE messages; ANALYZE snapshots`,
    );
  }

  test('a wrong password is told without the password', async () => {
    const url = new URL(server.url);
    url.password = 'geheim';
    const error = await failureToOpen(url.href);
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain('password authentication failed');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('a database that does not exist is named', async () => {
    const error = await failureToOpen(`${server.url}-not-there`);
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain('database "avalanche-not-there" does not exist');
  });

  test('a database that cannot hold every character is refused', async () => {
    const url = await newDatabase(`ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`);
    const error = await failureToOpen(url);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toMatch(
      /^Cannot use Postgres at "127\.0\.0\.1:\d+": the encoding of the database is LATIN1 \(wanted UTF8\)$/,
    );
  });

  test('a server that only reads, as a standby does, may be tried again', async () => {
    const url = await newDatabase();
    await open(url);
    await query(
      url,
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    const error = await failureOf(open(url).then((store) => addRequest(store)));
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', retry: true });
  });

  test('a user, password and database of any characters are taken from the URL', async () => {
    const { host } = new URL(server.url);
    const [user, password, database] = ['ü@x', 'p:/@?#%&', 'a b/é'].map(encodeURIComponent);
    const asSuperuser = new URL(server.url);
    asSuperuser.username = 'postgres';
    asSuperuser.pathname = '/postgres';
    await query(asSuperuser.href, `CREATE ROLE "ü@x" LOGIN PASSWORD 'p:/@?#%&'`);
    await query(asSuperuser.href, 'CREATE DATABASE "a b/é" OWNER "ü@x"');
    const store = await open(`postgresql://${user}:${password}@${host}/${database}`);
    expect((await addRequest(store)).isNew).toBe(true);
  });

  describe.skipIf(!have('openssl'))('with TLS', () => {
    const encrypted = (mode: string, host = '127.0.0.1') =>
      server.url.replace('127.0.0.1', host).concat(`?sslmode=${mode}`);
    const usual = getCACertificates('default');
    const trustServer = async () =>
      setDefaultCACertificates([...usual, await readFile(join(server.folder, 'server.crt'), 'utf8')]);
    afterEach(() => setDefaultCACertificates(usual));

    async function countConnections(): Promise<{ encrypted: boolean }[]> {
      return query(
        server.url,
        `SELECT DISTINCT ssl AS encrypted FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'avalanche'`,
      );
    }

    test.for([
      ['disable', false],
      ['require', true],
    ] as const)('%s: encrypted is %s, whoever answers', async ([mode, isEncrypted]) => {
      const store = await open(encrypted(mode));
      await addRequest(store);
      expect(await countConnections()).toEqual([{ encrypted: isEncrypted }]);
    });

    test.for(['verify-ca', 'verify-full'])(
      '%s refuses a certificate that nobody vouches for',
      async (mode) => {
        const error = await failureToOpen(encrypted(mode));
        expect(error.code).toBe('ENGINE_UNREACHABLE');
        expect(error.message).toMatch(/self.signed certificate/);
      },
    );

    test('verify-full takes the certificate of this host, and not under another name', async () => {
      await trustServer();
      await addRequest(await open(encrypted('verify-full')));
      expect(await countConnections()).toEqual([{ encrypted: true }]);
      const error = await failureToOpen(encrypted('verify-full', 'localhost'));
      expect(error.code).toBe('ENGINE_UNREACHABLE');
      expect(error.message).toContain('altnames');
      await addRequest(await open(encrypted('verify-ca', 'localhost')));
    });
  });

  test('a server restarted under load: what was confirmed is kept, what fails says so, and later work succeeds', async () => {
    const store = await open(server.url);
    const confirmed: RequestId[] = [];
    const failures: Error[] = [];
    let isOver = false;
    const work = async () => {
      while (!isOver) {
        try {
          const { request } = await addRequest(store);
          confirmed.push(request.id);
          await store.writeMessage({ requestId: request.id, key: 'summary', kind: 'progress', content: 1 });
          await store.writeMessage({ requestId: request.id, key: 'summary', kind: 'result', content: 2 });
        } catch (error) {
          failures.push(error as Error);
          await sleep(20);
        }
      }
    };
    const workers = Array.from({ length: 20 }, work);
    for (let round = 0; round < 2; round++) {
      await vi.waitUntil(() => confirmed.length >= 50, 10_000);
      await server.end();
      await vi.waitUntil(() => failures.length >= 20, 10_000);
      await server.start();
      const before = confirmed.length;
      await vi.waitUntil(() => confirmed.length > before + 50, 10_000);
    }
    isOver = true;
    await Promise.all(workers);

    const codes = new Set(failures.map((error) => (error as AvalancheError).code));
    expect([...codes]).toEqual(['ENGINE_UNREACHABLE']);
    expect(everythingIn(failures)).not.toContain(new URL(server.url).password);
    const kept = await query(server.url, 'SELECT id FROM avalanche.requests WHERE id = ANY($1)', [confirmed]);
    expect(kept).toHaveLength(confirmed.length);
  }, 60_000);

  test('an error of the engine does not repeat what people wrote', async () => {
    const store = await open(await newDatabase());
    const request = { ...(await addRequest(store)).request, id: randomUUIDv7() as RequestId };
    const error = await failureOf(store.addRequest({ ...request, deduplicationKey: 'private'.repeat(100) }));
    expect(error).toMatchObject({ code: 'INTERNAL' });
    expect(everythingIn(error)).not.toContain('privateprivate');
  });

  test('describes itself with product and version, without user or password', async () => {
    const store = await open(server.url);
    expect(await store.describe()).toMatch(/^PostgreSQL \d+\.\d+ at 127\.0\.0\.1:\d+$/);
  });
});
