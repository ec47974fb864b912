import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { have } from '../support/prerequisites.ts';
import { startMariadb, startPostgres, startRedis, type TestServer } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';
import { lastingContract } from './lasting.ts';

type EngineSet = { start: (() => Promise<TestServer>)[]; variables: string[]; described: RegExp };

describe.skipIf(!have('mariadbd') || !have('redis-server'))('on MariaDB and Redis', () => {
  answersOn({
    start: [startMariadb, startRedis],
    variables: ['AVALANCHE_DATABASE_URL', 'AVALANCHE_QUEUE_URL'],
    described: /MariaDB[\s\S]*Redis/,
  });
});

describe.skipIf(!have('postgres'))('on one Postgres', () => {
  answersOn({
    start: [startPostgres],
    variables: ['AVALANCHE_DATABASE_URL'],
    described: /PostgreSQL[\s\S]*PostgreSQL/,
  });
});

function answersOn({ start, variables, described }: EngineSet): void {
  let servers: TestServer[] = [];
  let avalanche: RunningAvalanche;

  beforeAll(async () => {
    servers = await Promise.all(start.map((startServer) => startServer()));
    const environment = Object.fromEntries(servers.map(({ url }, index) => [variables[index], url]));
    avalanche = await startAvalanche({ applications: [{ name: 'checkout' }], environment });
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
    expect(answer.thread.flatMap(({ fileIds }) => fileIds)).not.toHaveLength(0);
    expect((await avalanche.ask('/avalanche list checkout-prod')).private).toContain('checkout');
    expect((await avalanche.ask('/avalanche status')).private).toMatch(described);
  });

  lastingContract(() => avalanche);
}
