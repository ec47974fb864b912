import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

/** Programs that some tests start, and the Debian package that brings each. */
const packages = {
  'redis-server': 'redis-server',
  mariadbd: 'mariadb-server',
  postgres: 'postgresql',
  openssl: 'openssl',
  chromium: 'chromium',
  perf: 'linux-perf',
  git: 'git',
  gcc: 'gcc',
  nginx: 'nginx',
} as const;

export type Program = keyof typeof packages;

const installMs = 10 * 60_000;

/** For `describe.skipIf(!have('mariadbd'))`. */
export function have(program: Program): boolean {
  return findProgram(program) !== undefined;
}

/** Path of a program. Servers are in sbin, or a folder of their own for each version, which are on nobody's PATH. */
export function findProgram(program: string, moreFolders: readonly string[] = []): string | undefined {
  const folders = [
    ...moreFolders,
    ...(process.env.PATH ?? '').split(delimiter),
    ...['/usr/local/sbin', '/usr/sbin', '/sbin'],
    ...globSync('/usr/lib/postgresql/*/bin'),
  ];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Vitest's global setup: brings what is missing where we may, else says what is missing and how to get it. */
export default function setUp(): void {
  const missing = (Object.keys(packages) as Program[]).filter((program) => !have(program));
  if (missing.length === 0) return;
  if (mayInstall()) install(missing);
  const stillMissing = missing.filter((program) => !have(program));
  if (stillMissing.length > 0) console.warn(describeMissing(stillMissing));
}

/** Root in a Debian (or Ubuntu) container, or a CI machine; never somebody's laptop. */
function mayInstall(): boolean {
  if (findProgram('apt-get') === undefined) return false;
  return process.env.CI === 'true' || userInfo().uid === 0;
}

function install(programs: Program[]): void {
  console.warn(`Installing for the tests: ${programs.map((program) => packages[program]).join(' ')}`);
  aptGet(['update']);
  // One by one: a package that this release does not have keeps none of the others away.
  for (const program of programs) aptGet(['install', '--yes', '--no-install-recommends', packages[program]]);
}

function aptGet(parameters: string[]): void {
  const command = [...(userInfo().uid === 0 ? [] : ['sudo', '-n']), 'apt-get', '-qq', ...parameters];
  const { error, status, stderr } = spawnSync(command[0]!, command.slice(1), {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: installMs,
  });
  if (status !== 0) console.warn(`${command.join(' ')}: ${error?.message ?? stderr.trim().slice(-1_000)}`);
}

function describeMissing(programs: Program[]): string {
  const names = programs.map((program) => packages[program]);
  return `Not installed: ${programs.join(', ')}. Tests that need them are skipped. Debian: sudo apt-get install ${names.join(' ')}`;
}
