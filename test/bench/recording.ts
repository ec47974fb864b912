import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../shared/bench/make-recording.sh', import.meta.url));
const folder = join(tmpdir(), 'avalanche-bench');

/**
 * A large recording of real programs, made in about a minute, or the one that was made before.
 *
 * @returns its path, or why there is none
 */
export function makeRecording(megabytes: number): { path: string } | { missing: string } {
  const path = join(folder, `recording-${megabytes}.perf.txt`);
  if (existsSync(path)) return { path };
  if (!existsSync(script)) return { missing: 'make-recording.sh is not beside the repository' };
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const { status } = spawnSync('bash', [script, String(megabytes), unfinished], { stdio: 'inherit' });
  if (status !== 0) return { missing: `make-recording.sh ended with exit code ${status}` };
  renameSync(unfinished, path);
  return { path };
}
