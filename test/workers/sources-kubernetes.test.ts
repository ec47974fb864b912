import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ClusterConfig, clusterSchema } from '../../storage/cluster-config.ts';
import { limitsSchema } from '../../storage/config.ts';
import type { Wish } from '../../workers/jobs.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import { ApiServerDouble, type PodSketch } from '../support/api-server.ts';
import { failureOf } from '../support/failures.ts';

let cluster: ApiServerDouble;
let folder: string;
let kubeconfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-pods-'));
  cluster = new ApiServerDouble();
  await cluster.start();
  kubeconfig = await cluster.kubeconfig();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.pods = [];
  cluster.forbidden.clear();
  cluster.cuts = null;
  cluster.pageSize = 500;
});

const limits = limitsSchema.parse({});
const labels = { 'app.kubernetes.io/name': 'shop' };
/** A pod whose commands run on this machine. */
const shop = (more: Partial<PodSketch> = {}): PodSketch => ({
  name: 'shop-1',
  labels,
  enter: (words) => [...words],
  ...more,
});

function open(config: Partial<ClusterConfig> = {}, wish: Wish = {}) {
  const parsed = clusterSchema.parse({
    kubeconfig,
    namespaces: ['shop'],
    archive: join(folder, 'archive'),
    ...config,
  });
  const [source] = openSources({ name: 'demo', logServers: [], clusters: [parsed] }, wish);
  if (source === undefined) throw new RangeError('no source');
  return source;
}

