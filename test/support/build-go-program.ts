import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './prerequisites.ts';

const buildMs = 30 * 60_000;

/**
 * Path of a program that no Debian package brings, built with Go where it is not there yet (minutes the first time)
 * and kept in `~/.cache/avalanche`; undefined where Go is not installed.
 *
 * @param module such as `github.com/versity/versitygw/cmd/versitygw`
 * @throws Error when it cannot be built
 */
export async function buildGoProgram(module: string, version: string): Promise<string | undefined> {
  const name = module.slice(module.lastIndexOf('/') + 1);
  const folder = join(homedir(), '.cache', 'avalanche', `${name}-${version}`);
  const built = findProgram(name, [folder]);
  const go = findProgram('go', ['/usr/local/go/bin']);
  if (built !== undefined || go === undefined) return built;
  const begin = Date.now();
  console.warn(`Building ${name} ${version} with Go, which takes minutes`);
  await promisify(execFile)(go, ['install', `${module}@${version}`], {
    env: { ...process.env, GOBIN: folder },
    timeout: buildMs,
  });
  console.warn(`Built ${name} in ${Math.round((Date.now() - begin) / 1_000)} s`);
  return join(folder, name);
}
