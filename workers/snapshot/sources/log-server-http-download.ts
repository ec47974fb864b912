import { createWriteStream } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Limits } from '../../../storage/config.ts';
import { showOutsideName } from '../outside-name.ts';
import { archiveTooLarge, cannotFetch } from './cannot-fetch.ts';
import { downloadFile, sizeOf } from './download-file.ts';
import { PlaceError } from './listing.ts';
import { type HttpAnswer, type HttpClient, readBody, waitToAskAgain } from './log-server-http-client.ts';
import type { Pace } from './pace.ts';
import { watchRate } from './watch-rate.ts';

const mostTries = 5;

export type Download = {
  client: HttpClient;
  /** Of the recording on the server. */
  path: string;
  /** File to write. */
  destination: string;
  limits: Limits;
  /** For how long the server is watched before it is called too slow. */
  timeoutMs: number;
  pace: Pace | null;
};

/** One state of the file on the server. */
type Version = {
  /** For If-Range: an ETag that stands for the very bytes, else the time. */
  validator: string | null;
  /** Null where the server does not announce it. */
  bytes: number | null;
};

/**
 * Brings one file home. A connection that is cut is taken up where it ended, as long as the file is still the same; a
 * file that is replaced meanwhile is fetched once more from its beginning.
 *
 * @throws AvalancheError as RecordingSource.fetch; the signal's reason when aborted
 */
export async function downloadRecording(
  download: Download,
  signal?: AbortSignal,
): Promise<{ bytes: number }> {
  return await downloadFile(download, (either) => fetchTwice(download, either), signal);
}

async function fetchTwice(download: Download, signal: AbortSignal): Promise<void> {
  if ((await fetchWhole(download, signal)) === 'whole') return;
  const second = await fetchWhole(download, signal);
  // Of a file that is published faster than it travels, a copy may be whole all the same. Whether it is, gzip's own
  // check sum tells when it is unpacked; anything else could be half old, half new.
  if (second === 'whole' || (second === 'replaced-since' && (await isGzip(download.destination)))) return;
  const state = 'replaced while it was read, twice (a whole file wanted: recorders should rename into place)';
  throw cannotFetch('ARCHIVE_BROKEN', download.path, state);
}

/** `replaced`: what came is a part only; `replaced-since`: all came, and then another file was there. */
type Ending = 'whole' | 'replaced' | 'replaced-since';

async function fetchWhole(download: Download, signal: AbortSignal): Promise<Ending> {
  const { destination } = download;
  await truncate(destination);
  let version: Version | null = null;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const offset = await sizeOf(destination);
      if (version === null || offset !== version.bytes) {
        const answer: HttpAnswer = await askForRest(download, version, offset, signal);
        if (version !== null && isAnother(answer, version)) {
          answer.body.destroy();
          return 'replaced';
        }
        version ??= readVersion(answer.headers);
        await writeRest(download, answer, version, signal);
      }
      return (await wasReplaced(download, version, signal)) ? 'replaced-since' : 'whole';
    } catch (error) {
      if (!(error instanceof PlaceError && error.isAway) || attempt === mostTries) throw error;
      await waitToAskAgain(error, attempt, signal);
    }
  }
}

async function askForRest(
  { client, path }: Download,
  version: Version | null,
  offset: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const isRest = version !== null && version.validator !== null && offset > 0;
  const headers = isRest ? { range: `bytes=${offset}-`, 'if-range': version.validator! } : undefined;
  const answer = await client.ask(client.urlOf(path, 'file'), { method: 'GET', headers, signal });
  if (answer === null) throw new PlaceError('gone, or never there (404)');
  const { status, url } = answer;
  const isOfUse = status === 200 || (isRest && (status === 206 || status === 416));
  if (isOfUse && !url.pathname.endsWith('/')) return answer;
  answer.body.destroy();
  throw new PlaceError(isOfUse ? 'not a file' : `answers ${status}`);
}

function isAnother({ status, headers }: HttpAnswer, version: Version): boolean {
  // Beyond its end: it is shorter than it was.
  if (status === 416) return true;
  const { validator, bytes } = readVersion(headers);
  if (status === 206) return validator !== null && validator !== version.validator;
  return validator !== version.validator || bytes !== version.bytes;
}

/** Appends what a range brings; a whole file, as from a server without ranges, begins anew. */
async function writeRest(
  { path, destination, limits, timeoutMs, pace }: Download,
  answer: HttpAnswer,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  const start = answer.status === 206 ? await sizeOf(destination) : 0;
  if (start === 0) await truncate(destination);
  const announced = version.bytes;
  if (announced !== null && announced > limits.archiveBytes) {
    answer.body.destroy();
    throw archiveTooLarge(path, `${announced} bytes`, limits);
  }
  if (answer.status === 206) checkRange(answer, start, announced);
  let came = start;
  const watched = async function* () {
    for await (const chunk of watchRate(readBody(answer, signal), path, timeoutMs)) {
      came += chunk.length;
      if (came > limits.archiveBytes)
        throw archiveTooLarge(path, `more than ${limits.archiveBytes} bytes`, limits);
      if (announced !== null && came > announced)
        throw brokenRange(`more than the ${announced} bytes announced`);
      yield chunk;
      await pace?.spend(chunk.length, signal);
    }
  };
  try {
    await pipeline(watched, createWriteStream(destination, { flags: 'r+', start }), { signal });
  } finally {
    answer.body.destroy();
  }
  if (announced !== null && came < announced)
    throw new PlaceError(`connection ended after ${came} of ${announced} bytes`, { isAway: true });
}

function checkRange({ headers }: HttpAnswer, start: number, announced: number | null): void {
  const range = headers['content-range'] ?? '';
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  const isAsked = Number(from) === start && (announced === null || total === String(announced));
  if (!isAsked)
    throw brokenRange(`bytes from ${start} on were asked for, "${showOutsideName(range)}" was sent`);
}

function brokenRange(state: string): PlaceError {
  return new PlaceError(`the log server breaks the rules of HTTP: ${state}`);
}

/** Whether another file is there now. A server that does not say is taken at its first word. */
async function wasReplaced(
  { client, path }: Download,
  version: Version,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = await client.ask(client.urlOf(path, 'file'), { method: 'HEAD', signal });
    answer?.body.resume();
    return answer !== null && version.validator !== readVersion(answer.headers).validator;
  } catch (error) {
    if (error instanceof PlaceError) return false;
    throw error;
  }
}

function readVersion(headers: IncomingHttpHeaders): Version {
  const { etag, 'last-modified': lastModified, 'content-length': length } = headers;
  const isStrong = etag !== undefined && !etag.startsWith('W/');
  const bytes = length === undefined ? null : Number(length);
  return { validator: (isStrong ? etag : lastModified) ?? null, bytes };
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await handle.close();
  }
}
