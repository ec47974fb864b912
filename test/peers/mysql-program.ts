import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../support/prerequisites.ts';

const bringMs = 5 * 60_000;
const run = promisify(execFile);

/**
 * Path of a `mysqld` that is MySQL, and not the MariaDB that Debian installs under this name. Debian has it in unstable
 * only: from there it is taken with all its libraries, the C library included, and kept in `~/.cache/avalanche`, apart
 * from the system. Undefined where there is no apt.
 *
 * @throws Error when it cannot be brought
 */
export async function bringMysql(): Promise<string | undefined> {
  const installed = findProgram('mysqld');
  if (installed !== undefined && (await isMysql(installed))) return installed;
  const folder = join(homedir(), '.cache', 'avalanche', 'mysql');
  const kept = findProgram('mysqld', [folder]);
  if (kept?.startsWith(folder)) return kept;
  if (findProgram('apt-get') === undefined || findProgram('dpkg-deb') === undefined) return undefined;
  await mkdir(join(folder, '..'), { recursive: true });
  const begun = await mkdtemp(`${folder}-`);
  try {
    await unpackUnstable('mysql-server-core', begun);
    await writeFile(join(begun, 'mysqld'), wrapper);
    await chmod(join(begun, 'mysqld'), 0o755);
    await rename(begun, folder);
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
  return join(folder, 'mysqld');
}

async function isMysql(path: string): Promise<boolean> {
  const { stdout } = await run(path, ['--version']);
  return !stdout.includes('MariaDB');
}

/** A newer C library than the system's has to be started by the loader that came with it. */
const wrapper = `#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root/usr
exec "$root"/lib/*-linux-gnu/ld-linux-*.so.* --library-path "$(echo "$root"/lib/*-linux-gnu)" "$root/sbin/mysqld" "$@"
`;

/** A package and all that it needs, into `root` of the folder; apt is given a state of its own, and installs nothing. */
async function unpackUnstable(name: string, folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'archives', 'partial'), { recursive: true });
  await writeFile(join(apt, 'status'), '');
  await writeFile(join(apt, 'sources.list'), await describeUnstable());
  const settings = Object.entries({
    'Dir::State': apt,
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': apt,
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
  }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...settings, 'update'], { timeout: bringMs });
  await run('apt-get', [...settings, '--yes', '--download-only', 'install', name], { timeout: bringMs });
  const archives = join(apt, 'archives');
  for (const archive of (await readdir(archives)).filter((file) => file.endsWith('.deb')))
    await run('dpkg-deb', ['--extract', join(archives, archive), join(folder, 'root')]);
  await rm(apt, { recursive: true });
}

/** Where this machine gets its Debian packages from has those of unstable too. */
async function describeUnstable(): Promise<string> {
  const { stdout } = await run('apt-get', [
    ...['indextargets', '--format', '$(SITE)'],
    ...['Created-By: Packages', 'Origin: Debian'],
  ]);
  const [site] = stdout.split('\n');
  if (!site) throw new Error('Cannot bring MySQL: this machine has no source of Debian packages');
  return `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site} unstable main\n`;
}
