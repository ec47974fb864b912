import { createWriteStream } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput, S3ServiceException } from '@aws-sdk/client-s3';
import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { archiveTooLarge, cannotFetch } from './cannot-fetch.ts';
import { downloadFile, sizeOf } from './download-file.ts';
import { PlaceError } from './listing.ts';
import { asPlaceError } from './log-server-s3-errors.ts';
import type { S3Place } from './log-server-s3-place.ts';
import { watchRate } from './watch-rate.ts';

const mostTries = 5;
const firstWaitMs = 500;

type Download = {
  place: S3Place;
  /** Of the recording below the place's prefix. */
  path: string;
  /** File to write. */
  destination: string;
  limits: Limits;
  /** For how long the server is watched before it is called too slow. */
  timeoutMs: number;
};

/**
 * Brings one object home. What S3 begins to send is one version of the object, whatever is put in its place; a
 * connection that is cut is taken up where it ended while that version is there, and begun anew once when it is not.
 *
 * @throws AvalancheError as RecordingSource.fetch; the signal's reason when aborted
 */
export async function downloadObject(download: Download, signal?: AbortSignal): Promise<{ bytes: number }> {
  return await downloadFile(download, (either) => fetchWhole(download, either), signal);
}

async function fetchWhole(download: Download, signal: AbortSignal): Promise<void> {
  const { path, destination } = download;
  let version: string | undefined;
  let replaced = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const start = version === undefined ? 0 : await sizeOf(destination);
      if (start === 0) await truncate(destination);
      const answer = await askFor(download, { start, version }, signal);
      version = answer.ETag;
      await writeRest(download, answer, start, signal);
      return;
    } catch (error) {
      if (isReplaced(error)) {
        replaced += 1;
        if (replaced === 2) throw cannotFetch('ARCHIVE_BROKEN', path, 'replaced while it was read, twice');
        version = undefined;
        continue;
      }
      if (error instanceof AvalancheError) throw error;
      const place = asPlaceError(error, signal);
      if (!place.isAway || attempt === mostTries) throw place;
      await sleep(firstWaitMs * 2 ** (attempt - 1), undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      );
    }
  }
}

async function askFor(
  { place: { client, bucket, prefix }, path }: Download,
  { start, version }: { start: number; version: string | undefined },
  signal: AbortSignal,
): Promise<GetObjectCommandOutput> {
  const rest = start > 0 ? { Range: `bytes=${start}-`, IfMatch: version } : {};
  const question = new GetObjectCommand({ Bucket: bucket, Key: prefix + path, ...rest });
  return await client.send(question, { abortSignal: signal });
}

async function writeRest(
  { path, destination, limits, timeoutMs }: Download,
  { Body, ContentLength, ContentRange }: GetObjectCommandOutput,
  start: number,
  signal: AbortSignal,
): Promise<void> {
  if (!(Body instanceof Readable)) throw new TypeError(`Cannot read "${path}": its answer has no body`);
  try {
    if (start > 0 && !(ContentRange ?? '').startsWith(`bytes ${start}-`))
      throw new PlaceError(`bytes from ${start} on were asked for, others were sent`);
    const announced = ContentLength === undefined ? null : start + ContentLength;
    if (announced !== null && announced > limits.archiveBytes)
      throw archiveTooLarge(path, `${announced} bytes`, limits);
    let came = start;
    const watched = async function* () {
      for await (const chunk of watchRate(Body, path, timeoutMs)) {
        came += chunk.length;
        if (came > limits.archiveBytes)
          throw archiveTooLarge(path, `more than ${limits.archiveBytes} bytes`, limits);
        yield chunk;
      }
    };
    await pipeline(watched, createWriteStream(destination, { flags: 'r+', start }), { signal });
    if (announced !== null && came < announced)
      throw new PlaceError(`connection ended after ${came} of ${announced} bytes`, { isAway: true });
  } finally {
    Body.destroy();
  }
}

/** Another version is there, or nothing is, of which more was asked for. */
function isReplaced(error: unknown): boolean {
  return error instanceof S3ServiceException && [412, 416].includes(error.$metadata.httpStatusCode ?? 0);
}
