import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configFileSchema } from '../../storage/config.ts';
import type { TextReport } from '../../workers/jobs.ts';
import { handlePods } from '../../workers/pods/handle-pods.ts';
import type { JobContext } from '../../workers/worker-context.ts';
import { ApiServerDouble } from '../support/api-server.ts';

const labels = { 'app.kubernetes.io/name': 'shop' };

let folder: string;
let cluster: ApiServerDouble;
let kubeconfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-pods-'));
  cluster = new ApiServerDouble();
  await cluster.start();
  kubeconfig = await cluster.kubeconfig();
});
beforeEach(() => {
  cluster.pods = [];
  cluster.forbidden.clear();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(environment: object): Promise<TextReport> {
  const config = configFileSchema.parse({
    environments: [{ name: 'prod', ...environment }],
    applications: [{ name: 'shop' }],
  });
  const written: TextReport[] = [];
  const context = {
    config,
    store: {
      setRequestState: async () => {},
      findRequest: async () => ({ source: 'terminal' }),
      writeMessage: async ({ content }: { content: TextReport }) => {
        written.push(content);
        return { requestId: 'r-1', version: written.length, deliveredVersion: 0 };
      },
    },
    queue: { add: async () => {} },
    log: pino({ level: 'silent' }),
    now: Date.now,
    signal: new AbortController().signal,
  } as unknown as JobContext;
  await handlePods(context, { requestId: 'r-1', app: 'shop', environment: 'prod' });
  return written.at(-1)!;
}

const inCluster = (more: object = {}) => ({
  clusters: [{ kubeconfig, namespaces: ['shop'], record: { longestMs: 20_000 }, ...more }],
});

describe('pods', () => {
  test('are listed with their state, those that can be recorded first, each other with the reason', async () => {
    cluster.pods = [
      { name: 'shop-new', labels, phase: 'Pending' },
      { name: 'shop-1', labels, image: 'shop:1.4.2', restarts: 2 },
      { name: 'cart-1', labels: { 'app.kubernetes.io/name': 'cart' } },
    ];
    const { title, lines, target } = await ask(inCluster());
    expect(title).toBe('Pods of shop-prod: 1 can be recorded');
    expect(lines).toEqual([
      expect.stringMatching(/^Cluster /),
      expect.stringMatching(/^• shop-1: ready, .*2 restarts, revision 1\.4\.2/),
      expect.stringMatching(/^• shop-new: Pending.*; not recorded: it is Pending$/),
    ]);
    expect(target).toEqual({ app: 'shop', environment: 'prod', recordSeconds: 20 });
  });

  test('that lack what is asked of them say what that is', async () => {
    cluster.pods = [{ name: 'shop-1', labels }];
    const { title, lines, target } = await ask(inCluster({ recorded: { label: 'recorded=yes' } }));
    expect(title).toBe('Pods of shop-prod: none can be recorded');
    expect(lines[1]).toContain('not recorded: it lacks label recorded=yes');
    expect(target).toBeUndefined();
  });

  test('of which there are none name the apps that are there', async () => {
    cluster.pods = [{ name: 'shp-1', labels: { 'app.kubernetes.io/name': 'shp' } }];
    const { lines } = await ask(inCluster());
    expect(lines[1]).toBe('• no pods in shop with app.kubernetes.io/name=shop (did you mean shp?)');
  });

  test('of a crowd are counted, not all listed', async () => {
    cluster.pods = Array.from({ length: 60 }, (_, n) => ({ name: `shop-${n}`, labels }));
    const { title, lines } = await ask(inCluster());
    expect(title).toBe('Pods of shop-prod: 60 can be recorded');
    expect(lines).toHaveLength(17);
    expect(lines.at(-1)).toBe('• and 45 more');
  });

  test('of one place that cannot be read do not hide those of another', async () => {
    cluster.forbidden.add('list pods');
    const root = join(folder, 'logs');
    await mkdir(join(root, 'shop/shop-1'), { recursive: true });
    const file = join(root, 'shop/shop-1/perf.txt');
    await writeFile(file, 'x');
    const time = new Date(Date.now() - 40_000);
    await utimes(file, time, time);
    const logServers = [{ kind: 'disk', root, template: '$app/$pod/perf.txt' }];
    const { title, lines, target } = await ask({ ...inCluster(), logServers });
    expect(title).toBe('Pods of shop-prod: 1 can be recorded');
    expect(lines.join('\n')).toMatch(/• shop-1: recorded 4\d seconds ago/);
    expect(lines.join('\n')).toContain('resources: ["pods"], verbs: ["list"]');
    expect(target).toEqual({ app: 'shop', environment: 'prod', recordSeconds: null });
  });
});
