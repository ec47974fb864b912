import { randomUUIDv7 } from 'node:crypto';
import { NoopLogger } from 'drizzle-orm';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import type { RequestId, SnapshotId, Store } from '../../storage/database/store.ts';
import { have } from '../support/prerequisites.ts';
import { startMariadb, startPostgres, type TestServer } from '../support/servers.ts';

const snapshotCount = 1_000_000;
const requestCount = 250_000;
/** What a statement may touch at most: a page of the largest list, and what is open or undelivered in a bad hour. */
const most = { rowsRead: 5_000, rowsSorted: 1_000 };
/** People wait for these: at most a baseline is looked for among the newest of all apps. */
const mostOfSnapshots = { rowsRead: 2_000, rowsSorted: 0 };

type Statement = { text: string; values: readonly unknown[] };
type Cost = {
  /** Tables read from end to end, without an index. */
  wholeTables: string[];
  rowsRead: number;
  rowsSorted: number;
};

/** A database as its administrator sees it. */
type Administrator = {
  run(sql: string): Promise<unknown>;
  /** Runs the statement, measures, and undoes it. */
  measure(statement: Statement): Promise<Cost>;
  /** The rows that FROM gives, numbered from 1 in the column `n`. */
  numbers(count: number): string;
  /** Indexes are made when all is in: sorted once, and not row by row. */
  fill(insertAll: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const inSqlId = (n: string) => `concat('00000000-0000-7000-8000-', lpad(concat(${n}), 12, '0'))`;

/**
 * One app has a fifth of all snapshots and one channel a fifth of all requests; one app is long gone, and all but
 * a few requests are over and their messages delivered. Standard SQL, for both engines.
 */
async function fillTables({ run, numbers, fill }: Administrator): Promise<void> {
  await fill(async () => {
    await run(`INSERT INTO requests (id, deduplication_key, source, command, text, team_id, channel_id, thread_ts,
        user_id, state, created_at, updated_at)
      SELECT ${inSqlId('n')}, concat('key-', n), 'mention', 'snapshot', 'snapshot shop-prod', 'T1',
        CASE WHEN mod(n, 5) = 0 THEN 'C-large' ELSE concat('C', mod(n, 500)) END, concat(n, '.1'), 'U1',
        CASE WHEN mod(n, 5000) = 0 THEN 'running' WHEN mod(n, 5000) = 1 THEN 'accepted'
          WHEN mod(n, 50) = 2 THEN 'failed' ELSE 'done' END, n, n
      FROM ${numbers(requestCount)}`);
    await run(`INSERT INTO audit (request_id, source, command, app, environment, team_id, channel_id, user_id, state,
        created_at)
      SELECT ${inSqlId('n')}, 'mention', 'snapshot', concat('app-', mod(n, 97)),
        CASE WHEN mod(n, 3) = 0 THEN 'staging' ELSE 'prod' END, 'T1', 'C1', concat('U', mod(n, 50)), 'done', n
      FROM ${numbers(requestCount)}`);
    await run(`INSERT INTO messages (request_id, "key", version, kind, content, created_at, updated_at,
        delivered_version, undelivered_since)
      SELECT ${inSqlId('floor(n / 2)')}, CASE WHEN mod(n, 2) = 0 THEN 'summary' ELSE 'suspects' END, 2, 'result',
        '"text"', n, n, 2, CASE WHEN mod(n, 2000) = 0 THEN n END
      FROM ${numbers(2 * requestCount)}`);
    await run(`INSERT INTO snapshots (id, request_id, app, environment, created_at, sample_count, event, pods,
        profile_key, picture_key, verdict)
      SELECT ${inSqlId('n')}, ${inSqlId('floor(n / 4)')},
        CASE WHEN n <= 30 THEN 'gone' WHEN mod(n, 5) = 0 THEN 'shop' ELSE concat('app-', mod(n, 997)) END,
        CASE WHEN n <= 30 THEN 'attic' WHEN mod(n, 3) = 0 THEN 'staging' ELSE 'prod' END,
        n, 1, 'cycles', '[{"name":"pod-1","state":"captured","sampleCount":1,"error":null}]', 'profile', 'picture',
        'JsonParser.parse takes 40 % of the time'
      FROM ${numbers(snapshotCount)}`);
    await run(`INSERT INTO link_revocations (snapshot_id, revoked_at)
      SELECT ${inSqlId('n')}, n FROM ${numbers(snapshotCount / 100)}`);
    await run(
      `INSERT INTO secrets (name, value, created_at) SELECT concat('key-', n), 'value', n FROM ${numbers(1_000)}`,
    );
    await run(
      `INSERT INTO agreements (name, content, updated_at) SELECT concat('name-', n), '[]', n FROM ${numbers(1_000)}`,
    );
  });
}

async function connectToMariadb(url: string): Promise<Administrator> {
  const connection: Connection = await createConnection(url);
  const run = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0];
  await run(`SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'`);
  const explain = async ({ text, values }: Statement): Promise<string[]> => {
    const [lines] = await connection.query<RowDataPacket[]>(`EXPLAIN ${text}`, [...values]);
    return lines.filter(({ type }) => type === 'ALL').map(({ table }) => String(table));
  };
  return {
    run,
    async measure(statement) {
      await run(`SET SESSION sql_mode = 'STRICT_ALL_TABLES'`);
      const wholeTables = await explain(statement);
      await run('START TRANSACTION');
      await run('FLUSH STATUS');
      await connection.query(statement.text, [...statement.values]);
      const counters = (await run(
        `SHOW SESSION STATUS WHERE variable_name LIKE 'Handler_read_%' OR variable_name = 'Sort_rows'`,
      )) as { Variable_name: string; Value: string }[];
      await run('ROLLBACK');
      const sum = (wanted: RegExp) =>
        counters
          .filter(({ Variable_name }) => wanted.test(Variable_name))
          .reduce((total, { Value }) => total + Number(Value), 0);
      return { wholeTables, rowsRead: sum(/^Handler_read/), rowsSorted: sum(/^Sort_rows$/) };
    },
    numbers: (count) => `(SELECT seq AS n FROM seq_1_to_${count}) AS numbers`,
    async fill(insertAll) {
      await run('SET GLOBAL innodb_buffer_pool_size = 768 * 1024 * 1024');
      await run('SET GLOBAL innodb_log_file_size = 1024 * 1024 * 1024');
      const indexes = (await run(
        `SELECT table_name AS "table", index_name AS name, group_concat(column_name ORDER BY seq_in_index) AS columns
         FROM information_schema.statistics WHERE table_schema = database() AND non_unique = 1
         GROUP BY table_name, index_name`,
      )) as { table: string; name: string; columns: string }[];
      const alter = (change: (index: { name: string; columns: string }) => string) =>
        [...Map.groupBy(indexes, ({ table }) => table)].map(
          ([table, ofTable]) => `ALTER TABLE ${table} ${ofTable.map(change).join(', ')}`,
        );
      for (const statement of alter(({ name }) => `DROP INDEX ${name}`)) await run(statement);
      await insertAll();
      for (const statement of alter(({ name, columns }) => `ADD INDEX ${name} (${columns})`))
        await run(statement);
      await run('ANALYZE TABLE requests, audit, messages, snapshots, link_revocations, secrets, agreements');
    },
    close: () => connection.end(),
  };
}

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
};

