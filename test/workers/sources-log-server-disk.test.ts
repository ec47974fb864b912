import { randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../storage/config.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import type { RecordingSource } from '../../workers/snapshot/sources/source.ts';

const limits = limitsSchema.parse({});
const minuteMs = 60_000;
let base: string;
let root: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'avalanche-source-'));
  root = join(base, 'logs');
  await mkdir(root);
});
afterEach(() => rm(base, { recursive: true, force: true }));

function source(template = '$app/$pod/perf-record.tar.gz', name = 'demo'): RecordingSource {
  const logServer = { kind: 'disk' as const, root, template, maximumAgeMs: 20 * minuteMs };
  const [opened] = openSources({ name, logServers: [logServer] });
  if (opened === undefined) throw new RangeError('no source');
  return opened;
}

async function put(path: string, { ageMs = 0, content = 'archive' as string | Buffer } = {}): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  const time = new Date(Date.now() - ageMs);
  await utimes(file, time, time);
}

async function searched(app: string, template?: string): Promise<string> {
  const { pods, searched: lines } = await source(template).findPods(app);
  expect(pods).toEqual([]);
  return lines.join('\n').replaceAll(`${root}/`, '').replaceAll(root, '.');
}

describe('looking for pods on a log server', () => {
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

  test('follows links that stay below the root', async () => {
    await put('volume-7/shop-a/perf-record.tar.gz');
    await symlink('volume-7', join(root, 'shop'));
    expect((await source().findPods('shop')).pods.map(({ pod }) => pod)).toEqual(['shop-a']);
  });

  test('looks a known name up in a folder of thousands', async () => {
    await Promise.all(Array.from({ length: 2_000 }, (_, index) => mkdir(join(root, `app-${index}`))));
    await put('shop/shop-a/perf-record.tar.gz');
    const startedAt = performance.now();
    expect((await source().findPods('shop')).pods).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});

describe('what a search says when it finds nothing', () => {
  test('the apps that are there instead', async () => {
    for (const app of ['search', 'cart', 'pay']) await put(`logs/ap-1/${app}/x/perf-record.tar.gz`);
    expect(await searched('shop', 'logs/$any/$app/$pod/perf-record.tar.gz')).toBe(
      'logs/ap-1: 3 apps (cart, pay, search), none called shop',
    );
  });

  test('only so many of them', async () => {
    await Promise.all(Array.from({ length: 9 }, (_, index) => mkdir(join(root, `app-${index}`))));
    expect(await searched('shop')).toBe(
      '.: 9 apps (app-0, app-1, app-2, app-3, app-4, 4 more), none called shop',
    );
  });

  test('only so many places', async () => {
    for (let index = 0; index < 30; index += 1) await mkdir(join(root, `place-${index}`));
    const { searched: lines } = await source('$any/$app/$pod').findPods('shop');
    expect(lines).toHaveLength(13);
    expect(lines.at(-1)).toBe('and 18 more places');
  });

  test('an archive of a pod that is gone, with its age', async () => {
    await put('shop/shop-a/perf-record.tar.gz', { ageMs: 43 * minuteMs });
    expect(await searched('shop')).toBe(
      'shop/shop-a/perf-record.tar.gz: 43 minutes old (at most 20 minutes wanted)',
    );
  });

  test('a pod without an archive, and what lies there', async () => {
    await put('shop/shop-a/app.log');
    expect(await searched('shop')).toBe('shop/shop-a: 1 entry (app.log), none called perf-record.tar.gz');
  });

  test('an empty folder, and a file where a folder should be', async () => {
    expect(await searched('shop')).toBe('.: nothing in it');
    await put('shop', { content: 'x' });
    expect(await searched('shop')).toBe('shop: not a folder');
  });

  test('a link that leaves the log server', async () => {
    await mkdir(join(base, 'elsewhere/shop-a'), { recursive: true });
    await writeFile(join(base, 'elsewhere/shop-a/perf-record.tar.gz'), 'secret');
    await symlink('../elsewhere', join(root, 'shop'));
    expect(await searched('shop')).toBe('shop: a link that leaves the log server, not followed');
  });

  test('a link to nothing, and links in a circle', async () => {
    await symlink('nowhere', join(root, 'shop'));
    expect(await searched('shop')).toBe('shop: gone, or a link to nothing');
    await symlink('circle', join(root, 'circle'));
    expect(await searched('circle')).toContain('ELOOP');
  });

  test('names that others chose, made harmless', async () => {
    await mkdir(join(root, 'a\n\u202eb'));
    expect(await searched('shop')).toBe('.: 1 app (a\\u000a\\u202eb), none called shop');
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be read', async () => {
    await mkdir(join(root, 'shop'));
    await chmod(join(root, 'shop'), 0);
    expect(await searched('shop')).toContain('may not be read (EACCES)');
  });

  test('a log server that is not there is an error of its own', async () => {
    await rm(root, { recursive: true });
    await expect(source().findPods('shop')).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: `Cannot read log server "${root}": no such folder`,
    });
  });

  test('several log servers of an environment are told apart by their kind', () => {
    const logServer = { kind: 'disk' as const, root, template: '$app/$pod', maximumAgeMs: minuteMs };
    const sources = openSources({ name: 'demo', logServers: [logServer, logServer] });
    expect(sources.map(({ kind }) => kind)).toEqual(['log-server-disk', 'log-server-disk-2']);
  });

  test('a template that is none is named when the source is opened', () => {
    expect(() => source('$app')).toThrow('Cannot use the path template "$app": "$pod" is missing');
  });
});

describe('fetching a recording', () => {
  const path = 'shop/shop-a/perf-record.tar.gz';
  const destination = () => join(base, 'fetched');
  const fetch = (locator = { path }, changed = {}, signal?: AbortSignal) =>
    source().fetch(locator, destination(), { ...limits, ...changed }, signal);

  test('copies it, readable by us alone', async () => {
    const content = randomBytes(300_000);
    await put(path, { content });
    expect(await fetch()).toEqual({ bytes: 300_000 });
    expect((await readFile(destination())).equals(content)).toBe(true);
    expect((await stat(destination())).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['a path that is not of this log server', '../../etc/passwd', 'not a path of this log server'],
    ['a recording that is gone', path, 'gone, or a link to nothing'],
  ])('says when it is asked for %s', async (_name, asked, reason) => {
    await expect(fetch({ path: asked })).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
      message: expect.stringContaining(reason),
    });
  });

  test('does not follow a link out, whatever was found before', async () => {
    await writeFile(join(base, 'secret'), 'secret');
    await mkdir(join(root, 'shop/shop-a'), { recursive: true });
    await symlink('../../../secret', join(root, path));
    await expect(fetch()).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
      message: expect.stringContaining('leaves the log server'),
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

  test('refuses a recording that is rewritten in place while it is read', async () => {
    await put(path, { content: Buffer.alloc(20 * 1024 ** 2, 'old') });
    await using file = await open(join(root, path), 'r+');
    let writing = true;
    const writer = (async () => {
      while (writing) await file.write('new', 0);
    })();
    await expect(fetch()).rejects.toMatchObject({
      code: 'ARCHIVE_BROKEN',
      message: expect.stringContaining('rewritten in place'),
    });
    writing = false;
    await writer;
    await expect(stat(destination())).rejects.toThrow('ENOENT');
  });

  test('gets the old recording whole when it is replaced meanwhile', async () => {
    const content = Buffer.alloc(20 * 1024 ** 2, 'old');
    await put(path, { content });
    const fetching = fetch();
    await put('new', { content: 'new' });
    await rename(join(root, 'new'), join(root, path));
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
