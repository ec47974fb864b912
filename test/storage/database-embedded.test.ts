import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import type { RequestId, Store } from '../../storage/database/store.ts';
import { type Embedded, openEmbedded } from '../../storage/embedded.ts';

let folder: string;
let embedded: Embedded;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-test-store-'));
  embedded = await openEmbedded(folder);
});
afterAll(async () => {
  await embedded?.close();
  await rm(folder, { recursive: true, force: true });
});

const addRequest = (store: Store) =>
  store.addRequest({
    id: randomUUIDv7() as RequestId,
    deduplicationKey: randomUUIDv7(),
    source: 'slash-command',
    command: 'snapshot',
    arguments: { app: 'shop' },
    text: 'shop-demo 🏔',
    teamId: '',
    channelId: '',
    threadTs: null,
    userId: '',
  });

test('closing the store leaves the engine open for the others in it', async () => {
  const store = await openStore(`embedded:${folder}`, embedded);
  await store.close();
  const { rows } = await embedded.pglite.query('SELECT 1 AS one');
  expect(rows).toEqual([{ one: 1 }]);
});

test('the tables are found whatever search path BullMQ leaves in the session', async () => {
  const store = await openStore(`embedded:${folder}`, embedded);
  await embedded.pglite.exec('SET search_path TO bullmq');
  const { request } = await addRequest(store);
  await embedded.pglite.exec('SET search_path TO public, bullmq');
  expect(await store.findRequest(request.id)).toEqual(request);
});

test('a transaction of the queue that is rolled back takes nothing of the store with it', async () => {
  const store = await openStore(`embedded:${folder}`, embedded);
  const client = await embedded.pool.connect();
  await client.query('BEGIN');
  const adding = addRequest(store);
  await client.query('ROLLBACK');
  client.release();
  const { request } = await adding;
  expect(await store.findRequest(request.id)).toEqual(request);
});

test('without an engine to live in, an embedded store is refused', async () => {
  await expect(openStore(`embedded:${folder}`)).rejects.toThrow(TypeError);
});

test('describes itself with the version of the Postgres inside', async () => {
  const store = await openStore(`embedded:${folder}`, embedded);
  expect(await store.describe()).toMatch(/^PGlite \(PostgreSQL \d+\.\d+\), embedded$/);
});

test('a store opened again on the same folder holds everything', async () => {
  const store = await openStore(`embedded:${folder}`, embedded);
  const { request } = await addRequest(store);
  const message = await store.writeMessage({
    requestId: request.id,
    key: 'summary',
    kind: 'result',
    content: ['🏔'],
  });
  await store.close();
  await embedded.close();

  embedded = await openEmbedded(folder);
  const reopened = await openStore(`embedded:${folder}`, embedded);
  expect(await reopened.findRequest(request.id)).toEqual(request);
  expect(await reopened.listMessages(request.id)).toEqual([message]);
  expect(await reopened.listUndelivered(10)).toContain(request.id);
});
