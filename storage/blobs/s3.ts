import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { checkKey, checkPrefix, isKey } from './blob-key.ts';
import type { BlobContent, BlobStore } from './blob-store.ts';
import { createS3Client } from './s3-client.ts';
import { asBlobError, isNotAllowed } from './s3-errors.ts';
import type { S3Location } from './s3-url.ts';

/** S3 takes 10,000 parts: 78 GiB. */
const partBytes = 8 * 1024 ** 2;
/** What bounds the memory of an upload: these, the part that fills, and its chunks. */
const partsAtOnce = 2;
/** An upload that began longer ago was left by a process that is gone. */
const abandonedMs = 24 * 3600_000;

/**
 * Blobs in a bucket. Credentials come from where AWS clients look for them: the environment, the shared files, the
 * role of the machine or pod.
 *
 * @throws AvalancheError ENGINE_UNREACHABLE when the server does not answer, BLOB_REFUSED when it does not let us in
 */
export async function openS3Blobs(location: S3Location, now: () => number = Date.now): Promise<BlobStore> {
  const client = createS3Client(location);
  const blobs = buildS3Blobs(client, location);
  try {
    await blobs.check();
    await abortAbandoned(client, location, now() - abandonedMs);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return blobs;
}

function buildS3Blobs(client: S3Client, { bucket, prefix, endpoint }: S3Location): BlobStore {
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + checkKey(key) });
  const explain = (action: string, key: string) => (error: unknown) => {
    throw asBlobError(error, { action, key, bucket, endpoint });
  };
  const open = async (key: string) => {
    const { Body } = await client.send(new GetObjectCommand(at(key))).catch(explain('read', key));
    if (!(Body instanceof Readable)) throw new TypeError(`Cannot read blob "${key}": its answer has no body`);
    return withOurErrors(Body, explain('read', key));
  };

  return {
    async write(key, content, { signal } = {}) {
      const target = at(key);
      signal?.throwIfAborted();
      const source = new CountedSource(content);
      const upload = new Upload({
        client,
        params: { ...target, Body: source.stream },
        partSize: partBytes,
        queueSize: partsAtOnce,
      });
      const abort = () => void upload.abort();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await upload.done();
        return { bytes: source.bytes };
      } catch (error) {
        signal?.throwIfAborted();
        if (source.failure !== null) throw source.failure.error;
        return explain('write', key)(error);
      } finally {
        signal?.removeEventListener('abort', abort);
        source.stream.destroy();
      }
    },

    async read(key) {
      return Buffer.concat(await Array.fromAsync(await open(key)));
    },

    stream: open,

    async remove(key) {
      await client.send(new DeleteObjectCommand(at(key))).catch(explain('remove', key));
    },

    async *list(keyPrefix) {
      checkPrefix(keyPrefix);
      try {
        const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix + keyPrefix });
        for await (const { Contents = [] } of pages) {
          for (const { Key = '' } of Contents) {
            const key = Key.slice(prefix.length);
            if (isKey(key)) yield key;
          }
        }
      } catch (error) {
        explain('list', keyPrefix)(error);
      }
    },

    async check() {
      // Not HeadBucket, whose errors have no body that would say what is wrong.
      const question = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
      await client.send(question).catch(explain('list', prefix));
    },

    describe: () => `objects in s3://${bucket}/${prefix}${endpoint === null ? '' : ` at ${endpoint}`}`,

    async close() {
      client.destroy();
    },
  };
}

/** What is uploaded, as a stream whose bytes are counted and whose own errors are told from those of S3. */
class CountedSource {
  bytes = 0;
  failure: { error: unknown } | null = null;
  readonly stream: Readable;

  constructor(content: BlobContent) {
    const chunks = content instanceof Uint8Array ? slices(content) : content;
    this.stream = Readable.from(this.#count(chunks), { objectMode: false });
  }

  async *#count(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      // What comes once the stream was ended is of whoever ended it.
      if (!this.stream.destroyed) this.failure = { error };
      throw error;
    }
  }
}

/** Without copies; none of an empty array, which would be taken for the end. */
function* slices(content: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < content.length; from += partBytes) yield content.subarray(from, from + partBytes);
}

function withOurErrors(body: Readable, explain: (error: unknown) => never): Readable {
  async function* chunks() {
    try {
      yield* body;
    } catch (error) {
      explain(error);
    }
  }
  const stream = Readable.from(chunks(), { objectMode: false });
  // A reader may go away before the first chunk, when nothing of `chunks` has run.
  return stream.once('close', () => body.destroy());
}

/**
 * The parts of an upload that a crash left are paid for and in no listing. At most 1,000 at an opening; who may not
 * look leaves it to a rule of the bucket.
 */
async function abortAbandoned(
  client: S3Client,
  { bucket, prefix, endpoint }: S3Location,
  beforeMs: number,
): Promise<void> {
  try {
    const question = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
    const { Uploads = [] } = await client.send(question);
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Initiated === undefined || Initiated.getTime() > beforeMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  } catch (error) {
    if (!isNotAllowed(error)) throw asBlobError(error, { action: 'tidy', key: prefix, bucket, endpoint });
  }
}
