import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openQueue } from '../../storage/open-queue.ts';
import type { JobQueue } from '../../storage/queue.ts';
import { everythingIn, failureOf } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';
import { type LastingServer, startPostgres } from '../support/servers.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.skipIf(!have('postgres'))('a queue on Postgres', () => {
  let server: LastingServer;
  const queues: JobQueue[] = [];
  const errors: Error[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
    expect(everythingIn(errors.splice(0))).not.toContain(new URL(server.url).password);
  });

  async function open(url = server.url, prefix = 'test'): Promise<JobQueue> {
    const queue = await openQueue(url, undefined, { prefix, onError: (error) => errors.push(error) });
    queues.push(queue);
    return queue;
  }

  async function newDatabase(): Promise<string> {
    const url = new URL(server.url);
    url.pathname = `/q_${randomUUIDv7().replaceAll('-', '')}`;
    const client = new Client(server.url);
    await client.connect();
    await client.query(`CREATE DATABASE ${url.pathname.slice(1)}`);
    await client.end();
    return url.href;
  }

  test('8 processes that start at once on an empty database bring up its tables once', async () => {
    const url = await newDatabase();
    const opened = await Promise.all(numbers(8).map(() => open(url)));
    await opened[0]?.add({ name: 'first', id: 'one', payload: null });
    expect((await opened[7]?.state(['first']))?.first?.waiting).toBe(1);
  });

  test('describes itself with product and version, without user or password', async () => {
    expect((await open()).describe()).toMatch(/^PostgreSQL \d+\.\d+ at 127\.0\.0\.1:\d+$/);
  });

  test('a wrong password is told without the password', async () => {
    const url = new URL(server.url);
    url.password = 'geheim';
    const error = await failureOf(open(url.href));
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(error.message).toMatch(
      /^Cannot use the job queue on Postgres at "127\.0\.0\.1:\d+": password authentication failed/,
    );
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('more workers than the pool has connections do not stand in its way', async () => {
    const queue = await open();
    const names = numbers(15).map((n) => `name-${n}`);
    const handled: string[] = [];
    for (const name of names) await queue.work(name, { concurrency: 1 }, async () => handled.push(name));
    await Promise.all(names.map((name) => queue.add({ name, id: 'one', payload: null })));
    await expect.poll(() => handled.toSorted(), { timeout: 5_000 }).toEqual(names.toSorted());
    expect((await queue.state(['name-3']))['name-3']?.workers).toBe(1);
  });

  test('a job added is started at once', async () => {
    const [bot, worker] = [await open(), await open()];
    const waits: number[] = [];
    let started = Promise.withResolvers<void>();
    await worker.work('prompt', { concurrency: 1 }, async () => started.resolve());
    for (const n of numbers(30)) {
      const addedAt = performance.now();
      await bot.add({ name: 'prompt', id: `job-${n}`, payload: null });
      await started.promise;
      waits.push(performance.now() - addedAt);
      started = Promise.withResolvers();
    }
    // A few milliseconds on a machine with nothing else to do; without LISTEN it would be seconds.
    expect(waits.toSorted((a, b) => a - b)[15]).toBeLessThan(500);
  });

  test('answers with an error while the server is away, and is woken by jobs again when it is back', async () => {
    const queue = await open();
    const handled: string[] = [];
    await queue.work('outage', { concurrency: 1 }, async ({ id }) => handled.push(id));
    await server.end();
    const error = await failureOf(queue.add({ name: 'outage', id: 'lost', payload: null }));
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', retry: true });
    expect(error.message).toMatch(
      /^Cannot add job "outage" on PostgreSQL .* at 127\.0\.0\.1:\d+: .*(ECONNREFUSED|terminat)/,
    );
    expect(errors.length).toBeGreaterThan(0);
    await server.start();
    await queue.add({ name: 'outage', id: 'first', payload: null });
    await expect.poll(() => handled, { timeout: 5_000 }).toContain('first');
    // Without LISTEN it would be found at the next look, up to 5 s later.
    for (const id of ['second', 'third', 'fourth']) {
      await queue.add({ name: 'outage', id, payload: null });
      await expect.poll(() => handled, { timeout: 2_000, interval: 10 }).toContain(id);
    }
    expect(handled.filter((id) => id === 'lost').length).toBeLessThanOrEqual(1);
  }, 30_000);

  test('a job that ends while the server is away is done, once, and no failure', async () => {
    const queue = await open();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<string>();
    let runs = 0;
    await queue.work('part', { concurrency: 1 }, async () => {
      runs++;
      started.resolve();
      return release.promise;
    });
    const results = Promise.withResolvers<unknown>();
    await queue.work('whole', { concurrency: 1 }, async (job) => results.resolve(await job.childResults()));
    await queue.addFlow({ name: 'whole', id: 'w', payload: null }, [
      { name: 'part', id: 'p', payload: null },
    ]);
    await started.promise;
    await server.end();
    release.resolve('result');
    await sleep(300);
    await server.start();
    expect(await results.promise).toEqual({ completed: [{ id: 'p', result: 'result' }], failed: [] });
    expect(runs).toBe(1);
  }, 30_000);
});

describe('a queue on a Postgres that is not there', () => {
  test('names host and port, not the password', async () => {
    const error = await failureOf(openQueue('postgres://bot:geheim@127.0.0.1:1/jobs'));
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(error.message).toContain('"127.0.0.1:1": connect ECONNREFUSED');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('gives up on a server that takes the call and says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await expect(openQueue(`postgresql://bot@127.0.0.1:${port}/jobs`)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
    });
    silent.close();
  }, 20_000);
});
