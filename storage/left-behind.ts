import { stat } from 'node:fs/promises';

/**
 * Whether a file or folder was made by a process that has ended, told by the number of that process on this machine.
 * In a container every process may have the same number: then what is older than we are is not ours.
 */
export async function isLeftBehind(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid);
  const startedAt = Date.now() - process.uptime() * 1_000;
  const { birthtimeMs } = await stat(path).catch(() => ({ birthtimeMs: Number.POSITIVE_INFINITY }));
  return birthtimeMs < startedAt;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
