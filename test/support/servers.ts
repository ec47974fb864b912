import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { findProgram } from './prerequisites.ts';

/** A real server of the test's own, on 127.0.0.1 and a free port, its files in a folder that `stop` removes. */
export type TestServer = { url: string; stop(): Promise<void> };

type Launch = {
  program: string;
  arguments(port: number, folder: string): string[];
  /** Throws or answers false until the server is ready. */
  isReady(port: number): Promise<boolean>;
  prepare?(folder: string): Promise<void>;
};

const startMs = 60_000;
const stopMs = 10_000;
const run = promisify(execFile);

export async function startRedis(): Promise<TestServer> {
  const { port, stop } = await launch({
    program: 'redis-server',
    arguments: (port, folder) => [
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ],
    isReady: answersPing,
  });
  return { url: `redis://127.0.0.1:${port}`, stop };
}

/**
 * MariaDB with one user and an empty database. Its settings are the least helpful ones found in the field, as
 * the product has to work with any: no strict mode, backslashes that do not escape, latin1.
 */
export async function startMariadb(): Promise<TestServer> {
  const user = isRoot() ? ['--user=root'] : [];
  const { port, stop } = await launch({
    program: 'mariadbd',
    prepare: (folder) => installMariadb(folder, user),
    arguments: (port, folder) => [
      '--no-defaults',
      ...user,
      `--datadir=${folder}/data`,
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--performance-schema=OFF',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-file-size=16M',
      '--sql-mode=NO_BACKSLASH_ESCAPES',
      '--character-set-server=latin1',
      '--collation-server=latin1_swedish_ci',
    ],
    isReady: async (port) => {
      await (await connectAsRoot(port)).end();
      return true;
    },
  });
  const password = randomBytes(12).toString('hex');
  await createDatabase(port, password);
  return { url: `mysql://avalanche:${password}@127.0.0.1:${port}/avalanche`, stop };
}

async function installMariadb(folder: string, user: string[]): Promise<void> {
  await run('mariadb-install-db', [
    '--no-defaults',
    ...user,
    `--datadir=${folder}/data`,
    '--auth-root-authentication-method=normal',
    '--skip-name-resolve',
    '--skip-test-db',
    '--innodb-log-file-size=16M',
  ]);
}

const connectAsRoot = (port: number) => createConnection({ host: '127.0.0.1', port, user: 'root' });

async function createDatabase(port: number, password: string): Promise<void> {
  const root = await connectAsRoot(port);
  await root.query('CREATE DATABASE avalanche');
  await root.query(`CREATE USER avalanche@'127.0.0.1' IDENTIFIED BY '${password}'`);
  await root.query(`GRANT ALL ON *.* TO avalanche@'127.0.0.1' WITH GRANT OPTION`);
  await root.end();
}

async function answersPing(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
  try {
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer).startsWith('+PONG');
  } finally {
    socket.destroy();
  }
}

/** Another program may take the free port before the server does: then once more. */
async function launch(server: Launch): Promise<{ port: number; stop(): Promise<void> }> {
  const path = findProgram(server.program);
  if (path === undefined) throw new Error(`Cannot start "${server.program}": it is not installed`);
  const folder = await mkdtemp(join(tmpdir(), `avalanche-test-${server.program}-`));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    await server.prepare?.(folder);
    for (let attempt = 1; ; attempt++) {
      const port = await findFreePort();
      const child = spawnLogged(path, server.arguments(port, folder));
      if (await becomesReady(server, child.process, port)) {
        return { port, stop: () => stopProcess(child.process).then(removeFolder) };
      }
      await stopProcess(child.process);
      if (attempt === 3) throw new Error(`Cannot start "${server.program}": ${child.log()}`);
    }
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function spawnLogged(path: string, parameters: string[]): { process: ChildProcess; log(): string } {
  const child = spawn(path, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const append = (text: Buffer) => {
    log = (log + text).slice(-4_000);
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  child.on('error', (error) => append(Buffer.from(String(error))));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return { process: child, log: () => log };
}

async function becomesReady(server: Launch, child: ChildProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline && isRunning(child)) {
    if (await server.isReady(port).catch(() => false)) return isRunning(child);
    await sleep(50);
  }
  return false;
}

const isRunning = (child: ChildProcess) =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

async function stopProcess(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(timer);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('Cannot find a free port');
  return address.port;
}

function isRoot(): boolean {
  return userInfo().uid === 0;
}