async function connectToPostgres(url: string): Promise<Administrator> {
  const client = new Client(url);
  await client.connect();
  const run = async (sql: string) => (await client.query(sql)).rows;
  await run(`SET search_path TO avalanche; SET maintenance_work_mem = '256MB'`);
  return {
    run,
    async measure({ text, values }) {
      await run('BEGIN');
      const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`, [...values]);
      await run('ROLLBACK');
      return sumUp(rows[0]['QUERY PLAN'][0].Plan);
    },
    numbers: (count) => `generate_series(1, ${count}) AS numbers (n)`,
    async fill(insertAll) {
      const indexes = (await run(
        `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
         WHERE schemaname = 'avalanche' AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
      )) as { name: string; definition: string }[];
      for (const { name } of indexes) await run(`DROP INDEX ${name}`);
      await insertAll();
      for (const { definition } of indexes) await run(definition);
      await run('VACUUM ANALYZE');
    },
    close: () => client.end(),
  };
}

function sumUp(plan: Plan): Cost {
  const below = (plan.Plans ?? []).map(sumUp);
  const all = (key: 'rowsRead' | 'rowsSorted') => below.reduce((total, cost) => total + cost[key], 0);
  const isScan = plan['Node Type'].endsWith('Scan');
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return {
    wholeTables: [
      ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
      ...below.flatMap(({ wholeTables }) => wholeTables),
    ],
    rowsRead: all('rowsRead') + (isScan ? rows : 0),
    rowsSorted: all('rowsSorted') + (plan['Node Type'].endsWith('Sort') ? inputRows(plan) : 0),
  };
}

