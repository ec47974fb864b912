import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const recorder = fileURLToPath(new URL('../recorder/recorder.ts', import.meta.url));
const startMs = 30_000;
const stopMs = 8_000;

export type ShopOptions = {
  repository: string;
  revision: string;
  /** Where the shop runs; what was there before is replaced, as by a deploy. */
  checkoutFolder: string;
  /** The log server's folder: the archive appears as shop/POD/perf-record.tar.gz below it. */
  logDirectory: string;
  podName: string;
  engine: 'auto' | 'perf' | 'v8';
  /** 0 takes any free one. */
  port: number;
};

export type RunningShop = { pod: string; url: string; stop(): Promise<void> };

/**
 * Runs one revision of the shop as a pod would: under the recorder, publishing its archive, with the
 * load of an ordinary afternoon from a process beside it.
 *
 * @throws Error when the shop does not come up, with the last it said
 */
export async function startShop(options: ShopOptions): Promise<RunningShop> {
  const { repository, revision, checkoutFolder, podName } = options;
  await checkOut(repository, revision, checkoutFolder);
  const service = startService(options);
  const endService = () => void service.kill('SIGTERM');
  process.once('exit', endService);
  try {
    const url = await readAddress(service);
    const load = spawn(process.execPath, [join(checkoutFolder, 'load.ts'), url], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const stop = async () => {
      process.off('exit', endService);
      await Promise.all([end(load), end(service)]);
    };
    return { pod: podName, url, stop };
  } catch (error) {
    process.off('exit', endService);
    await end(service);
    throw error;
  }
}

function startService({ revision, checkoutFolder, logDirectory, podName, engine, port }: ShopOptions) {
  const publish = join(logDirectory, 'shop', podName, 'perf-record.tar.gz');
  const words = [
    ...[recorder, '--publish', publish, '--revision', revision, '--segment', '2s', '--keep', '60s'],
    ...['--engine', engine, '--', process.execPath, 'server.ts'],
  ];
  return spawn(process.execPath, words, {
    cwd: checkoutFolder,
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function checkOut(repository: string, revision: string, folder: string): Promise<void> {
  const git = promisify(execFile);
  if (!existsSync(join(folder, '.git'))) {
    await mkdir(folder, { recursive: true });
    await git('git', ['clone', '--quiet', '--no-checkout', repository, folder]);
  }
  await git('git', ['-C', folder, 'fetch', '--quiet', 'origin']);
  await git('git', ['-C', folder, 'checkout', '--quiet', '--force', '--detach', revision]);
}

/** Waits for the line with which the shop says that it listens; both its outputs are read to the end. */
async function readAddress(
  service: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
) {
  const said: string[] = [];
  const address = Promise.withResolvers<string>();
  for (const output of [service.stdout, service.stderr]) {
    createInterface(output).on('line', (line) => {
      said.push(line);
      said.splice(0, said.length - 20);
      const [, url] = /^shop listens on (http:\S+)$/.exec(line) ?? [];
      if (url !== undefined) address.resolve(url);
    });
  }
  const giveUp = (state: string) => {
    address.reject(new Error(`Cannot start the shop: ${state}; it said: ${said.join(' | ') || 'nothing'}`));
  };
  service.once('close', (code, signal) => giveUp(`it ended (${signal ?? code})`));
  service.once('error', (error) => giveUp(error.message));
  const late = globalThis.setTimeout(giveUp, startMs, `not listening after ${startMs} ms`);
  try {
    return await address.promise;
  } finally {
    clearTimeout(late);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([closed, setTimeout(stopMs, null, { ref: false })]);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
