import type { AvalancheError } from '../../../storage/errors.ts';
import { cannotFetch } from './cannot-fetch.ts';

/** A server that is slower than this for as long as the timeout is taken for one that does not answer. */
const slowestBytesPerSecond = 8 * 1024;

/**
 * Passes bytes on as long as they come fast enough. The time that we take ourselves is not counted.
 *
 * @param path of the recording, for the message
 * @throws AvalancheError LOG_SERVER_UNREADABLE
 */
export async function* watchRate(
  chunks: AsyncIterable<Buffer>,
  path: string,
  windowMs: number,
): AsyncGenerator<Buffer> {
  let waitedMs = 0;
  let bytes = 0;
  let askedAt = performance.now();
  for await (const chunk of chunks) {
    waitedMs += performance.now() - askedAt;
    bytes += chunk.length;
    if (waitedMs >= windowMs) {
      const bytesPerSecond = Math.round((bytes / waitedMs) * 1000);
      if (bytesPerSecond < slowestBytesPerSecond) throw tooSlow(path, bytesPerSecond);
      waitedMs = 0;
      bytes = 0;
    }
    yield chunk;
    askedAt = performance.now();
  }
}

function tooSlow(path: string, bytesPerSecond: number): AvalancheError {
  const state = `the log server sends ${bytesPerSecond} bytes a second (at least ${slowestBytesPerSecond} wanted)`;
  return cannotFetch('LOG_SERVER_UNREADABLE', path, state);
}
