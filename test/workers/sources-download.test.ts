import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configFileSchema, limitsSchema } from '../../storage/config.ts';
import { openDownload } from '../../workers/snapshot/sources/download.ts';
import { checkPublicHost, lookUpPublic } from '../../workers/snapshot/sources/public-addresses.ts';
import { unpackArchive } from '../../workers/snapshot/unpack.ts';
import { failureOf } from '../support/failures.ts';
import { packTar } from '../support/tar.ts';

const limits = limitsSchema.parse({});
const folded = 'main;handle;parse 3\n';

describe('a recording named by its URL', () => {
  let folder: string;
  let base: string;
  const asked: string[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    answer(request, response);
  });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-download-'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ci`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    asked.length = 0;
    answer = (_, response) => response.end(folded);
  });

  const environment = (...downloads: object[]) =>
    configFileSchema.parse({
      environments: [{ name: 'prod', logServers: [disk], downloads }],
    }).environments[0]!;
  const disk = { kind: 'disk', root: '/nowhere', template: '$app/$pod/x' };
  /** Names and texts of what an archive of it holds. */
  const bring = async (
    path: string,
    { place = { url: base, private: true } as object, variables = {}, mostBytes = limits.archiveBytes } = {},
  ) => {
    const inside = await mkdtemp(join(folder, 'one-'));
    const source = openDownload(environment(place), `${base}${path}`, { variables });
    const { pods } = await source.findPods('shop');
    const archive = join(inside, 'archive');
    try {
      const { how } = await source.fetch(pods[0]!.locator, archive, { ...limits, archiveBytes: mostBytes });
      const members = join(inside, 'members');
      await mkdir(members);
      const files = await unpackArchive(archive, members, limits);
      const texts = await Promise.all(files.map(async ({ path: file }) => await readFile(file)));
      return { pod: pods[0]!.pod, how, names: files.map(({ name }) => name), texts };
    } catch (error) {
      expect(await readdir(inside)).toEqual([]);
      throw error;
    }
  };

  test.each([
    ['plain', Buffer.from(folded)],
    ['gzip', gzipSync(folded)],
    ['zstd', zstdCompressSync(folded)],
    [
      'of random bytes in gzip',
      gzipSync(Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251))),
    ],
  ])('may be one file, %s', async (_, content) => {
    answer = (_request, response) => response.end(content);
    const brought = await bring('/7/cpu.folded');
    expect(brought).toMatchObject({
      pod: 'cpu.folded',
      names: ['recording'],
      how: `a download from ${base}`,
    });
    expect(brought.texts[0]!.equals(content)).toBe(true);
  });

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', (tar: Buffer) => gzipSync(tar)],
    ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
  ])('may be an archive as recorders publish them, %s', async (_, pack) => {
    const content = pack(await packTar([{ name: 'tmp/perf.txt', content: folded }]));
    answer = (_request, response) => response.end(content);
    expect(await bring('/perf-record.tar.gz')).toMatchObject({ names: ['tmp/perf.txt'] });
  });

  test.each([
    ['beside the place', '/../secrets', /it lies below none of/],
    ['beside the place, in disguise', '/%2e%2e/secrets', /it lies below none of/],
    ['with a name that hides a path', '/a%2f..%2f..%2fsecrets', /no path of a file/],
    ['of a folder', '/7/', /no path of a file/],
    ['with a query', '/7?token=secret', /it has more than a path/],
  ])('is not fetched from %s, and nobody is asked', async (_, path, expected) => {
    const failure = await failureOf(bring(path));
    expect(failure).toMatchObject({ code: 'DOWNLOAD_REFUSED', retry: false });
    expect(failure.message).toMatch(expected);
    expect(failure.message).not.toContain('token');
    expect(asked).toEqual([]);
  });

  test('is not fetched from another host, scheme or port, or where the environment names no place', () => {
    const open =
      (url: string, ...downloads: object[]) =>
      () =>
        openDownload(environment(...downloads), url);
    const place = { url: 'https://ci.example/profiles' };
    expect(open('https://ci.example/profiles/7', place)).not.toThrow();
    for (const url of [
      'http://ci.example/profiles/7',
      'https://ci.example:8443/profiles/7',
      'https://ci.example.evil.example/profiles/7',
      'https://ci.example/profiles-of-others/7',
    ])
      expect(open(url, place)).toThrow(/lies below none of https:\/\/ci\.example\/profiles$/);
    expect(open('https://ci.example/profiles/7')).toThrow(/allows no downloads/);
  });

  test('follows redirects below the place, and no others', async () => {
    answer = (request, response) => {
      if (request.url === '/ci/old') response.writeHead(302, { location: '/ci/new' }).end();
      else if (request.url === '/ci/away') response.writeHead(302, { location: '/secrets' }).end();
      else response.end(folded);
    };
    expect((await bring('/old')).texts[0]!.toString()).toBe(folded);
    expect((await failureOf(bring('/away'))).message).toContain(
      'redirects elsewhere (/secrets), not followed',
    );
    expect(asked.some((line) => line.includes('secrets'))).toBe(false);
  });

  test('is not fetched from a private network unless its place says so', async () => {
    const failure = await failureOf(bring('/7', { place: { url: base } }));
    expect(failure.message).toContain('the host "127.0.0.1" has an address of a private network');
    // By its name, too.
    base = base.replace('127.0.0.1', 'localhost');
    try {
      expect((await failureOf(bring('/7', { place: { url: base } }))).message).toContain('"localhost"');
      expect(asked).toEqual([]);
      expect((await bring('/7')).texts[0]!.toString()).toBe(folded);
    } finally {
      base = base.replace('localhost', '127.0.0.1');
    }
  });

  test('takes its login from the environment, and gives it to nobody else', async () => {
    const place = { url: base, private: true, authorization: { scheme: 'bearer', variable: 'CI_TOKEN' } };
    await bring('/7', { place, variables: { CI_TOKEN: 'sesame' } });
    expect(asked[0]).toBe('GET /ci/7 Bearer sesame');
  });

  test('beyond the limit, or not there, leaves nothing', async () => {
    answer = (_, response) => response.end(Buffer.alloc(5_000));
    expect(await failureOf(bring('/7', { mostBytes: 1_000 }))).toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    answer = (_, response) => response.writeHead(404).end();
    expect(await failureOf(bring('/7'))).toMatchObject({ code: 'ARCHIVE_MISSING' });
  });
});

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::7f00:1]',
  ])('%s is not public', (host) => {
    expect(() => checkPublicHost(host)).toThrow('an address of a private network');
  });

  test.each(['8.8.8.8', '[2606:4700::1111]', 'ci.example'])('%s is not kept from being asked', (host) => {
    expect(() => checkPublicHost(host)).not.toThrow();
  });

  test('a name of this machine cannot be connected to', async () => {
    const socket = new Socket();
    const failed = new Promise<Error>((resolve) => socket.once('error', resolve));
    socket.connect({ host: 'localhost', port: 9, lookup: lookUpPublic });
    expect((await failed).message).toContain('the host "localhost" has an address of a private network');
  });
});
