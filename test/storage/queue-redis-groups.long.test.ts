import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openQueue } from '../../storage/open-queue.ts';
import { everythingIn, failureOf } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';
import { startCluster, startSentinels } from '../support/redis-groups.ts';
import { startRedis } from '../support/servers.ts';
import { queueContract } from './queue.contract.ts';

type SentinelGroup = Awaited<ReturnType<typeof startSentinels>>;
type RedisGroup = Awaited<ReturnType<typeof startCluster>>;

const contractOn = (name: string, startGroup: () => Promise<RedisGroup>) =>
  queueContract(name, async () => {
    const group = await startGroup();
    return {
      open: (options) => openQueue(group.url, undefined, options),
      restart: () => group.restart(),
      close: () => group.stop(),
    };
  });

describe.skipIf(!have('redis-server'))('with several Redis processes', () => {
  contractOn('a Redis that sentinels watch', startSentinels);
  contractOn('a Redis cluster', startCluster);

  describe('a Redis that sentinels watch', () => {
    let group: SentinelGroup;

    beforeAll(async () => {
      group = await startSentinels();
    });
    afterAll(() => group?.stop());

    const refusal = (change: (url: string) => string) => failureOf(openQueue(change(group.url)));

    test('describes itself by its master and its sentinels, without passwords', async () => {
      const queue = await openQueue(group.url);
      expect(queue.describe()).toMatch(/^Redis 7\S* at master jobs of (127\.0\.0\.1:\d+,?){3}, database 2$/);
      await queue.close();
    });

    test('is refused when its sentinels know no such master', async () => {
      const error = await refusal((url) => url.replace('/jobs/', '/johs/'));
      expect(error).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/: its sentinels know no master "johs"$/),
      });
    });

    test.for([
      ['the sentinels', (url: string) => url.replace(/sentinel-password=.*/, 'sentinel-password=hunter2')],
      ['the servers', (url: string) => url.replace(/:\/\/:[^@]*/, '://:hunter2')],
    ] as const)('says that the password for %s is wrong, and does not repeat it', async ([, change]) => {
      const error = await refusal(change);
      expect(error).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/WRONGPASS/),
      });
      expect(everythingIn(error)).not.toContain('hunter2');
    });

    test('a sentinel taken for a server is told apart', async () => {
      const error = await refusal((url) => {
        const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(url) ?? [];
        const [, password = ''] = /sentinel-password=(\w+)/.exec(url) ?? [];
        return `redis://:${password}@127.0.0.1:${port}`;
      });
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/it is a sentinel \(wanted redis\+sentinel:/),
      });
    });

    test('one sentinel that is away is not missed', async () => {
      const queue = await openQueue(group.url.replace('@', '@127.0.0.1:1,'));
      await queue.add({ name: 'away', id: 'one', payload: null });
      expect(await queue.has('away', 'one')).toBe(true);
      await queue.close();
    });

    test('whose master is killed in the middle of work goes on with another, and loses no job', async () => {
      const errors: Error[] = [];
      const queue = await openQueue(group.url, undefined, {
        lockMs: 3_000,
        onError: (error) => errors.push(error),
      });
      const handled = new Map<string, number>();
      await queue.work('failover', { concurrency: 5 }, async ({ id }) => {
        await delay(5);
        handled.set(id, (handled.get(id) ?? 0) + 1);
      });
      const accepted: string[] = [];
      let refused = 0;
      let isOver = false;
      const add = async (producer: number) => {
        for (let n = 0; !isOver; n++) {
          const id = `job-${producer}-${n}`;
          try {
            await queue.add({ name: 'failover', id, payload: null, attempts: 3 });
            accepted.push(id);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
            refused++;
          }
          await delay(10);
        }
      };
      const producers = [1, 2, 3].map(add);
      const before = await group.masterPort();
      await expect.poll(() => handled.size, { timeout: 60_000 }).toBeGreaterThan(100);
      const acceptedBefore = accepted.length;
      const killedAt = performance.now();
      const { revive } = await group.killMaster();
      await expect.poll(() => group.masterPort(), { timeout: 60_000 }).not.toBe(before);
      await expect.poll(() => accepted.length, { timeout: 60_000 }).toBeGreaterThan(acceptedBefore + 50);
      const away = performance.now() - killedAt;
      // The old master comes back as a replica, and nobody takes it for the master.
      await revive();
      const acceptedThen = accepted.length;
      await expect.poll(() => accepted.length, { timeout: 60_000 }).toBeGreaterThan(acceptedThen + 100);
      isOver = true;
      await Promise.all(producers);

      // What a master confirms and does not live to pass on is gone: the sweep of requests adds it again, as here.
      let again = 0;
      for (const id of accepted) {
        if (await queue.has('failover', id)) continue;
        if (handled.has(id)) continue;
        again++;
        await queue.add({ name: 'failover', id, payload: null, attempts: 3 });
      }
      await expect.poll(() => accepted.filter((id) => !handled.has(id)), { timeout: 60_000 }).toEqual([]);
      const twice = [...handled.values()].filter((times) => times > 1).length;
      console.log(
        `failover: ${accepted.length} jobs accepted, ${refused} refused, ${again} added again, ${twice} done twice, ` +
          `new jobs ${(away / 1_000).toFixed(1)} s after the kill`,
      );
      // Those that ran when the master died.
      expect(twice).toBeLessThanOrEqual(10);
      expect(again).toBeLessThanOrEqual(10);
      expect(everythingIn(errors)).not.toContain(/:\/\/:(\w+)@/.exec(group.url)?.[1]);
      await queue.close();
    }, 240_000);
  });

  describe('a Redis cluster', () => {
    let group: RedisGroup;

    beforeAll(async () => {
      group = await startCluster();
    });
    afterAll(() => group?.stop());

    test('describes itself', async () => {
      const queue = await openQueue(group.url);
      expect(queue.describe()).toMatch(/^Redis 7\S* at cluster of 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/);
      await queue.close();
    });

    test('one node of which is taken for a server is told apart', async () => {
      const error = await failureOf(openQueue(group.url.replace('+cluster', '').replace(/,.*/, '')));
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/it is a node of a cluster \(wanted redis\+cluster:/),
      });
    });

    test('is found by the one of its nodes that is there', async () => {
      const queue = await openQueue(group.url.replace('//', '//127.0.0.1:1,'));
      await queue.add({ name: 'away', id: 'one', payload: null });
      expect(await queue.has('away', 'one')).toBe(true);
      await queue.close();
    });
  });

  test('sentinels that are not there are named, and why', async () => {
    const error = await failureOf(openQueue('redis+sentinel://:s3cret@127.0.0.1:1,127.0.0.1:2/jobs/3'));
    expect(error).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(
        /at master jobs of 127\.0\.0\.1:1,127\.0\.0\.1:2, database 3: connect ECONNREFUSED/,
      ),
    });
    expect(everythingIn(error)).not.toContain('s3cret');
  });

  test('a server of its own taken for a cluster is told apart', async () => {
    const server = await startRedis();
    const error = await failureOf(openQueue(server.url.replace('redis:', 'redis+cluster:')));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/it is a server of its own \(wanted redis:/),
    });
    await server.stop();
  });

  test('a cluster that is not there is named with every host, not the password', async () => {
    const error = await failureOf(openQueue('redis+cluster://:s3cret@127.0.0.1:1,127.0.0.1:2'));
    expect(error).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(/at cluster of 127\.0\.0\.1:1,127\.0\.0\.1:2: .*ECONNREFUSED/),
    });
    expect(everythingIn(error)).not.toContain('s3cret');
  });
});
