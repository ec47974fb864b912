import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis, type RedisOptions } from 'ioredis';
import { findProgram } from './prerequisites.ts';
import { answersEncrypted, answersPing, findFreePort, launch, makeCertificate } from './servers.ts';

type Process = Awaited<ReturnType<typeof launch>>;
/** Several Redis processes on files of their own, which together are one Redis. */
type RedisGroup = {
  url: string;
  /** Of the certificate under which all of them encrypt; empty where they do not. */
  certificate: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
};
type SentinelGroup = RedisGroup & {
  /** Port of the master that the sentinels agree on. */
  masterPort(): Promise<number>;
  /** Ends the master with SIGKILL; `revive` starts it again. */
  killMaster(): Promise<{ revive(): Promise<void> }>;
};

const master = 'jobs';
const run = promisify(execFile);

/** How the processes of one group talk, to us and among themselves. */
type Encryption = {
  certificate: string;
  /** Settings of a process that listens on the port: name, value. */
  settings(port: number): string[][];
  /** For a client. */
  options: RedisOptions;
  isReady(port: number): Promise<boolean>;
  end(): Promise<void>;
};

const plain: Encryption = {
  certificate: '',
  settings: (port) => [['port', `${port}`]],
  options: {},
  isReady: answersPing,
  end: async () => {},
};

async function makeEncryption(): Promise<Encryption> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-test-certificate-'));
  await makeCertificate(folder);
  const certificate = join(folder, 'server.crt');
  return {
    certificate,
    settings: (port) => [
      ['port', '0'],
      ['tls-port', `${port}`],
      ['tls-cert-file', certificate],
      ['tls-key-file', join(folder, 'server.key')],
      ['tls-ca-cert-file', certificate],
      ['tls-auth-clients', 'no'],
      ['tls-replication', 'yes'],
      ['tls-cluster', 'yes'],
    ],
    options: { tls: { rejectUnauthorized: false } },
    isReady: answersEncrypted,
    end: () => rm(folder, { recursive: true }),
  };
}

function startNode({ settings, isReady }: Encryption, more: string[]): Promise<Process> {
  return launch({
    program: 'redis-server',
    stopSignal: 'SIGKILL',
    arguments: (port, folder) => [
      ...settings(port).flatMap(([name, value]) => [`--${name}`, value!]),
      ...['--bind', '127.0.0.1', '--dir', folder],
      ...['--appendonly', 'yes', '--save', ''],
      ...more,
    ],
    isReady,
  });
}

/**
 * A master with one replica, and three sentinels that take a second to miss it. Passwords for both kinds.
 *
 * @param options.isEncrypted all of them under one certificate, for 127.0.0.1
 */
export async function startSentinels({ isEncrypted = false } = {}): Promise<SentinelGroup> {
  const encryption = isEncrypted ? await makeEncryption() : plain;
  const [password, sentinelPassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const login = ['--requirepass', password, '--masterauth', password];
  const first = await startNode(encryption, login);
  const second = await startNode(encryption, [...login, '--replicaof', '127.0.0.1', `${first.port}`]);
  const sentinels: Process[] = [];
  for (let n = 0; n < 3; n++)
    sentinels.push(await startSentinel(encryption, first.port, password, sentinelPassword));
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const all = [first, second, ...sentinels];

  const ask = async (command: string): Promise<unknown> => {
    const redis = new Redis(sentinels[0]!.port, '127.0.0.1', {
      ...encryption.options,
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
    certificate: encryption.certificate,
    url: `${isEncrypted ? 'rediss' : 'redis'}+sentinel://:${password}@${hosts}/${master}/2?sentinel-password=${sentinelPassword}`,
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
      await encryption.end();
    },
  };
}

function startSentinel(
  { settings, isReady }: Encryption,
  masterPort: number,
  password: string,
  sentinelPassword: string,
): Promise<Process> {
  return launch({
    program: 'redis-server',
    stopSignal: 'SIGKILL',
    arguments: (port, folder) => {
      const file = join(folder, 'sentinel.conf');
      // Sentinels keep what they learn in it: it is written once.
      const lines = [
        `bind 127.0.0.1`,
        ...settings(port).map((setting) => setting.join(' ')),
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
    isReady,
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

/** Three masters that share the slots; `isEncrypted` as for sentinels. */
export async function startCluster({ isEncrypted = false } = {}): Promise<RedisGroup> {
  const encryption = isEncrypted ? await makeEncryption() : plain;
  const nodes: Process[] = [];
  for (let n = 0; n < 3; n++) {
    const busPort = await findFreePort();
    nodes.push(await startNode(encryption, ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`]));
  }
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const redisCli = findProgram('redis-cli') ?? 'redis-cli';
  const speak = isEncrypted ? ['--tls', '--cacert', encryption.certificate] : [];
  await run(redisCli, [...speak, '--cluster', 'create', ...hosts, '--cluster-yes'], { timeout: 60_000 });
  const isWhole = ({ port }: Process) => isClusterWhole(port, encryption.options);
  const settle = () => until(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean));
  await settle();
  return {
    certificate: encryption.certificate,
    url: `${isEncrypted ? 'rediss' : 'redis'}+cluster://${hosts.slice(0, 2).join(',')}`,
    async restart() {
      for (const node of nodes) await node.end();
      for (const node of nodes) await node.start();
      await settle();
    },
    async stop() {
      for (const node of nodes) await node.stop();
      await encryption.end();
    },
  };
}

async function isClusterWhole(port: number, options: RedisOptions): Promise<boolean> {
  const redis = new Redis(port, '127.0.0.1', { ...options, lazyConnect: true, retryStrategy: () => null });
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
