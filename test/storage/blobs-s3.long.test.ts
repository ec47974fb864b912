import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openBlobs } from '../../storage/blobs/open-blobs.ts';
import { openS3Blobs } from '../../storage/blobs/s3.ts';
import { readS3Url } from '../../storage/blobs/s3-url.ts';
import { buildGoProgram } from '../support/build-go-program.ts';
import { type LastingServer, s3Credentials, startS3 } from '../support/servers.ts';
import { blobStoreContract } from './blob-store.contract.ts';

const program = await buildGoProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
const megabyte = 1024 ** 2;

function useCredentials(credentials: Record<string, string> = s3Credentials): void {
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
}

/** Chunks of one megabyte, each its own; `before` may hold it up. */
async function* megabytes(count: number, before: (sent: number) => unknown = () => {}) {
  for (let sent = 0; sent < count; sent++) {
    await before(sent);
    yield Buffer.alloc(megabyte, sent % 251);
  }
}

describe.skipIf(program === undefined)('with an S3 server', () => {
  blobStoreContract('S3', async () => {
    useCredentials();
    const server = await startS3(program ?? '');
    const blobs = await openBlobs(`s3://kept/team/avalanche?endpoint=${server.url}`);
    return {
      blobs,
      async close() {
        await blobs.close();
        await server.stop();
        vi.unstubAllEnvs();
      },
    };
  });

  describe('blobs on S3', () => {
    let server: LastingServer;
    const closes: (() => unknown)[] = [];

    beforeAll(async () => {
      server = await startS3(program ?? '');
    });
    afterEach(async () => {
      for (const close of closes.splice(0)) await close();
      vi.unstubAllEnvs();
    });
    afterAll(() => server?.stop());

    const open = async (bucket = 'kept', endpoint = server.url) => {
      const blobs = await openBlobs(`s3://${bucket}/team?endpoint=${endpoint}`);
      closes.push(() => blobs.close());
      return blobs;
    };
    const client = () => {
      const made = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true });
      closes.push(() => made.destroy());
      return made;
    };
    const unfinished = async () => {
      const { Uploads = [] } = await client().send(new ListMultipartUploadsCommand({ Bucket: 'kept' }));
      return Uploads.map(({ Key }) => Key);
    };

    test('need a bucket that is there', async () => {
      useCredentials();
      await expect(open('elsewhere')).rejects.toMatchObject({
        code: 'BLOB_REFUSED',
        message: expect.stringMatching(
          /bucket "elsewhere" at http:\/\/127\.0\.0\.1:\d+\/: there is no such bucket$/,
        ),
      });
    });

    test.each([
      [
        'an unknown key',
        { ...s3Credentials, AWS_ACCESS_KEY_ID: 'nobody' },
        /does not know the access key|it answered 404 XAdminUserNotFound/,
      ],
      ['a wrong secret', { ...s3Credentials, AWS_SECRET_ACCESS_KEY: 'hunter3' }, /the secret key is wrong/],
    ])('need credentials, and not %s', async (_, credentials, reason) => {
      useCredentials(credentials);
      const refusal = await open().then(String, (error) => error);
      expect(refusal).toMatchObject({ code: 'BLOB_REFUSED', message: expect.stringMatching(reason) });
      expect(refusal.message).not.toMatch(/hunter|nobody/);
    });

    test('say that there are no credentials', async () => {
      useCredentials({
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
        AWS_CONFIG_FILE: '/nowhere',
      });
      await expect(open()).rejects.toMatchObject({
        code: 'BLOB_REFUSED',
        message: expect.stringContaining('no credentials were found'),
      });
    });

    test('wait for a server that is busy, and give up on one that stays so', async () => {
      useCredentials();
      const busy = await startBusyProxy(server.url);
      closes.push(busy.close);
      const blobs = await open('kept', busy.url);
      busy.refuseNext(2);
      await blobs.write('busy', new Uint8Array(10));
      expect(await blobs.read('busy')).toHaveLength(10);
      busy.refuseNext(100);
      for (const work of [
        () => blobs.write('busy', new Uint8Array(1)),
        () => blobs.read('busy'),
        () => blobs.check(),
      ])
        await expect(work()).rejects.toMatchObject({
          code: 'ENGINE_UNREACHABLE',
          message: expect.stringContaining('it answered 503 SlowDown, several times'),
        });
    });

    test('leave the old blob when the server dies in an upload, and work again when it is back', async () => {
      useCredentials();
      const blobs = await open();
      await blobs.write('kept', new Uint8Array(5));
      const source = megabytes(40, async (sent) => {
        if (sent === 20) await server.end();
      });
      await expect(blobs.write('kept', source)).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/^Cannot write blob "kept" in the bucket "kept" at http/),
      });
      await expect(blobs.check()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await expect(blobs.remove('kept')).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await expect(Array.fromAsync(blobs.list(''))).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await server.start();
      expect(await blobs.read('kept')).toHaveLength(5);
      await blobs.check();
    });

    test('break off a download when the server dies in it', async () => {
      useCredentials();
      const blobs = await open();
      await blobs.write('long', Readable.from(megabytes(64)));
      const stream = await blobs.stream('long');
      let seen = 0;
      const reading = (async () => {
        for await (const chunk of stream) {
          if (seen === 0) await server.end();
          seen += chunk.length;
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringContaining('Cannot read blob "long"'),
      });
      expect(seen).toBeLessThan(64 * megabyte);
      await server.start();
    });

    test('leave no parts of an upload that fails', async () => {
      useCredentials();
      const blobs = await open();
      const failing = megabytes(40, (sent) => {
        if (sent === 30) throw new Error('source broke');
      });
      await expect(blobs.write('failing', failing)).rejects.toThrow('source broke');
      expect(await unfinished()).not.toContain('team/failing');
    });

    test('drop the parts that a crash left, once they are a day old and below the prefix', async () => {
      useCredentials();
      for (const Key of ['team/crashed', 'others/crashed'])
        await client().send(new CreateMultipartUploadCommand({ Bucket: 'kept', Key }));
      const location = readS3Url(`s3://kept/team?endpoint=${server.url}`);
      const openAfter = async (hours: number) =>
        (await openS3Blobs(location, () => Date.now() + hours * 3600_000)).close();
      await openAfter(23);
      expect(await unfinished()).toEqual(expect.arrayContaining(['team/crashed', 'others/crashed']));
      await openAfter(25);
      expect(await unfinished()).toContain('others/crashed');
      expect(await unfinished()).not.toContain('team/crashed');
    });

    test('write and read a gigabyte in little memory', async () => {
      useCredentials();
      const blobs = await open();
      const memory = watchMemory();
      expect(await blobs.write('gigabyte', megabytes(1024))).toEqual({ bytes: 1024 * megabyte });
      const written = memory.grownMegabytes();
      let bytes = 0;
      for await (const chunk of await blobs.stream('gigabyte')) bytes += chunk.length;
      const read = memory.grownMegabytes();
      memory.stop();
      await blobs.remove('gigabyte');
      expect(bytes).toBe(1024 * megabyte);
      console.info(
        `A gigabyte on S3: memory grew by ${written} MB while it was written, ${read} MB until it was read`,
      );
      expect(read).toBeLessThan(300);
    }, 300_000);
  });
});

/** Growth of this process, at its highest. */
function watchMemory() {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 50);
  return {
    grownMegabytes: () => Math.round((highest - before) / megabyte),
    stop: () => clearInterval(timer),
  };
}

/** Hands on what it is asked, but for the next requests, which it refuses as S3 does under load. */
async function startBusyProxy(target: string) {
  let refusals = 0;
  const proxy = createServer((asked, answer) => {
    if (refusals > 0) {
      refusals--;
      asked.resume();
      answer.writeHead(503, { 'content-type': 'application/xml' });
      answer.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      return;
    }
    const { method, headers, url } = asked;
    const handed = request(target + url, { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(answer);
    });
    asked.pipe(handed);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    refuseNext(count: number) {
      refusals = count;
    },
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
