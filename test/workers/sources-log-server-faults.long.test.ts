import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type HttpLogServerConfig, limitsSchema } from '../../storage/config.ts';
import { openLogServerHttp } from '../../workers/snapshot/sources/log-server-http.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const limits = limitsSchema.parse({});
const path = 'shop/shop-a/perf-record.tar.gz';
const content = randomBytes(400_000);
let server: Server;
let folder: string;
let base = '';
let tests = 0;
/** What the server does with a path below its base; what has no line is not there. */
let answers: Record<string, Answer>;
/** `GET shop/ bytes=5-` */
let asked: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-faults-'));
  server = createServer((request, response) => {
    const place = decodeURIComponent(request.url ?? '').replace(/^\/logs-\d+\//, '');
    asked.push([request.method, place, request.headers.range].filter(Boolean).join(' '));
    const answer = answers[place];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  answers = {};
  asked = [];
  // Another address for each test: what is remembered of one is no matter of the next.
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs-${++tests}/`;
});
afterEach(() => rm(destination(), { force: true }));

function open(changed: Partial<HttpLogServerConfig> = {}, variables: NodeJS.ProcessEnv = {}) {
  const config = {
    ...{ kind: 'http' as const, url: base, template: '$app/$pod/perf-record.tar.gz', maximumAgeMs: 60_000 },
    ...{ timeoutMs: 10_000, concurrency: 4 },
    ...changed,
  };
  return openLogServerHttp(config, 'prod', { variables });
}

const destination = () => join(folder, 'fetched');
const fetchIt = (changed = {}, config = {}) =>
  open(config).fetch({ path }, destination(), { ...limits, ...changed });
const findPods = (config: Partial<HttpLogServerConfig> = {}) => open(config).findPods('shop');
const leftNothing = () => expect(stat(destination())).rejects.toThrow('ENOENT');
const fetched = () => readFile(destination());

const html =
  (...hrefs: string[]): Answer =>
  (_request, response) => {
    const links = hrefs.map((href) => `<a href="${href}">${href}</a>   24-Nov-2026 21:43   -\n`);
    response
      .setHeader('content-type', 'text/html')
      .end(`<html><pre><a href="../">../</a>\n${links.join('')}`);
  };
const status =
  (code: number, headers = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end();
const fresh: Answer = (_request, response) =>
  void response.setHeader('last-modified', new Date().toUTCString()).end();

/** A file with ranges, as nginx serves it; `cut` ends a connection after so many bytes of a body. */
function file({ etag = (): string => '"1"', cut = () => Infinity, ranges = true } = {}): Answer {
  return (request, response) => {
    const tag = etag();
    const { range, 'if-range': condition } = request.headers;
    const start = ranges && range !== undefined && condition === tag ? Number(/\d+/.exec(range)?.[0]) : 0;
    const end = content.length - 1;
    const headers = { etag: tag, 'content-length': content.length - start };
    if (start === 0) response.writeHead(200, headers);
    else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end}/${content.length}` });
    const most = cut();
    if (request.method === 'HEAD') response.end();
    else if (start + most >= content.length) response.end(content.subarray(start));
    else response.write(content.subarray(start, start + most), () => response.destroy());
  };
}

describe('a download that is cut off', () => {
  test('is taken up where it ended', async () => {
    const cuts = [200_000, 100_000];
    answers[path] = file({ cut: () => cuts.shift() ?? Infinity });
    expect(await fetchIt()).toEqual({ bytes: content.length });
    expect((await fetched()).equals(content)).toBe(true);
    const offsets = asked.flatMap((line) => [...line.matchAll(/bytes=(\d+)-$/g)].map(([, at]) => Number(at)));
    expect(offsets).toHaveLength(2);
    // What was on its way when the connection broke may be lost.
    expect(offsets[0]).toBeGreaterThan(0);
    expect(offsets[1]).toBeGreaterThanOrEqual(offsets[0] ?? 0);
  });

  test('begins anew where the server knows no ranges', async () => {
    const cuts = [200_000];
    answers[path] = file({ cut: () => cuts.shift() ?? Infinity, ranges: false });
    await fetchIt();
    expect((await fetched()).equals(content)).toBe(true);
  });

  test('begins anew when the file was replaced in between', async () => {
    const cuts = [200_000];
    answers[path] = file({
      cut: () => cuts.shift() ?? Infinity,
      etag: () => (cuts.length > 0 ? '"1"' : '"2"'),
    });
    await fetchIt();
    expect((await fetched()).equals(content)).toBe(true);
  });

  test('is given up after some tries', async () => {
    answers[path] = file({ cut: () => 10 });
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: `Cannot fetch "${path}": connection broken off`,
    });
    expect(asked.filter((line) => line.startsWith('GET'))).toHaveLength(5);
    await leftNothing();
  });
});