describe('pods of an app', () => {
  test('are those that run, over all pages, ready to be asked', async () => {
    cluster.pageSize = 7;
    cluster.pods = Array.from({ length: 40 }, (_, index) => shop({ name: `shop-${index}` }));
    cluster.pods[3]!.phase = 'Pending';
    cluster.pods.push(shop({ name: 'cart-1', labels: { 'app.kubernetes.io/name': 'cart' } }));
    const { pods, searched } = await open().findPods('shop');
    expect(pods.map(({ pod }) => pod).sort()).toEqual(
      Array.from({ length: 40 }, (_, index) => `shop-${index}`)
        .filter((name) => name !== 'shop-3')
        .sort(),
    );
    expect(searched).toEqual([expect.stringContaining('40 found, 39 running')]);
  });

  test.each([
    ['the first', {}, {}, 'proxy'],
    ['that called as the app', { containers: ['proxy', 'shop'] }, {}, 'shop'],
    [
      'that of the annotation',
      { annotations: { 'kubectl.kubernetes.io/default-container': 'main' }, containers: ['shop', 'main'] },
      {},
      'main',
    ],
    [
      'that of the configuration',
      { containers: ['shop', 'the-shop'] },
      { container: 'the-$app' },
      'the-shop',
    ],
  ])('are recorded in one container: %s', async (_, pod, config, expected) => {
    cluster.pods = [shop({ containers: ['proxy', 'sidecar'], ...pod })];
    const { pods } = await open(config).findPods('shop');
    expect(pods[0]?.locator.container).toBe(expected);
  });

  test('without the container asked for are none, and the containers there are said', async () => {
    cluster.pods = [shop({ containers: ['shop', 'proxy'] })];
    const { pods, searched } = await open({}, { container: 'shpo' }).findPods('shop');
    expect(pods).toEqual([]);
    expect(searched[0]).toContain('no container "shpo" (there are shop, proxy)');
  });

  test.each([
    [{ image: '-perf:' }, ['b']],
    [{ annotation: 'recorder' }, ['c']],
    [{ label: 'recorded=yes' }, ['d']],
  ])('count when they are recorded: %o', async (recorded, expected) => {
    cluster.pods = [
      shop({ name: 'a' }),
      shop({ name: 'b', image: 'registry:5000/shop-perf:1.2' }),
      shop({ name: 'c', annotations: { recorder: '' } }),
      shop({ name: 'd', labels: { ...labels, recorded: 'yes' } }),
    ];
    const { pods } = await open({ recorded }).findPods('shop');
    expect(pods.map(({ pod }) => pod)).toEqual(expected);
  });

  test.each([
    [
      'its annotation',
      { annotations: { 'org.opencontainers.image.revision': '4f2a9c1' }, env: { GIT_SHA: 'beef123' } },
      '4f2a9c1',
    ],
    ['a variable', { env: { DD_GIT_COMMIT_SHA: 'beef123' }, image: 'shop:1.2.3' }, 'beef123'],
    ['its label', { labels: { ...labels, 'app.kubernetes.io/version': 'v2.3.1' } }, 'v2.3.1'],
    ['the tag of its image', { image: 'registry:5000/acme/shop:1.4.2@sha256:00' }, '1.4.2'],
    ['nothing: latest is no revision', { image: 'registry:5000/acme/shop:latest' }, ''],
    ['nothing: an option of git is no revision', { env: { GIT_SHA: '--upload-pack=x' } }, ''],
  ])('say their revision by %s', async (_, pod, expected) => {
    cluster.pods = [shop(pod)];
    const { pods } = await open().findPods('shop');
    expect(pods[0]?.locator.revision).toBe(expected);
  });

  test.each([
    ['shpo', /no pods \(did you mean shop\?\)/],
    ['zzz', /no pods \(there are cart, shop\)/],
  ])('called %s are none, and the nearest apps are offered', async (app, expected) => {
    cluster.pods = [shop(), shop({ name: 'cart-1', labels: { 'app.kubernetes.io/name': 'cart' } })];
    const { pods, searched } = await open().findPods(app);
    expect(pods).toEqual([]);
    expect(searched[0]).toMatch(expected);
  });

  test('cannot be listed without the right, which is named as the rule to add', async () => {
    cluster.forbidden.add('list pods');
    const failure = await failureOf(open().findPods('shop'));
    expect(failure).toMatchObject({ code: 'CLUSTER_REFUSED' });
    expect(failure.message).toContain('in the namespace "shop"');
    expect(failure.message).toContain('{apiGroups: [""], resources: ["pods"], verbs: ["list"]}');
  });

  test('cannot be listed when the cluster is away, or does not know us', async () => {
    const strange = join(folder, 'strange');
    await writeFile(strange, (await readFile(kubeconfig, 'utf8')).replace('sesame', 'secret-word'));
    const unknown = await failureOf(open({ kubeconfig: strange }).findPods('shop'));
    expect(unknown).toMatchObject({ code: 'CLUSTER_REFUSED' });
    expect(unknown.message).not.toContain('secret-word');
    const away = join(folder, 'away');
    await writeFile(away, (await readFile(kubeconfig, 'utf8')).replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9'));
    const failure = await failureOf(open({ kubeconfig: away }).findPods('shop'));
    expect(failure).toMatchObject({ code: 'CLUSTER_UNREACHABLE', retry: true });
    expect(failure.message).toContain('ECONNREFUSED');
    await expect(open({ context: 'prod' }).findPods('shop')).rejects.toThrow(
      'no context prod (there are double)',
    );
  });
});

describe('an archive out of a pod', () => {
  const content = randomBytes(9 * 1024 ** 2);
  const fetch = async (more: { limits?: object; signal?: AbortSignal } = {}) => {
    const source = open();
    const { pods } = await source.findPods('shop');
    const destination = join(folder, 'fetched');
    await rm(destination, { force: true });
    const fetched = await source.fetch(
      pods[0]!.locator,
      destination,
      { ...limits, ...more.limits },
      more.signal,
    );
    return { ...fetched, content: await readFile(destination) };
  };
  beforeEach(async () => {
    cluster.pods = [shop()];
    await writeFile(join(folder, 'archive'), content);
  });

  test('comes whole, and says how', async () => {
    const fetched = await fetch();
    expect(fetched.content.equals(content)).toBe(true);
    expect(fetched).toMatchObject({ bytes: content.length, how: expect.stringContaining('by exec') });
  });

  test('comes whole over a connection that is cut again and again', async () => {
    cluster.cuts = { afterBytes: content.length / 5, times: 3 };
    expect((await fetch()).content.equals(content)).toBe(true);
    expect(cluster.cuts.times).toBe(0);
  });

  test('comes whole from a server that is started again meanwhile', async () => {
    cluster.cuts = { afterBytes: 1_000_000, times: 1 };
    const fetching = fetch();
    // It is waited for below; until then it may fail.
    fetching.catch(() => {});
    await expect.poll(() => cluster.cuts?.times, { timeout: 15_000 }).toBe(0);
    await cluster.pause();
    await cluster.start();
    expect((await fetching).content.equals(content)).toBe(true);
  });

  test('of a connection that never holds is given up, and nothing is left', async () => {
    cluster.cuts = { afterBytes: 1_000, times: 1_000 };
    expect(await failureOf(fetch())).toMatchObject({ code: 'EXEC_CUT', retry: true });
    await expect(stat(join(folder, 'fetched'))).rejects.toThrow('ENOENT');
  });

  test('that is published anew meanwhile is of one version', async () => {
    cluster.cuts = { afterBytes: content.length / 3, times: 1 };
    const fetching = fetch();
    // It is waited for below; until then it may fail.
    fetching.catch(() => {});
    await expect.poll(() => cluster.cuts?.times, { timeout: 15_000 }).toBe(0);
    const other = randomBytes(5 * 1024 ** 2);
    await writeFile(join(folder, 'next'), other);
    await rename(join(folder, 'next'), join(folder, 'archive'));
    const fetched = await fetching;
    expect(fetched.content.equals(other) || fetched.content.equals(content)).toBe(true);
  });

  test('that is not there is missing', async () => {
    await rm(join(folder, 'archive'));
    const failure = await failureOf(fetch());
    expect(failure).toMatchObject({ code: 'ARCHIVE_MISSING' });
    expect(failure.message).toContain('no such file, in the container "shop"');
  });

  test('beyond the limit is refused before it comes', async () => {
    expect(await failureOf(fetch({ limits: { archiveBytes: 1_000 } }))).toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
    });
  });

  test('needs the right to run commands, which is named', async () => {
    cluster.forbidden.add('create pods/exec');
    const failure = await failureOf(fetch());
    expect(failure).toMatchObject({ code: 'CLUSTER_REFUSED' });
    expect(failure.message).toContain('resources: ["pods/exec"], verbs: ["get", "create"]');
  });

  test('of a pod that was deleted meanwhile says so', async () => {
    const source = open();
    const { pods } = await source.findPods('shop');
    cluster.pods = [];
    const fetching = source.fetch(pods[0]!.locator, join(folder, 'never'), limits);
    expect(await failureOf(fetching)).toMatchObject({ code: 'POD_GONE' });
  });

  test('is not fetched any more once it is cancelled', async () => {
    cluster.pods = [shop({ enter: () => ['sleep', '30'] })];
    const begunAt = Date.now();
    const failure = await failureOf<Error>(fetch({ signal: AbortSignal.timeout(200) }));
    expect(failure.name).toBe('TimeoutError');
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  });
});

