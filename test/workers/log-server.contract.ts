import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LogServerConfig, limitsSchema } from '../../storage/config.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import type { RecordingSource } from '../../workers/snapshot/sources/source.ts';

export type LogServerUnderTest = {
  /** The same files under a template. */
  configure(template: string, maximumAgeMs: number): LogServerConfig;
  /** What messages say for the root: a folder or an address, without a slash at its end. */
  shown: string;
  /** What is read of it is one version, whatever happens to the file. */
  keepsVersions?: boolean;
  stop?(): Promise<void>;
};

const minuteMs = 60_000;

export type LogFiles = {
  /** Outside of the log server. */
  base: string;
  root: string;
  put(path: string, options?: { ageMs?: number; content?: string | Buffer }): Promise<void>;
};

/** A folder of logs, empty before each test. */
export function useLogFiles(): LogFiles {
  const files: LogFiles = {
    base: '',
    root: '',
    async put(path, { ageMs = 0, content = 'archive' } = {}) {
      const file = join(files.root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      const time = new Date(Date.now() - ageMs);
      await utimes(file, time, time);
    },
  };
  beforeAll(async () => {
    files.base = await mkdtemp(join(tmpdir(), 'avalanche-source-'));
    files.root = join(files.base, 'logs');
    await mkdir(files.root);
  });
  beforeEach(() => mkdir(files.root, { recursive: true }));
  afterEach(() => rm(files.root, { recursive: true, force: true }));
  afterAll(() => rm(files.base, { recursive: true, force: true }));
  return files;
}

export function openSource(
  server: LogServerUnderTest,
  template = '$app/$pod/perf-record.tar.gz',
  name = 'demo',
): RecordingSource {
  const [opened] = openSources({
    name,
    logServers: [server.configure(template, 20 * minuteMs)],
    clusters: [],
  });
  if (opened === undefined) throw new RangeError('no source');
  return opened;
}

/** What a search that finds nothing says, the root as `.`, places below it without it. */
export async function readTrail(server: LogServerUnderTest, app: string, template?: string): Promise<string> {
  const { pods, searched } = await openSource(server, template).findPods(app);
  expect(pods).toEqual([]);
  const { shown } = server;
  return searched
    .join('\n')
    .replaceAll(`${shown}/: `, '.: ')
    .replaceAll(`${shown}: `, '.: ')
    .replaceAll(`${shown}/`, '');
}

/** What every kind of log server does, on the same files. */
export function logServerContract(
  kind: string,
  files: LogFiles,
  start: (root: string) => Promise<LogServerUnderTest>,
): void {
  let server: LogServerUnderTest;
  beforeAll(async () => {
    server = await start(files.root);
  });
  afterAll(() => server?.stop?.());

  const source = (template?: string) => openSource(server, template);
  const searched = (app: string, template?: string) => readTrail(server, app, template);
  const put: LogFiles['put'] = (...given) => files.put(...given);

  describe(`looking for pods on ${kind}`, () => {
    test('finds the pods of the app alone, newest first', async () => {
      await put('shop/shop-a/perf-record.tar.gz', { ageMs: 5 * minuteMs });
      await put('shop/shop-b/perf-record.tar.gz', { ageMs: minuteMs });
      await put('cart/cart-a/perf-record.tar.gz');
      const { pods } = await source().findPods('shop');
      expect(pods.map(({ pod, locator }) => [pod, locator])).toEqual([
        ['shop-b', { path: 'shop/shop-b/perf-record.tar.gz' }],
        ['shop-a', { path: 'shop/shop-a/perf-record.tar.gz' }],
      ]);
      expect(pods[0]?.updatedAt).toBeCloseTo(Date.now() - minuteMs, -4);
    });

    test('reads variables out of the middle of names, and takes the environment by its own', async () => {
      await put('ap-1/k8s-demo-logs/shop_shop-a.tar.gz');
      await put('ap-1/k8s-prod-logs/shop_shop-b.tar.gz');
      const { pods } = await source('ap-$any/k8s-$env-logs/$app_$pod.tar.gz').findPods('shop');
      expect(pods.map(({ pod }) => pod)).toEqual(['shop-a']);
    });

    test('takes the newest of several recordings of a pod', async () => {
      await put('old/shop/shop-a.tar.gz', { ageMs: 9 * minuteMs });
      await put('new/shop/shop-a.tar.gz');
      const { pods } = await source('$any/$app/$pod.tar.gz').findPods('shop');
      expect(pods.map(({ locator }) => locator.path)).toEqual(['new/shop/shop-a.tar.gz']);
    });

    test('looks a known name up in a folder of a thousand', async () => {
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => put(`app-${index}/app.log`)));
      await put('shop/shop-a/perf-record.tar.gz');
      const startedAt = performance.now();
      expect((await source().findPods('shop')).pods).toHaveLength(1);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    });

    test('finds and fetches what has an odd name', async () => {
      const pod = 'a b#?%2e+&"\'<!channel>\n\u202eé:名';
      await put(`shop/${pod}.tar.gz`, { content: 'odd' });
      const { pods } = await source('$app/$pod.tar.gz').findPods('shop');
      expect(pods.map((found) => found.pod)).toEqual([pod]);
      const destination = join(files.base, 'odd');
      await source('$app/$pod.tar.gz').fetch(pods[0]?.locator ?? {}, destination, limits);
      expect(await readFile(destination, 'utf8')).toBe('odd');
      await rm(destination);
    });
  });

  describe(`what a search on ${kind} says when it finds nothing`, () => {
    test('the apps that are there instead', async () => {
      for (const app of ['search', 'cart', 'pay']) await put(`logs/ap-1/${app}/x/perf-record.tar.gz`);
      expect(await searched('shop', 'logs/$any/$app/$pod/perf-record.tar.gz')).toBe(
        'logs/ap-1: 3 apps (cart, pay, search), none called shop',
      );
    });

    test('only so many of them', async () => {
      await Promise.all(Array.from({ length: 9 }, (_, index) => put(`app-${index}/app.log`)));
      expect(await searched('shop')).toBe(
        '.: 9 apps (app-0, app-1, app-2, app-3, app-4, 4 more), none called shop',
      );
    });

    test('only so many places', async () => {
      for (let index = 0; index < 30; index += 1) await put(`place-${index}/app.log`);
      const { searched: lines } = await source('$any/$app/$pod').findPods('shop');
      expect(lines).toHaveLength(13);
      expect(lines.at(-1)).toBe('and 18 more places');
    });

    test('an archive of a pod that is gone, with its age', async () => {
      await put('shop/shop-a/perf-record.tar.gz', { ageMs: 43 * minuteMs });
      await put('shop/shop-b/perf-record.tar.gz', { ageMs: 43 * 60 * minuteMs });
      expect(await searched('shop')).toBe(
        'shop/shop-a/perf-record.tar.gz: 43 minutes old (at most 20 minutes wanted)\n' +
          'shop/shop-b/perf-record.tar.gz: 43 hours old (at most 20 minutes wanted)',
      );
    });

    test('archives of pods that are gone, where their names are not known', async () => {
      await put('shop/shop-a.tar.gz', { ageMs: 43 * minuteMs });
      expect(await searched('shop', '$app/$pod.tar.gz')).toBe(
        'shop/shop-a.tar.gz: 43 minutes old (at most 20 minutes wanted)',
      );
      await put('shop/shop-a.tar.gz', { ageMs: 43 * 60 * minuteMs });
      expect(await searched('shop', '$app/$pod.tar.gz')).toMatch(/4[23] hours old/);
    });

    test('a pod without an archive, and what lies there', async () => {
      await put('shop/shop-a/app.log');
      expect(await searched('shop')).toBe('shop/shop-a: 1 entry (app.log), none called perf-record.tar.gz');
    });

    test('an empty folder, a file where a folder should be, and a folder for a file', async () => {
      expect(await searched('shop')).toBe('.: nothing in it');
      await put('shop', { content: 'x' });
      expect(await searched('shop')).toBe('shop: not a folder');
      await put('cart/cart-a/perf-record.tar.gz/app.log');
      expect(await searched('cart')).toBe('cart/cart-a/perf-record.tar.gz: not a file');
    });

    test('names that others chose, made harmless', async () => {
      await put('a\n\u202eb/app.log');
      expect(await searched('shop')).toBe('.: 1 app (a\\u000a\\u202eb), none called shop');
    });
  });

  const limits = limitsSchema.parse({});

  describe(`fetching a recording from ${kind}`, () => {
    const path = 'shop/shop-a/perf-record.tar.gz';
    const destination = () => join(files.base, 'fetched');
    const fetch = (locator = { path }, changed = {}, signal?: AbortSignal) =>
      source().fetch(locator, destination(), { ...limits, ...changed }, signal);
    afterEach(() => rm(destination(), { force: true }));

    test('copies it, readable by us alone', async () => {
      const content = randomBytes(300_000);
      await put(path, { content });
      expect(await fetch()).toEqual({ bytes: 300_000 });
      expect((await readFile(destination())).equals(content)).toBe(true);
      expect((await stat(destination())).mode & 0o777).toBe(0o600);
    });

    test('copies one that is empty', async () => {
      await put(path, { content: '' });
      expect(await fetch()).toEqual({ bytes: 0 });
    });

    test.each([
      ['a path that is not of this log server', '../../etc/passwd', 'not a path of this log server'],
      ['a recording that is gone', path, 'gone, or '],
    ])('says when it is asked for %s', async (_name, asked, reason) => {
      await expect(fetch({ path: asked })).rejects.toMatchObject({
        code: 'ARCHIVE_MISSING',
        message: expect.stringContaining(reason),
      });
      await expect(stat(destination())).rejects.toThrow('ENOENT');
    });

    test('keeps to the limit on bytes', async () => {
      await put(path, { content: Buffer.alloc(1_001) });
      await expect(fetch({ path }, { archiveBytes: 1_000 })).rejects.toMatchObject({
        code: 'ARCHIVE_TOO_LARGE',
        message: `Cannot fetch "${path}": 1001 bytes (at most limits.archiveBytes 1000)`,
      });
      await expect(stat(destination())).rejects.toThrow('ENOENT');
    });

    test('refuses a recording that is still being written while it is read', async ({ skip }) => {
      skip(server.keepsVersions === true, 'whatever is read is one version');
      const content = Buffer.alloc(20 * 1024 ** 2, 'old');
      await put(path, { content });
      await using file = await open(join(files.root, path), 'r+');
      let writing = true;
      const writer = (async () => {
        for (let end = content.length; writing; end += 3) await file.write('new', end);
      })();
      await expect(fetch()).rejects.toMatchObject({
        code: 'ARCHIVE_BROKEN',
        message: expect.stringContaining('while it was read, twice'),
      });
      writing = false;
      await writer;
      await expect(stat(destination())).rejects.toThrow('ENOENT');
    });

    test('gets one recording whole when it is replaced meanwhile', async () => {
      const content = Buffer.alloc(20 * 1024 ** 2, 'old');
      await put(path, { content });
      const fetching = fetch();
      await put('new', { content: 'new' });
      await rename(join(files.root, 'new'), join(files.root, path));
      await fetching;
      const fetched = await readFile(destination());
      expect(fetched.equals(content) || fetched.toString() === 'new').toBe(true);
    });

    test('ends with the reason when broken off, and leaves nothing', async () => {
      await put(path, { content: Buffer.alloc(50 * 1024 ** 2) });
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), 5);
      await expect(fetch({ path }, {}, stop.signal)).rejects.toThrow('enough');
      await expect(stat(destination())).rejects.toThrow('ENOENT');
    });

    test('does not touch a file that is there already', async () => {
      await put(path);
      await writeFile(destination(), 'mine');
      await expect(fetch()).rejects.toThrow('EEXIST');
      expect(await readFile(destination(), 'utf8')).toBe('mine');
    });
  });
}