describe('a file that is replaced all the time', () => {
  let version = 0;
  const etag = () => {
    version += 1;
    return `"${version}"`;
  };

  test('is refused, as nobody can tell whether it is whole', async () => {
    answers[path] = file({ etag });
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'ARCHIVE_BROKEN',
      message: expect.stringContaining('replaced while it was read, twice'),
    });
    await leftNothing();
  });

  test('is taken when it is gzip, whose own check sum tells', async () => {
    const packed = gzipSync('recording');
    answers[path] = (_request, response) => void response.setHeader('etag', etag()).end(packed);
    await fetchIt();
    expect(await fetched()).toEqual(packed);
    expect(asked).toEqual([`GET ${path}`, `HEAD ${path}`, `GET ${path}`, `HEAD ${path}`]);
  });
});

describe('a server that sends other than it should', () => {
  test('more than the limit announced: nothing of it is read', async () => {
    answers[path] = (_request, response) => {
      response.writeHead(200, { 'content-length': 5 * 1024 ** 3 });
      response.write('x');
    };
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      message: `Cannot fetch "${path}": 5368709120 bytes (at most limits.archiveBytes 1073741824)`,
    });
    await leftNothing();
  });

  test('more than the limit, without an announcement', async () => {
    answers[path] = (_request, response) => {
      response.write(content);
      response.end(content);
    };
    await expect(fetchIt({ archiveBytes: 500_000 })).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    await leftNothing();
  });

  test.each([
    ['more bytes than announced', 200_000, 399_999, 400_000, content],
    ['another range than asked for', 100_000, 399_999, 400_000, content],
    ['a range of another file', 200_000, 499_999, 500_000, content],
    ['no range at all', 'x', 'y', 'z', content],
  ])('%s', async (_name, from, to, total, body) => {
    const whole = file({ cut: () => 200_000 });
    answers[path] = (request, response) => {
      if (request.headers.range === undefined) return whole(request, response);
      response.writeHead(206, { etag: '"1"', 'content-range': `bytes ${from}-${to}/${total}` }).end(body);
    };
    await expect(fetchIt()).rejects.toMatchObject({
      message: expect.stringContaining('the log server breaks the rules of HTTP'),
    });
    await leftNothing();
  });

  test('an archive that is announced as packed stays as it is', async () => {
    const packed = gzipSync('recording');
    answers[path] = (_request, response) => void response.setHeader('content-encoding', 'x-gzip').end(packed);
    await fetchIt();
    expect(await fetched()).toEqual(packed);
  });
});

describe('a slow server', () => {
  test('is not waited for: 1 kB a second', async () => {
    answers[path] = async (_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      while (!response.destroyed) {
        response.write(Buffer.alloc(100));
        await wait(100);
      }
    };
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: expect.stringMatching(/: the log server sends \d+ bytes a second \(at least 8192 wanted\)$/),
    });
    await leftNothing();
  });

  test('that goes silent in the middle is asked for the rest', async () => {
    let isFirst = true;
    const whole = file();
    answers[path] = (request, response) => {
      if (!isFirst) return whole(request, response);
      isFirst = false;
      response.writeHead(200, { etag: '"1"', 'content-length': content.length });
      response.write(content.subarray(0, 1_000));
    };
    await fetchIt({}, { timeoutMs: 500 });
    expect((await fetched()).equals(content)).toBe(true);
    expect(asked[1]).toBe(`GET ${path} bytes=1000-`);
  });

  test('that never answers is an error of its own, with what was waited for', async () => {
    answers['shop/'] = () => undefined;
    await expect(findPods({ timeoutMs: 250 })).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: `Cannot read log server "${base}": no answer within 0.25 seconds`,
    });
    expect(asked).toEqual(['HEAD shop/', 'HEAD shop/', 'HEAD shop/']);
  });

  test('gives as many bytes a second as are wanted', async () => {
    answers[path] = file();
    const startedAt = performance.now();
    await fetchIt({}, { bytesPerSecond: 400_000 });
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect((await fetched()).equals(content)).toBe(true);
  });
});

