import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Something like a container: processes of its own and a /tmp of its own, made of the machine's namespaces. What runs
 * in it is real, so what a recording does to it is, too.
 */
export type Container = {
  /** On the machine, of the first process in it. */
  pid: number;
  /** The words that run a command in it. */
  enter(words: readonly string[]): string[];
  /** What its shell prints. */
  run(script: string): string;
  stop(): Promise<void>;
};

const root = join(import.meta.dirname, '../..');
const isolate = ['--pid', '--mount', '--fork', '--kill-child'];

/** Needs root with the right to make namespaces; in an unprivileged container there is none. */
export const canMakeContainers = spawnSync('unshare', [...isolate, 'true']).status === 0;

/**
 * @param words program that runs in it until it is stopped
 * @param beside shares that container's processes, with a /tmp of its own
 */
export async function startContainer(words: readonly string[], beside?: Container): Promise<Container> {
  // What is run may itself lie below /tmp, in a checkout there: it stays to be seen.
  const prepare = `mount -t proc proc /proc && mount --bind "$0" /mnt && mount -t tmpfs tmpfs /tmp &&
    { [ -d "$0" ] || { mkdir -p "$0" && mount --bind /mnt "$0"; }; } && exec "$@"`;
  const start =
    beside === undefined
      ? ['unshare', ...isolate]
      : ['nsenter', '--target', String(beside.pid), '--pid', '--', 'unshare', '--mount'];
  const [program = '', ...isolation] = start;
  const child = spawn(program, [...isolation, 'sh', '-c', prepare, root, ...words], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stopAtExit = () => child.kill('SIGKILL');
  process.once('exit', stopAtExit);
  const pid = await firstProcess(child);
  const enter = (command: readonly string[]) => [
    'nsenter',
    '--target',
    String(pid),
    '--pid',
    '--mount',
    '--',
    ...command,
  ];
  const run = (script: string) => {
    const [program = '', ...rest] = enter(['sh', '-c', script]);
    return spawnSync(program, rest, { encoding: 'utf8' }).stdout;
  };
  while (!run('grep " /tmp " /proc/mounts').includes('tmpfs')) {
    if (child.exitCode !== null) throw new Error(`Cannot start a container: it ended with ${child.exitCode}`);
    await wait(20);
  }
  return {
    pid,
    enter,
    run,
    async stop() {
      process.off('exit', stopAtExit);
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** unshare forks, because only a child is in the new namespace of processes. */
async function firstProcess({ pid }: ChildProcess): Promise<number> {
  for (;;) {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    if (first) return Number(first);
    await wait(10);
  }
}
