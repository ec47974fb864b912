import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../storage/blobs/s3-client.ts';
import { limitsSchema, type S3LogServerConfig } from '../../storage/config.ts';
import { openLogServerS3 } from '../../workers/snapshot/sources/log-server-s3.ts';
import { buildGoProgram } from '../support/build-go-program.ts';
import { portOf } from '../support/relay.ts';
import { type LastingServer, s3Credentials, startS3 } from '../support/servers.ts';
import { logServerContract, useLogFiles } from './log-server.contract.ts';

const program = await buildGoProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
const variables = {
  LOGS_ACCESS_KEY: s3Credentials.AWS_ACCESS_KEY_ID,
  LOGS_SECRET_KEY: s3Credentials.AWS_SECRET_ACCESS_KEY,
};
const defaults = {
  kind: 's3' as const,
  maximumAgeMs: 20 * 60_000,
  timeoutMs: 5_000,
  concurrency: 4,
  credentials: { accessKeyVariable: 'LOGS_ACCESS_KEY', secretKeyVariable: 'LOGS_SECRET_KEY' },
};
const limits = limitsSchema.parse({});
const path = 'shop/shop-a/perf-record.tar.gz';

describe.skipIf(program === undefined)('with an S3 server', () => {
  const files = useLogFiles();

  beforeAll(() => {
    Object.assign(process.env, variables);
  });
  afterAll(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });

  logServerContract('S3', files, async (root) => {
    const server = await startS3(program!, root);
    return {
      configure: (template, maximumAgeMs) => ({
        ...defaults,
        url: `s3://kept?endpoint=${server.url}`,
        template,
        maximumAgeMs,
      }),
      shown: 's3://kept',
      keepsVersions: true,
      stop: server.stop,
    };
  });

  describe('a log server on S3', () => {
    let server: LastingServer;
    let client: S3Client;

    beforeAll(async () => {
      server = await startS3(program!);
      const location = { endpoint: server.url, region: null, hasPathStyle: true };
      const { LOGS_ACCESS_KEY: accessKeyId, LOGS_SECRET_KEY: secretAccessKey } = variables;
      client = createS3Client(location, { credentials: { accessKeyId, secretAccessKey } });
    });
    afterEach(() => rm(destination(), { force: true }));
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
    });

    const destination = () => join(files.base, 'fetched');
    const put = (key: string, content: Uint8Array) =>
      client.send(new PutObjectCommand({ Bucket: 'kept', Key: key, Body: content }));
    const open = ({ place = 's3://kept', endpoint = server.url, changed = {}, known = variables } = {}) =>
      openLogServerS3(
        {
          ...defaults,
          url: `${place}?endpoint=${endpoint}`,
          template: '$app/$pod/perf-record.tar.gz',
          ...changed,
        } satisfies S3LogServerConfig,
        'prod',
        { variables: known },
      );

    test('is searched below its prefix, through as many pages as there are', async () => {
      const content = Buffer.from('recording');
      await put(`team/logs/${path}`, content);
      // A page has a thousand.
      const crowd = join(server.folder, 'buckets/kept/team/logs/crowd');
      for (let n = 0; n < 1_100; n++) {
        await mkdir(join(crowd, `crowd-${n}`), { recursive: true });
        await writeFile(join(crowd, `crowd-${n}`, 'app.log'), '');
      }
      await put('team/logs/crowd/zebra/perf-record.tar.gz', content);
      const source = open({ place: 's3://kept/team/logs' });
      expect((await source.findPods('shop')).pods).toMatchObject([{ pod: 'shop-a', locator: { path } }]);
      expect((await source.findPods('crowd')).pods.map(({ pod }) => pod)).toEqual(['zebra']);
      expect(source.describe()).toBe(
        `log server s3://kept/team/logs at ${server.url}/, template $app/$pod/perf-record.tar.gz`,
      );
      await source.fetch({ path }, destination(), limits);
      expect(await readFile(destination(), 'utf8')).toBe('recording');
    });

    test.for([
      [
        'a secret that is wrong',
        { known: { ...variables, LOGS_SECRET_KEY: 'hunter2' } },
        'secret key is wrong',
      ],
      ['a bucket that is not there', { place: 's3://nowhere' }, 'there is no such bucket'],
    ] as const)('says, place by place, of %s', async ([, given, words]) => {
      const { pods, searched, isRefused } = await open(given).findPods('shop');
      expect(pods).toEqual([]);
      expect(isRefused).toBe(true);
      expect(searched.join('\n')).toContain(words);
      expect(searched.join('\n')).not.toContain('hunter2');
      await expect(open(given).fetch({ path }, destination(), limits)).rejects.toMatchObject({
        code: 'ARCHIVE_MISSING',
        message: expect.stringContaining(words),
      });
      await expect(stat(destination())).rejects.toThrow('ENOENT');
    });

    test('says which variable is not set', async () => {
      const { LOGS_ACCESS_KEY } = variables;
      await expect(open({ known: { LOGS_ACCESS_KEY } as never }).findPods('shop')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('the environment variable LOGS_SECRET_KEY is not set'),
      });
    });

    test('that is away is an error that may be tried again', async () => {
      const gone = createServer().listen(0, '127.0.0.1');
      await once(gone, 'listening');
      const endpoint = `http://127.0.0.1:${portOf(gone)}`;
      gone.close();
      await expect(open({ endpoint }).findPods('shop')).rejects.toMatchObject({
        code: 'LOG_SERVER_UNREADABLE',
        retry: true,
        message: expect.stringContaining('ECONNREFUSED'),
      });
    });

    test('is not waited for when the search is broken off', async () => {
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const endpoint = `http://127.0.0.1:${portOf(silent)}`;
      const stop = new AbortController();
      const searching = open({ endpoint }).findPods('shop', stop.signal);
      setTimeout(() => stop.abort(new Error('enough')), 100);
      await expect(searching).rejects.toThrow('enough');
      silent.closeAllConnections();
      silent.close();
    });

    /** Passes everything on; of the first answer to a GET of the recording only so much. */
    async function startCutting(bytes: number, onCut: () => Promise<unknown> = async () => {}) {
      const asked: string[] = [];
      let isCut = false;
      const answer = (given: IncomingMessage, response: ServerResponse) => {
        const { method = '', url = '', headers } = given;
        if (method === 'GET' && url.includes('perf-record')) asked.push(headers.range ?? 'whole');
        const passed = request(new URL(url, server.url), { method, headers }, (found) => {
          response.writeHead(found.statusCode ?? 500, found.headers);
          let left = !isCut && method === 'GET' && url.includes('perf-record') ? bytes : Infinity;
          found.on('data', (chunk: Buffer) => {
            response.write(chunk.subarray(0, left));
            left -= chunk.length;
            if (left > 0 || isCut) return;
            isCut = true;
            found.destroy();
            void onCut().finally(() => response.destroy());
          });
          found.on('end', () => response.end());
          found.on('error', () => {});
        });
        given.pipe(passed);
      };
      const proxy = createServer(answer).listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const stop = () => {
        proxy.closeAllConnections();
        proxy.close();
      };
      return { asked, stop, endpoint: `http://127.0.0.1:${portOf(proxy)}` };
    }

    test('whose connection is cut is asked for the rest', async () => {
      const content = randomBytes(3 * 1024 ** 2);
      await put(path, content);
      const { asked, endpoint, stop } = await startCutting(1024 ** 2);
      expect(await open({ endpoint }).fetch({ path }, destination(), limits)).toEqual({
        bytes: content.length,
      });
      expect((await readFile(destination())).equals(content)).toBe(true);
      expect(asked).toEqual(['whole', expect.stringMatching(/^bytes=\d{5,7}-$/)]);
      stop();
    });

    test('whose recording is replaced while the connection is cut is asked for the new one', async () => {
      const [old, fresh] = [randomBytes(3 * 1024 ** 2), randomBytes(2 * 1024 ** 2)];
      await put(path, old);
      const { asked, endpoint, stop } = await startCutting(1024 ** 2, () => put(path, fresh));
      await open({ endpoint }).fetch({ path }, destination(), limits);
      expect((await readFile(destination())).equals(fresh)).toBe(true);
      expect(asked).toEqual(['whole', expect.stringMatching(/^bytes=/), 'whole']);
      stop();
    });

    test('takes what has one name as an object and as a folder for what the template has there', async () => {
      await client.send(new CreateBucketCommand({ Bucket: 'odd' }));
      for (const key of [path, 'shop/shop-a', 'shop'])
        await client
          .send(new PutObjectCommand({ Bucket: 'odd', Key: key, Body: Buffer.from('x') }))
          // On a file system one name is one thing.
          .catch(() => {});
      expect((await open({ place: 's3://odd' }).findPods('shop')).pods).toHaveLength(1);
    });
  });
});