describe('a server that points elsewhere', () => {
  test.each(['http://169.254.169.254/x', '/other/', '//evil.example/x', '../../../', 'ftp://x/', 'http://['])(
    'with a redirect to %j is not followed',
    async (location) => {
      answers['shop/'] = html('shop-a/');
      answers[path] = status(302, { location });
      const { pods, searched } = await findPods();
      expect(pods).toEqual([]);
      expect(searched).toEqual([expect.stringContaining('redirects elsewhere')]);
      await expect(fetchIt()).rejects.toMatchObject({ code: 'ARCHIVE_MISSING' });
    },
  );

  test('inside of itself is followed, but not in a circle', async () => {
    answers['shop/'] = html('shop-a/', 'shop-b/');
    answers[path] = status(307, { location: '../../real' });
    answers['shop/shop-b/perf-record.tar.gz'] = status(302, { location: 'perf-record.tar.gz' });
    answers.real = fresh;
    const { pods, searched } = await findPods({ concurrency: 1 });
    expect(pods.map(({ pod }) => pod)).toEqual(['shop-a']);
    expect(searched).toEqual([expect.stringContaining('redirects more than 3 times')]);
  });

  test('with links to anything not directly below is passed over', async () => {
    answers['shop/'] = html(
      ...[
        '../',
        '/',
        './',
        '.',
        '..',
        '//evil.example/shop-x/',
        'http://169.254.169.254/',
        'javascript:alert(1)',
      ],
      ...[
        '..%2f..%2fetc/',
        '%2e%2e/',
        '%2e%2e%2fshop-y/',
        'a/b/',
        'a%5cb/',
        'a%00b/',
        '%ff/',
        '%/',
        '?C=N;O=D',
      ],
      ...['shop-a/?x=1', '#top', '', `${base}shop/shop-c/`, './shop-d/', 'shop-a/'],
    );
    for (const pod of ['a', 'c', 'd']) answers[`shop/shop-${pod}/perf-record.tar.gz`] = fresh;
    const { pods } = await findPods();
    expect(pods.map(({ pod }) => pod).sort()).toEqual(['shop-a', 'shop-c', 'shop-d']);
    const others = asked.filter((line) => !/^(HEAD|GET) shop\/(shop-[acd]\/perf-record.tar.gz)?$/.test(line));
    expect(others).toEqual([]);
  });

  test('with names in JSON that are none is passed over', async () => {
    const names = ['..', '.', '', 'a/b', '../x', 'a\\b', 'a\0b', 'shop-a'];
    const listing = names.map((name) => ({ name, type: 'directory', mtime: 'x' }));
    answers['shop/'] = (_request, response) =>
      void response.setHeader('content-type', 'application/json').end(JSON.stringify(listing));
    answers[path] = fresh;
    expect((await findPods()).pods.map(({ pod }) => pod)).toEqual(['shop-a']);
    expect(asked).toEqual(['HEAD shop/', 'GET shop/', `HEAD ${path}`]);
  });
});

describe('an index page that is none', () => {
  test.each([
    ['nested without end', 'text/html', '<b>'.repeat(1_000_000), 'nested too deep'],
    ['a tag with a million attributes', 'text/html', `<a ${'x '.repeat(1_000_000)}>`, 'too many attributes'],
    ['longer than any', 'text/html', 'x'.repeat(33 * 1024 ** 2), 'more than 33554432 bytes'],
    ['JSON of another kind', 'application/json', '{"a":1}', 'JSON that is no listing'],
    ['JSON that is broken off', 'application/json', '[{"name":', 'JSON that is no listing'],
    ['a picture', 'image/png', 'x', 'is no index page (image/png): is autoindex on?'],
  ])('%s is said', async (_name, type, body, expected) => {
    answers['shop/'] = (_request, response) => void response.setHeader('content-type', type).end(body);
    const { pods, searched } = await findPods();
    expect(pods).toEqual([]);
    expect(searched).toEqual([expect.stringContaining(expected)]);
  });

  test('packed although nobody asked is said', async () => {
    answers['shop/'] = (_request, response) =>
      void response
        .setHeader('content-type', 'text/html')
        .setHeader('content-encoding', 'gzip')
        .end(gzipSync('x'.repeat(10_000_000)));
    expect((await findPods()).searched).toEqual([expect.stringContaining('sends its index packed (gzip)')]);
  });
});

