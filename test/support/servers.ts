import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectEncrypted } from 'node:tls';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { findProgram } from './prerequisites.ts';

/** A real server of the test's own, on 127.0.0.1 and a free port, its files in a folder that `stop` removes. */
export type TestServer = { url: string; stop(): Promise<void> };
/** One that can be ended and started again on the same files and port. */
export type LastingServer = TestServer & {
  folder: string;
  /** Without a signal it ends in its own time. */
  end(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
};

type Launch = {
  program: string;
  arguments(port: number, folder: string): string[];
  /** Throws or answers false until the server is ready. */
  isReady(port: number): Promise<boolean>;
  prepare?(folder: string): Promise<void>;
  /** Postgres waits for its clients to go after a SIGTERM. */
  stopSignal?: NodeJS.Signals;
  user?: SystemUser;
};

type SystemUser = { uid: number; gid: number };

const startMs = 60_000;
const stopMs = 10_000;
const run = promisify(execFile);

/** @param options.isLasting it keeps its keys when it is ended or killed, and started again */
export async function startRedis({ isLasting = false } = {}): Promise<LastingServer> {
  const { port, ...process } = await launch({
    program: 'redis-server',
    arguments: (port, folder) => [
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder],
      ...['--save', '', '--appendonly', isLasting ? 'yes' : 'no'],
    ],
    isReady: answersPing,
  });
  return { url: `redis://127.0.0.1:${port}`, ...process };
}

/**
 * A redis-server that keeps its keys and knows a user `bot`, encrypted only, under the certificate `server.crt` in its
 * folder, for 127.0.0.1.
 */
export async function startSecureRedis(): Promise<LastingServer> {
  const password = randomBytes(12).toString('hex');
  const { port, ...process } = await launch({
    program: 'redis-server',
    prepare: (folder) => makeCertificate(folder),
    // biome-ignore format: one option a line
    arguments: (port, folder) => [
      '--bind', '127.0.0.1',
      '--port', '0',
      '--tls-port', `${port}`,
      '--tls-cert-file', join(folder, 'server.crt'),
      '--tls-key-file', join(folder, 'server.key'),
      '--tls-auth-clients', 'no',
      '--dir', folder,
      '--appendonly', 'yes',
      '--save', '',
      // Not switched off: Redis 7.0 then forgets the transactions of its log when it starts again.
      '--requirepass', randomBytes(12).toString('hex'),
      '--user', 'bot', 'on', `>${password}`, '~*', '&*', '+@all',
    ],
    isReady: answersEncrypted,
  });
  return { url: `rediss://bot:${password}@127.0.0.1:${port}`, ...process };
}

/**
 * MariaDB with one user and an empty database. Its settings are the least helpful ones found in the field, as
 * the product has to work with any: no strict mode, backslashes that do not escape, latin1.
 *
 * @param options.isLasting it keeps what was committed when it is killed
 */
