import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { archiveTooLarge, cannotFetch } from './cannot-fetch.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { execInPod, type PodContainer } from './kubernetes-exec.ts';

/** What one command brings: little enough that it is held in memory, and not much is lost with a connection. */
const rangeBytes = 4 * 1024 ** 2;
const rangeMs = 60_000;
const mostTries = 5;
const betweenTriesMs = 500;
/** A file that is published anew more often than it can be read is given up. */
const mostVersions = 3;

const exitCodes = { missing: 66, unreadable: 67, noStat: 68 };

/**
 * One opening, so that all of a range is of one file whatever is renamed over it meanwhile; which file, and how long
 * it is, goes before the bytes.
 */
const rangeScript = `
[ -e "$1" ] || exit ${exitCodes.missing}
[ -r "$1" ] || exit ${exitCodes.unreadable}
exec 3<"$1"
stat -L -c '%i %s' /proc/self/fd/3 || exit ${exitCodes.noStat}
tail -c "+$2" <&3 | head -c "$3"
`;

export type PodFile = { client: KubernetesClient; place: PodContainer; path: string; limits: Limits };

/**
 * Brings a file out of a container, range by range: a connection that is cut, or standard output that ends early
 * without a word, is taken up where it ended; a file that is replaced meanwhile is begun again.
 *
 * @param destination does not exist yet; what is in it after a failure is the caller's to remove
 * @throws AvalancheError ARCHIVE_MISSING, ARCHIVE_TOO_LARGE, ARCHIVE_BROKEN (replaced again and again), and those of
 *   execInPod
 */
export async function bringFile(
  file: PodFile,
  destination: string,
  signal?: AbortSignal,
): Promise<{ bytes: number }> {
  const { path, limits } = file;
  const target = await open(destination, 'wx', 0o600);
  try {
    let version: { inode: string; bytes: number } | null = null;
    let versions = 0;
    let offset = 0;
    let tries = 0;
    while (version === null || offset < version.bytes) {
      const range: Range | null = await readRange(file, offset, signal).catch(async (error: unknown) => {
        tries += 1;
        if (!isPassing(error) || tries === mostTries) throw error;
        await wait(betweenTriesMs * tries, undefined, { signal });
        return null;
      });
      if (range === null) continue;
      if (range.bytes > limits.archiveBytes) throw archiveTooLarge(path, `${range.bytes} bytes`, limits);
      if (version !== null && (range.inode !== version.inode || range.bytes !== version.bytes)) {
        await target.truncate();
        offset = 0;
        version = null;
        versions += 1;
        if (versions === mostVersions)
          throw cannotFetch('ARCHIVE_BROKEN', path, 'replaced again and again while it was read');
        continue;
      }
      version = { inode: range.inode, bytes: range.bytes };
      await target.write(range.content, 0, range.content.length, offset);
      offset += range.content.length;
      if (range.content.length === 0 && offset < version.bytes) {
        tries += 1;
        if (tries === mostTries)
          throw cannotFetch('ARCHIVE_BROKEN', path, `${offset} of ${version.bytes} bytes came`);
      }
    }
    return { bytes: offset };
  } finally {
    await target.close();
  }
}

type Range = { inode: string; bytes: number; content: Buffer };

async function readRange(
  { client, place, path }: PodFile,
  offset: number,
  signal?: AbortSignal,
): Promise<Range> {
  const words = ['sh', '-c', rangeScript, 'avalanche', path, String(offset + 1), String(rangeBytes)];
  const result = await execInPod(client, place, words, {
    signal,
    limitMs: rangeMs,
    largestBytes: rangeBytes + 64,
  });
  const { exitCode, stdout, stderr } = result;
  const problem = describeProblem(exitCode, stderr);
  if (problem !== null)
    throw cannotFetch('ARCHIVE_MISSING', path, `${problem}, in the container "${place.container}"`);
  const lineEnd = stdout.indexOf('\n');
  const [, inode, bytes] = /^(\d+) (\d+)$/.exec(stdout.toString('latin1', 0, Math.max(lineEnd, 0))) ?? [];
  if (inode === undefined) {
    throw new AvalancheError('EXEC_CUT', `Cannot fetch "${path}": the pod's answer was cut before it began`);
  }
  return { inode, bytes: Number(bytes), content: stdout.subarray(lineEnd + 1) };
}

function describeProblem(exitCode: number, stderr: string): string | null {
  switch (exitCode) {
    case 0:
      return null;
    case exitCodes.missing:
      return 'no such file';
    case exitCodes.unreadable:
      return 'not readable for the user of the container';
    case exitCodes.noStat:
    case 127:
      return 'no shell with stat, head and tail';
    default:
      return `exit code ${exitCode}, saying "${stderr.trim().slice(0, 200)}"`;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof AvalancheError && error.retry;
}