describe('a server that refuses', () => {
  test('a place is said with its status, and asked once', async () => {
    answers['shop/'] = status(403);
    expect((await findPods()).searched).toEqual([`${base}shop: may not be read (403)`]);
    answers[path] = status(403);
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
      message: `Cannot fetch "${path}": may not be read (403)`,
    });
    expect(asked).toEqual(['HEAD shop/', 'GET shop/', `GET ${path}`]);
  });

  test('to list a folder still has what is known by its name', async () => {
    answers['prod/'] = status(403);
    answers['prod/shop/'] = html('shop-a/');
    answers[`prod/${path}`] = fresh;
    const { pods } = await findPods({ template: '$env/$app/$pod/perf-record.tar.gz' });
    expect(pods.map(({ pod }) => pod)).toEqual(['shop-a']);
  });

  test('for a moment is asked again', async () => {
    const codes = [503, 429];
    const listed = html('shop-a/');
    answers['shop/'] = (request, response) => {
      const code = request.method === 'GET' ? codes.shift() : undefined;
      if (code === undefined) listed(request, response);
      else status(code)(request, response);
    };
    answers[path] = fresh;
    expect((await findPods()).pods).toHaveLength(1);
    expect(asked.filter((line) => line === 'GET shop/')).toHaveLength(3);
  });

  test('everything is an error of its own, to be tried again', async () => {
    answers['shop/'] = status(500);
    await expect(findPods()).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      retry: true,
      message: `Cannot read log server "${base}": answers 500`,
    });
  });

  test('all of many pods is not asked about each', async () => {
    const pods = Array.from({ length: 200 }, (_, index) => `shop-${index}`);
    answers['shop/'] = html(...pods.map((pod) => `${pod}/`));
    for (const pod of pods) answers[`shop/${pod}/perf-record.tar.gz`] = status(502);
    await expect(findPods()).rejects.toMatchObject({ code: 'LOG_SERVER_UNREADABLE' });
    expect(asked.length).toBeLessThan(40);
  });
});

describe('politeness', () => {
  test('no more connections at once than allowed, over all that ask', async () => {
    const pods = Array.from({ length: 30 }, (_, index) => `shop-${index}`);
    let [busy, most] = [0, 0];
    answers['shop/'] = html(...pods.map((pod) => `${pod}/`));
    for (const pod of pods) {
      answers[`shop/${pod}/perf-record.tar.gz`] = async (request, response) => {
        busy += 1;
        most = Math.max(most, busy);
        await wait(5);
        busy -= 1;
        fresh(request, response);
      };
    }
    const found = await Promise.all([findPods(), findPods(), findPods()]);
    expect(found.map((each) => each.pods.length)).toEqual([30, 30, 30]);
    expect(most).toBe(4);
  });

  test('a listing that has not changed is not sent again', async () => {
    const listed = html('shop-a/');
    answers['shop/'] = (request, response) => {
      response.setHeader('etag', '"7"');
      if (request.headers['if-none-match'] === '"7"') response.writeHead(304).end();
      else listed(request, response);
    };
    answers[path] = fresh;
    for (const _search of [1, 2]) expect((await findPods()).pods).toHaveLength(1);
    answers['shop/shop-b/perf-record.tar.gz'] = fresh;
    answers['shop/'] = html('shop-b/');
    expect((await findPods()).pods.map(({ pod }) => pod)).toEqual(['shop-b']);
  });

  test('what was listed last is used while the server is away, and that is said', async () => {
    answers['shop/'] = html('shop-a/');
    answers[path] = fresh;
    await findPods();
    for (const place of ['shop/', path]) answers[place] = status(503);
    const { pods, searched } = await findPods();
    expect(pods.map(({ pod }) => pod)).toEqual(['shop-a']);
    expect(searched[0]).toMatch(
      /shop: as it was \d seconds ago, since the log server is away \(answers 503\)$/,
    );
  });
});

describe('a login', () => {
  const variables = { LOG_SERVER_LOGIN: 'hunter2:hunter2' };
  const authorization = { scheme: 'basic' as const, variable: 'LOG_SERVER_LOGIN' };

  test('that is not accepted is named, not shown', async () => {
    answers['shop/'] = status(401);
    const { searched } = await open({ authorization }, variables).findPods('shop');
    expect(searched).toEqual([`${base}shop: a login is wanted (401), not that of LOG_SERVER_LOGIN`]);
    expect((await findPods()).searched).toEqual([`${base}shop: a login is wanted (401), none is configured`]);
  });

  test.each([
    ['basic' as const, '', 'is not set (user:password wanted)'],
    ['basic' as const, 'hunter2', 'has another form (its value is not shown) (user:password wanted)'],
    ['bearer' as const, 'hunter2\nx', 'has another form (its value is not shown) (a token wanted)'],
  ])('of scheme %s that is %j is refused before anything is asked', async (scheme, value, reason) => {
    const variable = 'LOG_SERVER_LOGIN';
    const source = open({ authorization: { scheme, variable } }, { [variable]: value });
    await expect(source.findPods('shop')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `Cannot log in to log server "${base}": the environment variable "${variable}" ${reason}`,
    });
    expect(asked).toEqual([]);
  });
});