export async function startMariadb({ isLasting = false } = {}): Promise<LastingServer> {
  const user = isRoot() ? ['--user=root'] : [];
  const { port, ...process } = await launch({
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
      `--innodb-flush-log-at-trx-commit=${isLasting ? 2 : 0}`,
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
  return { url: `mysql://avalanche:${password}@127.0.0.1:${port}/avalanche`, ...process };
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

/**
 * MySQL with one user and an empty database: without its binary log, and otherwise as it is when nobody has set anything.
 *
 * @param program path of mysqld
 */
export async function startMysql(program: string): Promise<LastingServer> {
  const user = isRoot() ? ['--user=root'] : [];
  const { port, ...process } = await launch({
    program,
    prepare: async (folder) => {
      await run(program, ['--no-defaults', ...user, '--initialize-insecure', `--datadir=${folder}/data`]);
    },
    arguments: (port, folder) => [
      '--no-defaults',
      ...user,
      `--datadir=${folder}/data`,
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--secure-file-priv=',
      '--mysqlx=OFF',
      '--skip-log-bin',
    ],
    isReady: async (port) => {
      await (await connectAsRoot(port)).end();
      return true;
    },
  });
  const password = randomBytes(12).toString('hex');
  await createDatabase(port, password);
  return { url: `mysql://avalanche:${password}@127.0.0.1:${port}/avalanche`, ...process };
}

/** Postgres does not run as root. */
const nobody: SystemUser = { uid: 65534, gid: 65534 };

/**
 * Postgres with one user and an empty database. Its settings are unhelpful ones, as the product has to work with any:
 * words sorted as a dictionary does, transactions that see nothing new, a time zone.
 *
 * @param options.withTls it offers encryption, under the certificate `server.crt` in its folder, for 127.0.0.1
 */
export async function startPostgres({ withTls = false } = {}): Promise<LastingServer> {
  const password = randomBytes(12).toString('hex');
  const user = isRoot() ? nobody : undefined;
  const { port, ...process } = await launch({
    program: 'postgres',
    user,
    stopSignal: 'SIGINT',
    prepare: async (folder) => {
      await installPostgres(folder, password, user);
      if (withTls) await makeCertificate(folder, user);
    },
    // biome-ignore format: one option a line
    arguments: (port, folder) => [
      '-D', `${folder}/data`,
      '-h', '127.0.0.1',
      '-p', `${port}`,
      '-k', folder,
      ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'shared_buffers=16MB'].flatMap(asOption),
      ...['default_transaction_isolation=repeatable read', 'timezone=America/St_Johns'].flatMap(asOption),
      ...(withTls ? ['ssl=on', `ssl_cert_file=${folder}/server.crt`, `ssl_key_file=${folder}/server.key`] : [])
        .flatMap(asOption),
    ],
    isReady: async (port) => {
      await (await connectAsPostgres(port, password)).end();
      return true;
    },
  });
  const client = await connectAsPostgres(port, password);
  await client.query(`CREATE ROLE avalanche LOGIN CREATEDB PASSWORD '${password}'`);
  await client.query('CREATE DATABASE avalanche OWNER avalanche');
  await client.end();
  return { url: `postgres://avalanche:${password}@127.0.0.1:${port}/avalanche`, ...process };
}

const asOption = (setting: string) => ['-c', setting];

async function installPostgres(
  folder: string,
  password: string,
  user: SystemUser | undefined,
): Promise<void> {
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await writeFile(join(folder, 'password'), password);
  // biome-ignore format: one option a line
  await run(findProgram('initdb') ?? 'initdb', [
    '-D', `${folder}/data`,
    '-U', 'postgres',
    '--pwfile', `${folder}/password`,
    '--auth', 'scram-sha-256',
    '--encoding', 'UTF8',
    '--locale', 'C',
    '--locale-provider', 'icu',
    '--icu-locale', 'en-US',
    '--no-sync',
  ], { ...user, cwd: folder });
}

export async function makeCertificate(folder: string, user?: SystemUser): Promise<void> {
  // biome-ignore format: one option a line
  await run(findProgram('openssl') ?? 'openssl', [
    'req', '-x509', '-nodes',
    '-newkey', 'ec',
    '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-days', '2',
    '-subj', '/CN=test',
    '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', 'server.key',
    '-out', 'server.crt',
  ], { ...user, cwd: folder });
}

async function connectAsPostgres(port: number, password: string): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
  await client.connect();
  return client;
}

const connectAsRoot = (port: number) => createConnection({ host: '127.0.0.1', port, user: 'root' });

async function createDatabase(port: number, password: string): Promise<void> {
  const root = await connectAsRoot(port);
  await root.query('CREATE DATABASE avalanche');
  await root.query(`CREATE USER avalanche@'127.0.0.1' IDENTIFIED BY '${password}'`);
  await root.query(`GRANT ALL ON *.* TO avalanche@'127.0.0.1' WITH GRANT OPTION`);
  await root.end();
}

/** Under each of these the files of the root, its folders listed or guarded as the name says. */
const nginxLocations = {
  html: 'autoindex on;',
  json: 'autoindex on; autoindex_format json;',
  unlisted: '',
  basic: 'autoindex on; auth_basic logs; auth_basic_user_file users;',
  bearer: 'autoindex on; if ($http_authorization != "Bearer token-1") { return 401; }',
  slow: 'autoindex on; limit_rate 1k;',
};

export type NginxLocation = keyof typeof nginxLocations;

/**
 * nginx on the files of a folder, at `URL/html/`, `URL/json/` and so on; the user of `basic` is `shop:secret`.
 * What it was asked is in `access.log` of its folder: `GET /html/ 200`.
 */
export async function startNginx(root: string): Promise<LastingServer> {
  const { port, ...process } = await launch({
    program: 'nginx',
    prepare: (folder) => writeFile(join(folder, 'users'), 'shop:{PLAIN}secret\n'),
    arguments: (port, folder) => {
      writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(port, root));
      return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    },
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/html/`)).ok,
  });
  return { url: `http://127.0.0.1:${port}`, ...process };
}

function nginxConfiguration(port: number, root: string): string {
  const locations = Object.entries(nginxLocations).map(
    ([name, settings]) => `location /${name}/ { alias ${root}/; ${settings} }`,
  );
  // One process, which runs as we do: it can read what the test writes.
  return `daemon off; master_process off; pid pid; error_log stderr;
    events {}
    http {
      log_format asked '$request_method $request_uri $status';
      access_log access.log asked;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ')}
      server { listen 127.0.0.1:${port}; ${locations.join(' ')} }
    }`;
}

/** Who may use the S3 server of the test; the variables that AWS clients look for. */
export const s3Credentials = { AWS_ACCESS_KEY_ID: 'avalanche', AWS_SECRET_ACCESS_KEY: 'hunter2-hunter2' };

/**
 * An S3 server with a bucket `kept`; its URL is an endpoint.
 *
 * @param program path of versitygw
 * @param folder what lies in it is the bucket's; a folder of the server's own when absent
 */
export async function startS3(program: string, folder?: string): Promise<LastingServer> {
  const { port, ...process } = await launch({
    program,
    // Asked nicely it first ends what it was asked to do.
    stopSignal: 'SIGKILL',
    prepare: async (own) => {
      await mkdir(join(own, 'buckets'));
      if (folder === undefined) await mkdir(join(own, 'buckets', 'kept'));
      else await symlink(folder, join(own, 'buckets', 'kept'));
      await mkdir(join(own, 'parts'));
    },
    // biome-ignore format: one option a line
    arguments: (port, folder) => [
      '--access', s3Credentials.AWS_ACCESS_KEY_ID,
      '--secret', s3Credentials.AWS_SECRET_ACCESS_KEY,
      '--port', `127.0.0.1:${port}`,
      '--health', '/health',
      '--quiet',
      'posix',
      '--bucketlinks',
      '--sidecar', join(folder, 'parts'),
      join(folder, 'buckets'),
    ],
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
  });
  return { url: `http://127.0.0.1:${port}`, ...process };
}

/** One that wants a password first says so. */
export async function answersPing(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
  try {
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return /^(\+PONG|-NOAUTH)/.test(String(answer));
  } finally {
    socket.destroy();
  }
}

export async function answersEncrypted(port: number): Promise<boolean> {
  const socket = connectEncrypted({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.destroy();
  return true;
}

/** Another program may take the free port before the server does: then once more. */
export async function launch(server: Launch): Promise<{ port: number } & Omit<LastingServer, 'url'>> {
  const path = isAbsolute(server.program) ? server.program : findProgram(server.program);
  if (path === undefined) throw new Error(`Cannot start "${server.program}": it is not installed`);
  const folder = await mkdtemp(join(tmpdir(), `avalanche-test-${basename(server.program)}-`));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    await server.prepare?.(folder);
    for (let attempt = 1; ; attempt++) {
      const port = await findFreePort();
      const startOn = () => spawnLogged(path, server.arguments(port, folder), server.user);
      let child = startOn();
      const end = (signal = server.stopSignal) => stopProcess(child.process, signal);
      if (await becomesReady(server, child.process, port)) {
        const start = async () => {
          child = startOn();
          if (!(await becomesReady(server, child.process, port)))
            throw new Error(`Cannot start "${server.program}" again: ${child.log()}`);
        };
        return { port, folder, end, start, stop: () => end().then(removeFolder) };
      }
      await end();
      if (attempt === 3) throw new Error(`Cannot start "${server.program}": ${child.log()}`);
    }
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function spawnLogged(
  path: string,
  parameters: string[],
  user?: SystemUser,
): { process: ChildProcess; log(): string } {
  const child = spawn(path, parameters, { ...user, stdio: ['ignore', 'pipe', 'pipe'] });
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

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  child.kill(signal);
  await exited;
  clearTimeout(timer);
}

export async function findFreePort(): Promise<number> {
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
