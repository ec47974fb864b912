import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type HttpLogServerConfig, limitsSchema } from '../../storage/config.ts';
import { openLogServerHttp } from '../../workers/snapshot/sources/log-server-http.ts';
import { have } from '../support/prerequisites.ts';
import { type LastingServer, type NginxLocation, startNginx } from '../support/servers.ts';
import { type LogServerUnderTest, logServerContract, useLogFiles } from './log-server.contract.ts';

const defaults = { kind: 'http' as const, maximumAgeMs: 20 * 60_000, timeoutMs: 5_000, concurrency: 4 };

function at(url: string): LogServerUnderTest {
  return {
    configure: (template, maximumAgeMs) => ({ ...defaults, url, template, maximumAgeMs }),
    shown: url,
  };
}

describe.skipIf(!have('nginx')).each<NginxLocation>(['html', 'json'])('nginx with %s', (location) => {
  const files = useLogFiles();
  logServerContract(`nginx (${location})`, files, async (root) => {
    const nginx = await startNginx(root);
    return { ...at(`${nginx.url}/${location}`), stop: nginx.stop };
  });
});

describe.skipIf(!have('nginx'))('nginx', () => {
  const files = useLogFiles();
  const path = 'shop/shop-a/perf-record.tar.gz';
  const limits = limitsSchema.parse({});
  let nginx: LastingServer;
  beforeAll(async () => {
    nginx = await startNginx(files.root);
  });
  afterAll(() => nginx?.stop());
  beforeEach(() => writeFile(log(), ''));

  const log = () => join(nginx.folder, 'access.log');
  const asked = async () => (await readFile(log(), 'utf8')).trim().split('\n');
  const open = (location: NginxLocation, changed: Partial<HttpLogServerConfig> = {}, variables = {}) => {
    const url = `${nginx.url}/${location}`;
    const config = { ...defaults, url, template: '$app/$pod/perf-record.tar.gz', ...changed };
    return openLogServerHttp(config, 'prod', { variables });
  };

  test('is asked for what the template names, and for nothing else', async () => {
    for (const pod of ['shop-a', 'shop-b']) await files.put(`shop/${pod}/perf-record.tar.gz`);
    await files.put('cart/cart-a/perf-record.tar.gz');
    await open('json').findPods('shop');
    expect((await asked()).toSorted()).toEqual([
      'GET /json/shop/ 200',
      'HEAD /json/shop/ 200',
      'HEAD /json/shop/shop-a/perf-record.tar.gz 200',
      'HEAD /json/shop/shop-b/perf-record.tar.gz 200',
    ]);
  });

  test('is believed about the time in JSON; of what is old for certain in HTML, too', async () => {
    const template = '$app/$pod.tar.gz';
    await files.put('shop/new.tar.gz');
    await files.put('shop/old.tar.gz', { ageMs: 3 * 24 * 60 * 60_000 });
    expect((await open('json', { template }).findPods('shop')).pods.map(({ pod }) => pod)).toEqual(['new']);
    expect((await open('html', { template }).findPods('shop')).pods.map(({ pod }) => pod)).toEqual(['new']);
    expect((await asked()).filter((line) => line.includes('tar.gz'))).toEqual([
      'HEAD /html/shop/new.tar.gz 200',
    ]);
  });

  test.each([
    ['basic' as const, 'shop:secret'],
    ['bearer' as const, 'token-1'],
  ])('lets in with the login of an environment variable: %s', async (scheme, value) => {
    await files.put(path, { content: 'recording' });
    const authorization = { scheme, variable: 'LOG_SERVER_LOGIN' };
    const source = open(scheme, { authorization }, { LOG_SERVER_LOGIN: value });
    const { pods } = await source.findPods('shop');
    const destination = join(files.base, `fetched-${scheme}`);
    expect(await source.fetch(pods[0]?.locator ?? {}, destination, limits)).toEqual({ bytes: 9 });
    const others = await open(scheme).findPods('shop');
    expect(others.searched).toEqual([
      `${nginx.url}/${scheme}/shop: a login is wanted (401), none is configured`,
    ]);
  });

  test('without autoindex is said, and what is missing', async () => {
    await files.put(path);
    expect((await open('unlisted').findPods('shop')).searched).toEqual([
      `${nginx.url}/unlisted/shop: may not be read (403)`,
    ]);
  });

  test('that sends 1 kB a second is not waited for', async () => {
    await files.put(path, { content: Buffer.alloc(200_000) });
    const fetching = open('slow', { timeoutMs: 1_000 }).fetch({ path }, join(files.base, 'slow'), limits);
    await expect(fetching).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: expect.stringMatching(/the log server sends \d+ bytes a second|silent for 1 seconds/),
    });
  });

  test('that is not there is an error of its own, until it has been asked once', async () => {
    await files.put(path);
    const searched = open('html').findPods('shop');
    expect((await searched).pods).toHaveLength(1);
    await nginx.end();
    try {
      const { pods, searched: remarks } = await open('html').findPods('shop');
      expect(pods).toEqual((await searched).pods);
      expect(remarks[0]).toMatch(
        /as it was \d+ seconds ago, since the log server is away \(connection refused\)/,
      );
      await expect(open('html').findPods('cart')).rejects.toMatchObject({
        code: 'LOG_SERVER_UNREADABLE',
        message: `Cannot read log server "${nginx.url}/html": connection refused`,
      });
    } finally {
      await nginx.start();
    }
    expect((await open('html').findPods('shop')).searched).toEqual([]);
  });
});
