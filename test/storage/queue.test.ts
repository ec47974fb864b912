import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '../../storage/embedded.ts';
import { openQueue } from '../../storage/open-queue.ts';
import { everythingIn } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';
import { startPostgres } from '../support/servers.ts';
import { queueContract } from './queue.contract.ts';
import { findFreePort, type RedisProcess, startLastingRedis } from './start-redis.ts';

queueContract('the embedded engine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-queue-'));
  let embedded = await openEmbedded(folder);
  return {
    open: (options) => openQueue(`embedded:${folder}`, embedded, options),
    async restart() {
      await embedded.close();
      embedded = await openEmbedded(folder);
    },
    async close() {
      await embedded.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe.skipIf(!have('postgres'))('with Postgres', () => {
  queueContract('Postgres', async () => {
    const server = await startPostgres();
    return {
      open: (options) => openQueue(server.url, undefined, options),
      async restart() {
        await server.end();
        await server.start();
      },
      close: () => server.stop(),
    };
  });
});

describe.skipIf(!have('redis-server'))('with redis-server', () => {
  queueContract('Redis', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'avalanche-redis-'));
    let redis = await startLastingRedis(folder);
    return {
      open: (options) => openQueue(redis.url, undefined, options),
      async restart() {
        await redis.stop();
        redis = await startLastingRedis(folder);
      },
      async close() {
        await redis.stop();
        await rm(folder, { recursive: true });
      },
    };
  });

  describe('queue on a Redis with a password', () => {
    const password = 'p@ss:w/rd';
    let folder: string;
    let redis: RedisProcess;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'avalanche-redis-'));
      redis = await startLastingRedis(folder, { password });
    });
    afterAll(async () => {
      await redis.stop();
      await rm(folder, { recursive: true });
    });

    test('opens with it, and describes itself without it', async () => {
      const queue = await openQueue(redis.url);
      expect(queue.describe()).toMatch(/^Redis \d+\.\S+ at 127\.0\.0\.1:\d+, database 2$/);
      await queue.close();
    });

    test.each([
      ['a wrong one', ':wr0ng-secret@'],
      ['none', ''],
    ])('says what the server says to %s, and no password', async (_, user) => {
      const error = await openQueue(`redis://${user}127.0.0.1:${redis.port}`).catch((refused) => refused);
      expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      expect(error.message).toMatch(
        /^Cannot use the job queue on Redis at 127\.0\.0\.1:\d+: .*(WRONGPASS|NOAUTH)/,
      );
      expect(everythingIn(error)).not.toContain('wr0ng-secret');
    });

    test('answers with an error while the server is away, and works when it is back', async () => {
      const errors: Error[] = [];
      const queue = await openQueue(redis.url, undefined, { onError: (error) => errors.push(error) });
      const handled: string[] = [];
      await queue.work('outage', { concurrency: 1 }, async ({ id }) => handled.push(id));
      await redis.stop();
      await expect(queue.add({ name: 'outage', id: 'doubtful', payload: null })).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
      });
      expect(errors.length).toBeGreaterThan(0);
      expect(everythingIn(errors)).not.toContain(password);
      redis = await startLastingRedis(folder, { port: redis.port, password });
      await queue.add({ name: 'outage', id: 'later', payload: null });
      await expect.poll(() => handled, { timeout: 8_000 }).toContain('later');
      // What got no answer may have been added all the same, but once.
      expect(handled.filter((id) => id === 'doubtful').length).toBeLessThanOrEqual(1);
      await queue.close();
    }, 20_000);
  });
});

describe('queue on a Redis that is not there', () => {
  test('names host and port, not the password', async () => {
    const port = await findFreePort();
    const error = await openQueue(`redis://bot:s3cret@127.0.0.1:${port}/1`).catch((refused) => refused);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(error.message).toContain(`127.0.0.1:${port}, database 1: connect ECONNREFUSED`);
    expect(everythingIn(error)).not.toContain('s3cret');
  });

  test('gives up on a server that takes the call and says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await expect(openQueue(`redis://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
    });
    silent.close();
  }, 15_000);
});

test('openQueue takes no other URL', async () => {
  await expect(openQueue('amqp://user:s3cret@host')).rejects.toThrow(/^(?!.*s3cret).*begins with none of/);
});
