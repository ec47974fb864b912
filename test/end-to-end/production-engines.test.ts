import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { have } from '../support/prerequisites.ts';
import { startMariadb, startRedis, type TestServer } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';

describe.skipIf(!have('mariadbd') || !have('redis-server'))('on MariaDB and Redis', () => {
  let servers: TestServer[] = [];
  let avalanche: RunningAvalanche;

  beforeAll(async () => {
    servers = await Promise.all([startMariadb(), startRedis()]);
    const [mariadb, redis] = servers;
    avalanche = await startAvalanche({
      applications: [{ name: 'checkout' }],
      environment: { AVALANCHE_DATABASE_URL: mariadb?.url ?? '', AVALANCHE_QUEUE_URL: redis?.url ?? '' },
    });
  }, 90_000);
  afterAll(async () => {
    await avalanche?.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('a snapshot is answered as on the embedded engine', async () => {
    const text = await readFile(new URL('../data/own/java-checkout.perf.txt.gz', import.meta.url));
    const archive = await packTar([{ name: 'tmp/perf.txt.gz', content: text }]);
    await avalanche.publish('checkout', 'checkout-1', gzipSync(archive));

    const answer = await avalanche.ask('/avalanche snapshot checkout-prod --from 4s --to 7s');
    expect(answer.summary).toContain('recomputeDiscounts');
    expect(answer.thread.flatMap(({ fileIds }) => fileIds)).toHaveLength(1);
    expect((await avalanche.ask('/avalanche list checkout-prod')).private).toContain('checkout');
    expect((await avalanche.ask('/avalanche status')).private).toMatch(/MariaDB[\s\S]*Redis/i);
  });
});