function inputRows({ Plans: [input] = [] }: Plan): number {
  return input === undefined ? 0 : input['Actual Rows'] * input['Actual Loops'];
}

type Question = (store: Store) => Promise<unknown>;

/** Every method of the store, so that a new one cannot do without. */
const questions: Record<Exclude<keyof Store, 'describe' | 'close'>, Record<string, Question>> = {
  addRequest: {
    new: (store) =>
      store.addRequest({
        id: randomUUIDv7() as RequestId,
        deduplicationKey: randomUUIDv7(),
        source: 'mention',
        command: 'snapshot',
        arguments: null,
        text: '',
        teamId: 'T1',
        channelId: 'C1',
        threadTs: null,
        userId: 'U1',
      }),
  },
  findRequest: { known: (store) => store.findRequest(requestId(70_000)) },
  listKnownRequests: {
    '500 ids': (store) => store.listKnownRequests(Array.from({ length: 500 }, (_, n) => requestId(n * 400))),
  },
  removeRequests: {
    'the 500 oldest': (store) => store.removeRequests({ createdBefore: requestCount / 2, limit: 500 }),
    'none is old': (store) => store.removeRequests({ createdBefore: 0, limit: 500 }),
  },
  listRequests: {
    newest: (store) => store.listRequests({ createdAfter: 100_000, limit: 50 }),
    'accepted (sweep)': (store) =>
      store.listRequests({ states: ['accepted'], createdAfter: 100_000, limit: 100 }),
    open: (store) => store.listRequests({ states: ['accepted', 'running'], limit: 500 }),
    'open, of a day': (store) =>
      store.listRequests({ states: ['accepted', 'running'], createdAfter: 200_000, limit: 100 }),
    'failed, of a day': (store) =>
      store.listRequests({ states: ['failed'], createdAfter: 200_000, limit: 5 }),
    'open in a large channel': (store) => listOpen(store, { channelId: 'C-large' }),
    'open in a small channel': (store) => listOpen(store, { channelId: 'C7' }),
    'open in a thread': (store) => listOpen(store, { channelId: 'C-large', threadTs: '90000.1' }),
    'in a thread': (store) =>
      store.listRequests({ place: { teamId: 'T1', channelId: 'C7', threadTs: '90007.1' }, limit: 10 }),
  },
  setRequestState: { done: (store) => store.setRequestState(requestId(5_000), 'done') },
  cancelRequest: {
    running: (store) =>
      store.cancelRequest(requestId(10_000), {
        message: { key: 'summary', content: 'over' },
        error: { code: 'REQUEST_CANCELLED', message: '', advice: '' },
      }),
  },
  setRequestThread: { known: (store) => store.setRequestThread(requestId(15_000), '1.1') },
  writeMessage: {
    newer: (store) =>
      store.writeMessage({ requestId: requestId(20_000), key: 'summary', kind: 'result', content: 'new' }),
  },
  listMessages: { known: (store) => store.listMessages(requestId(70_000)) },
  listUndelivered: { oldest: (store) => store.listUndelivered(100) },
  markDelivered: {
    newest: (store) => store.markDelivered(requestId(20_000), 'summary', { version: 3, slackTs: '1.2' }),
  },
  leaseDelivery: { free: (store) => store.leaseDelivery(requestId(20_000), 'bot-1', 1_000) },
  releaseDelivery: { held: (store) => store.releaseDelivery(requestId(20_000), 'bot-1') },
  addSnapshot: {
    new: async (store) => {
      const [row] = await store.listSnapshots({ limit: 1 });
      await store.addSnapshot({ ...row!, id: randomUUIDv7() as SnapshotId });
    },
  },
  findSnapshot: { known: (store) => store.findSnapshot(idOf(500_000) as SnapshotId) },
  findSnapshotByThread: {
    known: (store) => store.findSnapshotByThread({ teamId: 'T1', channelId: 'C-large', threadTs: '90000.1' }),
  },
  removeSnapshot: { known: (store) => store.removeSnapshot(idOf(500_001) as SnapshotId) },
  pinSnapshot: { known: (store) => store.pinSnapshot(idOf(500_002) as SnapshotId, 'U1') },
  unpinSnapshot: { known: (store) => store.unpinSnapshot(idOf(500_002) as SnapshotId) },
  listExpiredSnapshots: {
    'by age': (store) =>
      store.listExpiredSnapshots({ createdBefore: snapshotCount / 2, keptPerApp: 200, limit: 1_000 }),
    'by count': (store) => store.listExpiredSnapshots({ createdBefore: 0, keptPerApp: 200, limit: 1_000 }),
  },
  listSnapshots: {
    newest: (store) => store.listSnapshots({ limit: 25 }),
    'of the largest app': (store) => store.listSnapshots({ app: 'shop', limit: 25 }),
    'of an app': (store) => store.listSnapshots({ app: 'app-13', limit: 25 }),
    'of an app long gone': (store) => store.listSnapshots({ app: 'gone', limit: 25 }),
    'of an environment': (store) => store.listSnapshots({ environment: 'staging', limit: 25 }),
    'of an environment long gone': (store) => store.listSnapshots({ environment: 'attic', limit: 25 }),
    'of an app in an environment': (store) =>
      store.listSnapshots({ app: 'app-13', environment: 'prod', limit: 25 }),
    'of the largest, for a baseline': (store) =>
      store.listSnapshots({ app: 'shop', environment: 'prod', limit: 200 }),
    'of an app unknown': (store) => store.listSnapshots({ app: 'nothing', environment: 'prod', limit: 25 }),
  },
  forgetThread: { known: (store) => store.forgetThread(requestId(5_000), '5000.1') },
  revokeLinks: { again: (store) => store.revokeLinks(idOf(5_000) as SnapshotId) },
  findLinkRevocation: { known: (store) => store.findLinkRevocation(idOf(5_000) as SnapshotId) },
  setAuditReason: { known: (store) => store.setAuditReason(requestId(5_000), 'why') },
  setAuditTarget: {
    known: (store) => store.setAuditTarget(requestId(5_000), { app: 'shop', environment: 'prod' }),
  },
  listAudit: {
    newest: (store) => store.listAudit({ teamId: 'T1', limit: 25 }),
    'newest of all workspaces': (store) => store.listAudit({ limit: 25 }),
    'of a person': (store) => store.listAudit({ teamId: 'T1', userId: 'U7', limit: 25 }),
    'of a person unknown': (store) => store.listAudit({ teamId: 'T1', userId: 'U-none', limit: 25 }),
    'of an app': (store) =>
      store.listAudit({ teamId: 'T1', target: { app: 'app-13', environment: 'prod' }, limit: 25 }),
    'of a person in an app': (store) =>
      store.listAudit({
        ...{ teamId: 'T1', userId: 'U7', limit: 25 },
        target: { app: 'app-13', environment: 'prod' },
      }),
  },
  removeAudit: {
    'the 500 oldest': (store) => store.removeAudit({ createdBefore: requestCount / 2, limit: 500 }),
    'none is old': (store) => store.removeAudit({ createdBefore: 0, limit: 500 }),
  },
  keepSecret: { known: (store) => store.keepSecret('key-7', 'other') },
  changeAgreement: { known: (store) => store.changeAgreement('name-7', (content) => content) },
};

