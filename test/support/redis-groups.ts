import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { findProgram } from './prerequisites.ts';
import { answersPing, findFreePort, launch } from './servers.ts';

type Process = Awaited<ReturnType<typeof launch>>;
/** Several Redis processes on files of their own, which together are one Redis. */
type RedisGroup = { url: string; restart(): Promise<void>; stop(): Promise<void> };
type SentinelGroup = RedisGroup & {
  /** Port of the master that the sentinels agree on. */
  masterPort(): Promise<number>;
  /** Ends the master with SIGKILL; `revive` starts it again. */
  killMaster(): Promise<{ revive(): Promise<void> }>;
};

const master = 'jobs';
const run = promisify(execFile);

function startNode(more: string[]): Promise<Process> {
  return launch({
    program: 'redis-server',
    stopSignal: 'SIGKILL',
    arguments: (port, folder) => [
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder],
      ...['--appendonly', 'yes', '--save', ''],
      ...more,
    ],
    isReady: answersPing,
  });
}

/** A master with one replica, and three sentinels that take a second to miss it. Passwords for both kinds. */
export async function startSentinels(): Promise<SentinelGroup> {
  const [password, sentinelPassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const login = ['--requirepass', password, '--masterauth', password];
  const first = await startNode(login);
  const second = await startNode([...login, '--replicaof', '127.0.0.1', `${first.port}`]);
  const sentinels: Process[] = [];
  for (let n = 0; n < 3; n++) sentinels.push(await startSentinel(first.port, password, sentinelPassword));
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const all = [first, second, ...sentinels];

  const ask = async (command: string): Promise<unknown> => {
    const redis = new Redis(sentinels[0]!.port, '127.0.0.1', {
      password: sentinelPassword,
      lazyConnect: true,
    });
    redis.on('error', () => {});
    try {
      return await redis.call('SENTINEL', command, master);
    } finally {
      redis.disconnect();
    }
  };
  const masterPort = async () => Number(((await ask('GET-MASTER-ADDR-BY-NAME')) as string[])[1]);
  /** The sentinels know one another and the replica, which has everything: from here on a failover loses nothing. */
  const settle = async () => {
    await until(async () => (await ask('CKQUORUM')) !== null);
    await until(async () => ((await ask('REPLICAS')) as string[][]).some(isInStep));
  };
  await settle();
  return {
    url: `redis+sentinel://:${password}@${hosts}/${master}/2?sentinel-password=${sentinelPassword}`,
    masterPort,
    async killMaster() {
      const port = await masterPort();
      const dying = port === first.port ? first : second;
      await dying.end();
      return { revive: () => dying.start() };
    },
    async restart() {
      for (const process of all) await process.end();
      for (const process of all) await process.start();
      await settle();
    },
    async stop() {
      for (const process of all) await process.stop();
    },
  };
}

function startSentinel(masterPort: number, password: string, sentinelPassword: string): Promise<Process> {
  return launch({
    program: 'redis-server',
    stopSignal: 'SIGKILL',
    arguments: (port, folder) => {
      const file = join(folder, 'sentinel.conf');
      // Sentinels keep what they learn in it: it is written once.
      const lines = [
        `bind 127.0.0.1`,
        `port ${port}`,
        `dir ${folder}`,
        `requirepass ${sentinelPassword}`,
        `sentinel sentinel-pass ${sentinelPassword}`,
        `sentinel monitor ${master} 127.0.0.1 ${masterPort} 2`,
        `sentinel auth-pass ${master} ${password}`,
        `sentinel down-after-milliseconds ${master} 1000`,
        `sentinel failover-timeout ${master} 10000`,
      ];
      writeOnce(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel'];
    },
    isReady: answersPing,
  });
}

function writeOnce(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A line of SENTINEL REPLICAS: name, value, name, value. */
function isInStep(line: string[]): boolean {
  const value = (name: string) => line[line.indexOf(name) + 1];
  return value('flags') === 'slave' && value('master-link-status') === 'ok';
}

/** Three masters that share the slots. */
export async function startCluster(): Promise<RedisGroup> {
  const nodes: Process[] = [];
  for (let n = 0; n < 3; n++) {
    const busPort = await findFreePort();
    nodes.push(await startNode(['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`]));
  }
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const redisCli = findProgram('redis-cli') ?? 'redis-cli';
  await run(redisCli, ['--cluster', 'create', ...hosts, '--cluster-yes'], { timeout: 60_000 });
  const settle = () => until(async () => (await Promise.all(nodes.map(isClusterWhole))).every(Boolean));
  await settle();
  return {
    url: `redis+cluster://${hosts.slice(0, 2).join(',')}`,
    async restart() {
      for (const node of nodes) await node.end();
      for (const node of nodes) await node.start();
      await settle();
    },
    async stop() {
      for (const node of nodes) await node.stop();
    },
  };
}

async function isClusterWhole({ port }: Process): Promise<boolean> {
  const redis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    return /cluster_state:ok/.test(await redis.cluster('INFO'));
  } finally {
    redis.disconnect();
  }
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const isTrue = await check().catch(() => false);
    if (isTrue) return;
    if (Date.now() > deadline) throw new Error('Cannot start the Redis processes: they do not come together');
  }
}
