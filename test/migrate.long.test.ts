import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { have } from './support/prerequisites.ts';
import { startMariadb, startRedis, type TestServer } from './support/servers.ts';

const program = fileURLToPath(new URL('../avalanche.ts', import.meta.url));
const run = promisify(execFile);

describe.skipIf(!have('mariadbd') || !have('redis-server'))('avalanche migrate', () => {
  let folder: string;
  let servers: TestServer[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-migrate-'));
    servers = await Promise.all([startMariadb(), startRedis()]);
  }, 90_000);
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const migrate = (databaseUrl: string) =>
    run(process.execPath, [program, 'migrate'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        AVALANCHE_DATABASE_URL: databaseUrl,
        AVALANCHE_QUEUE_URL: servers[1]?.url,
      },
    });

  test('makes the tables once when several begin together, and may be repeated', async () => {
    const url = servers[0]?.url ?? '';
    for (const { stdout } of await Promise.all([migrate(url), migrate(url), migrate(url)])) {
      expect(stdout).toMatch(/database: MariaDB.*\njobs: Redis.*\nblobs: /);
      expect(stdout).not.toContain(new URL(url).password);
    }
    const connection = await createConnection(url);
    const [tables] = await connection.query('SHOW TABLES');
    await connection.end();
    expect(tables).not.toHaveLength(0);
    await migrate(url);
  }, 60_000);

  test('fails with the reason, and without the password, when the database does not answer', async () => {
    const failed = migrate('mysql://avalanche:planted-password@127.0.0.1:1/avalanche');
    await expect(failed).rejects.toMatchObject({ code: 1, stdout: '' });
    const { stderr } = await failed.catch((error: { stderr: string }) => error);
    expect(stderr).toContain('127.0.0.1:1');
    expect(stderr).not.toContain('planted-password');
  }, 60_000);
});