describe("an app's own profiler", () => {
  const profile = randomBytes(100_000);
  const asked: string[] = [];
  const app = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(profile);
  });
  beforeAll(() => new Promise<void>((resolve) => void app.listen(0, '127.0.0.1', resolve)));
  afterAll(() => app.close());
  const record = { endpoint: { port: 6060 } };
  const fetch = async (config = {}) => {
    const source = open({ record, ...config } as never, { recordMs: 3_000 });
    const { pods } = await source.findPods('shop');
    const destination = join(folder, `profile-${Math.random()}`);
    const fetched = await source.fetch(pods[0]!.locator, destination, limits);
    return { ...fetched, content: await readFile(destination) };
  };

  test('is asked before anything is run in the pod', async () => {
    cluster.commands.length = 0;
    cluster.pods = [shop({ ports: { 6060: (app.address() as AddressInfo).port } })];
    const { content, how } = await fetch({ record: clusterSchema.shape.record.parse(record) });
    expect(content.includes(profile)).toBe(true);
    expect(asked).toEqual(['/debug/pprof/profile?seconds=3']);
    expect(how).toBe("the app's own profiler (port 6060, /debug/pprof/profile?seconds=3)");
    expect(cluster.commands).toEqual([]);
  });

  test('that is not there leads to the next way; when none works every reason is said', async () => {
    cluster.pods = [shop({ enter: () => ['sh', '-c', 'exit 90'] })];
    const all = { endpoint: { port: 6060 }, ephemeral: { image: 'perf:1' } };
    const parsed = clusterSchema.shape.record.parse(all);
    const failure = await failureOf(fetch({ record: parsed }));
    expect(failure).toMatchObject({ code: 'RECORDING_IMPOSSIBLE' });
    expect(failure.message).toMatch(
      /own profiler: .*answers 503.*; perf by exec: no perf in the container "shop"; /,
    );
    expect(failure.message).toMatch(/ephemeral container does not start: ImagePullBackOff/);
    cluster.forbidden.add('get pods/proxy').add('create pods/exec').add('patch pods/ephemeralcontainers');
    const refused = await failureOf(fetch({ record: parsed }));
    for (const rule of [
      'pods/proxy"], verbs: ["get"]',
      'pods/exec"], verbs: ["get", "create"]',
      'pods/ephemeralcontainers"], verbs: ["patch"]',
    ])
      expect(refused.message).toContain(rule);
  });
});

describe('what an environment can do', () => {
  const environment = (config: object) => ({
    name: 'demo',
    logServers: [],
    clusters: [clusterSchema.parse({ namespaces: ['shop'], ...config })],
  });
  test.each([
    [{}, {}, /nothing says where recordings lie/],
    [{ record: {} }, {}, /with --for 30s it can be recorded now/],
    [{ archive: '/a' }, { recordMs: 5_000 }, /no cluster of it may be recorded on demand/],
    [
      { record: { longestMs: 10_000 } },
      { recordMs: 30_000 },
      /30 s asked for \(at most 10 s, set by record.longestMs\)/,
    ],
  ])('%o, asked for %o', (config, wish, expected) => {
    expect(() => openSources(environment(config), wish)).toThrow(expected);
  });
});
