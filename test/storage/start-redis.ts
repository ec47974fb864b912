import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findProgram } from '../support/prerequisites.ts';

export type RedisProcess = { url: string; port: number; stop(): Promise<void> };

/**
 * A redis-server that keeps its keys: stopped and started again on the same folder and port it is the one of before.
 * Where one that forgets will do, take `startRedis` of test/support/servers.ts.
 */
export async function startLastingRedis(
  folder: string,
  { port = 0, password = '' } = {},
): Promise<RedisProcess> {
  const chosen = port || (await findFreePort());
  const server = spawn(
    findProgram('redis-server') ?? 'redis-server',
    // biome-ignore format: one option a line
    [
      '--port', `${chosen}`,
      '--bind', '127.0.0.1',
      '--dir', folder,
      '--appendonly', 'yes',
      '--save', '',
      ...(password ? ['--requirepass', password] : []),
    ],
    { stdio: 'ignore' },
  );
  const url = `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${chosen}/2`;
  await waitForPing(url);
  return {
    url,
    port: chosen,
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}

async function waitForPing(url: string): Promise<void> {
  for (const until = Date.now() + 10_000; ; await delay(20)) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => {});
    try {
      await redis.connect();
      await redis.ping();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    } finally {
      redis.disconnect();
    }
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
