import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '../../storage/embedded.ts';
import { openEngines } from '../../storage/open-engines.ts';
import { readConfig } from '../../storage/read-config.ts';
import { findFreePort } from './start-redis.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-engines-'));
  await (await openEmbedded(join(folder, '.avalanche'))).close();
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const configWith = (environment: NodeJS.ProcessEnv) => readConfig({ environment, directory: folder });

describe('engines', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const engines of opened.splice(0)) await engines.close();
  });

  test('open on one embedded engine, work together, and say what they are', async () => {
    const engines = await openEngines(configWith({}));
    opened.push(engines);
    expect(await engines.describe()).toEqual([
      expect.stringMatching(/^database: PGlite/),
      'jobs: the embedded engine',
      `blobs: files in ${join(folder, '.avalanche', 'blobs')}`,
    ]);
    await engines.blobs.write('a/b', new Uint8Array(3));
    const handled = Promise.withResolvers<number>();
    await engines.queue.work('both', { concurrency: 1 }, async () => {
      handled.resolve((await engines.store.listSnapshots({ limit: 5 })).length);
    });
    await engines.queue.add({ name: 'both', id: 'one', payload: null });
    expect(await handled.promise).toBe(0);
  }, 30_000);

  test('keep the tables of the store and of BullMQ apart, and none where both would find it', async () => {
    await (await openEngines(configWith({}))).close();
    const embedded = await openEmbedded(join(folder, '.avalanche'));
    opened.push(embedded);
    const { rows } = await embedded.pglite.query<{ schema: string }>(
      "SELECT DISTINCT schemaname AS schema FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    expect(rows.map(({ schema }) => schema).toSorted()).toEqual(['avalanche', 'bullmq', 'drizzle']);
  }, 30_000);

  test('close what was opened when the next one fails, so that another try can have it', async () => {
    const port = await findFreePort();
    const config = configWith({ AVALANCHE_QUEUE_URL: `redis://127.0.0.1:${port}` });
    for (const _ of [1, 2]) {
      await expect(openEngines(config)).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringContaining(`127.0.0.1:${port}`),
      });
    }
  }, 30_000);

  test('close twice without harm', async () => {
    const engines = await openEngines(configWith({}));
    await engines.close();
    await engines.close();
  }, 30_000);

  test('refuse a blob folder that is a file before anything else is opened', async () => {
    await writeFile(join(folder, 'taken'), '');
    const config = configWith({ AVALANCHE_BLOB_URL: 'file:taken' });
    await expect(openEngines(config)).rejects.toMatchObject({ code: 'BLOB_UNWRITABLE' });
  });
});