function requestId(n: number): RequestId {
  return idOf(n) as RequestId;
}

function listOpen(store: Store, place: { channelId: string; threadTs?: string }): Promise<unknown> {
  const states = ['accepted' as const, 'running' as const];
  return store.listRequests({ states, place: { teamId: 'T1', ...place }, limit: 100 });
}

function listingsAreServed(
  engineName: string,
  start: () => Promise<TestServer>,
  connect: (url: string) => Promise<Administrator>,
): void {
  describe(`with ${snapshotCount} snapshots on ${engineName}`, () => {
    let server: TestServer;
    let store: Store;
    let administrator: Administrator;

    beforeAll(async () => {
      server = await start();
      store = await openStore(server.url);
      administrator = await connect(server.url);
      const begin = performance.now();
      await fillTables(administrator);
      console.log(`${engineName}: filled in ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
    }, 600_000);
    afterEach(() => vi.restoreAllMocks());
    afterAll(async () => {
      await administrator?.close();
      await store?.close();
      await server?.stop();
    });

    const cases = Object.entries(questions).flatMap(([method, ways]) =>
      Object.entries(ways).map(([way, ask]) => ({ name: `${method}, ${way}`, ask })),
    );

    test.for(cases)('$name', { timeout: 120_000 }, async ({ name, ask }) => {
      const statements = await record(() => ask(store));
      const begin = performance.now();
      await ask(store);
      const took = performance.now() - begin;
      const costs = [];
      for (const statement of statements)
        costs.push({ statement, ...(await administrator.measure(statement)) });
      const read = costs.map(({ rowsRead }) => rowsRead);
      const sorted = costs.map(({ rowsSorted }) => rowsSorted);
      console.log(
        `${engineName}: ${name}: ${took.toFixed(1)} ms, rows read ${read.join(' + ')}, sorted ${Math.max(...sorted, 0)}`,
      );
      const limits = name.startsWith('listSnapshots') ? mostOfSnapshots : most;
      for (const { statement, wholeTables, rowsRead, rowsSorted } of costs) {
        const { text } = statement;
        // Once an hour, when few are too old, all snapshots are counted by app: in an index, or where the engine likes.
        if (/ having count/.test(text)) continue;
        expect({ text, wholeTables }).toEqual({ text, wholeTables: [] });
        expect(rowsRead, text).toBeLessThanOrEqual(limits.rowsRead);
        expect(rowsSorted, text).toBeLessThanOrEqual(limits.rowsSorted);
      }
    });
  });
}

/** What the store sends, as the query builder hands it to the driver; a bare insert reads nothing. */
async function record(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  vi.spyOn(NoopLogger.prototype, 'logQuery').mockImplementation((...sent: unknown[]) => {
    const [text, values] = sent as [string, unknown[]];
    if (/^(select|update|delete)\b/i.test(text)) statements.push({ text, values });
  });
  await work();
  vi.restoreAllMocks();
  expect(statements.length).toBeGreaterThan(0);
  return statements;
}

describe.skipIf(!have('mariadbd'))('listings on MariaDB', () => {
  listingsAreServed('MariaDB', startMariadb, connectToMariadb);
});

describe.skipIf(!have('postgres'))('listings on Postgres', () => {
  listingsAreServed('Postgres', startPostgres, connectToPostgres);
});
