import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { clusterSchema } from '../../storage/cluster-config.ts';
import { limitsSchema } from '../../storage/config.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { ingestFiles } from '../../workers/snapshot/ingest/ingest-files.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import { unpackArchive } from '../../workers/snapshot/unpack.ts';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { type Container, canMakeContainers, startContainer } from '../support/containers.ts';
import { failureOf } from '../support/failures.ts';
import { findProgram, have } from '../support/prerequisites.ts';
import { packTar } from '../support/tar.ts';
import { type RealCluster, startKubernetes } from './kubernetes-cluster.ts';
import { buildKubernetesPrograms } from './kubernetes-programs.ts';

const root = join(import.meta.dirname, '../..');
process.env.PATH = `${join(root, 'node_modules/.cache/deploy-tools/bin')}${delimiter}${process.env.PATH}`;
const run = promisify(execFile);
const programs = await buildKubernetesPrograms();
const canRun =
  programs !== undefined && canMakeContainers && have('perf') && findProgram('kustomize') !== undefined;

const app = [
  process.execPath,
  '--perf-basic-prof',
  '--interpreted-frames-native-stack',
  // It would come to stand in the function that calls it.
  '--no-turbo-inlining',
  '--no-maglev-inlining',
  join(import.meta.dirname, 'busy-shop.mjs'),
];
const archive = '/tmp/perf-record.tar.gz';
const limits = limitsSchema.parse({});
/** What is in a container beside the app itself. */
const lookAround = (container: Container) =>
  container.run('ls -A /tmp | grep -v perf-1.map; ps -e -o comm= | grep -vE "^(ps|sh|grep)$"');

describe.skipIf(!canRun)('on a real API server, with the rights of deploy/kustomize', () => {
  let folder: string;
  let kubeconfig: string;
  let cluster: RealCluster;
  let avalanche: RunningAvalanche;
  const containers = new Map<string, Container>();
  const inside = (name: string) => containers.get(name)!;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-peers-'));
    for (const name of ['shop-1', 'shop-2', 'shop-3', 'cart-1'])
      containers.set(name, await startContainer(app));
    const beside = await startContainer(['sleep', '600'], inside('cart-1'));
    containers.set('cart-1, beside', beside);
    cluster = await startKubernetes(programs!, {
      'shop/shop-1': { app: inside('shop-1') },
      'shop/shop-2': { app: inside('shop-2') },
      'shop/shop-3': { app: inside('shop-3') },
      'shop/cart-1': { app: inside('cart-1'), appPath: '/nowhere', beside },
    });
    await cluster.create([
      ...['shop', 'avalanche'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      ...(await buildSite()),
    ]);
    for (const name of ['shop-1', 'shop-2', 'shop-3', 'cart-1']) await addPod(name);
    kubeconfig = await cluster.kubeconfigOf('avalanche-workers', 'avalanche');
    avalanche = await startAvalanche({
      applications: ['shop', 'cart'].map((name) => ({ name, environments: ['demo'] })),
      clusters: [{ kubeconfig, namespaces: ['shop'], archive, record: { ephemeral: { image: 'perf:1' } } }],
    });
  }, 240_000);
  afterAll(async () => {
    await avalanche?.stop();
    await cluster?.stop();
    for (const container of [...containers.values()].reverse()) await container.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function addPod(name: string): Promise<void> {
    const labels = { 'app.kubernetes.io/name': name.slice(0, name.lastIndexOf('-')) };
    await cluster.addPod({ name, namespace: 'shop', labels, image: 'shop:1.4.2' });
  }

  /** Without Slack: a recording of one pod, to a file `archive` in a place. */
  async function record(
    { recordMs, signal }: { recordMs: number; signal?: AbortSignal },
    meanwhile: () => Promise<void> = async () => {},
  ) {
    const config = clusterSchema.parse({ kubeconfig, namespaces: ['shop'], record: {} });
    const wish = { recordMs, pod: 'shop-1' };
    const [source] = openSources({ name: 'demo', logServers: [], clusters: [config] }, wish);
    const { pods } = await source!.findPods('shop');
    const place = await mkdtemp(join(folder, 'one-'));
    const destination = join(place, 'archive');
    const fetching = source!.fetch(pods[0]!.locator, destination, limits, signal);
    // It is waited for below; until then it may fail.
    fetching.catch(() => {});
    await meanwhile();
    return { place, ...(await fetching) };
  }
  const isRecording = (container: Container) =>
    expect.poll(() => container.run('cat /tmp/avalanche-recording/perf'), { timeout: 30_000 }).toMatch(/\d/);

  test('a snapshot records three pods and leaves nothing in them', { timeout: 240_000 }, async () => {
    const shops = ['shop-1', 'shop-2', 'shop-3'].map(inside);
    const before = shops.map(lookAround);
    const answer = await avalanche.ask('/avalanche snapshot shop-demo --for 3s', 200_000);
    expect(answer.summary).toMatch(/Recorded: 3 pods, \d+ samples .*revision 1\.4\.2/);
    expect(answer.summary).toContain('How: perf in the container "shop"');
    expect(answer.summary).not.toContain('Burst');
    expect(answer.replies.join()).toContain('recountPrices');
    const pictures = answer.thread.flatMap(({ fileIds }) => fileIds);
    expect(pictures.map((id) => avalanche.playground.file(id)?.name)).toContain('flame-graph-shop-demo.png');
    expect(shops.map(lookAround)).toEqual(before);
  });

  test('an archive comes out of a pod', { timeout: 60_000 }, async () => {
    const text = await readFile(join(root, 'test/data/own/java-checkout.perf.txt.gz'));
    const content = gzipSync(await packTar([{ name: 'tmp/perf.txt.gz', content: text }]));
    write(inside('shop-2'), archive, content);
    const answer = await avalanche.ask('/avalanche snapshot shop-demo --pod shop-2', 50_000);
    expect(answer.summary).toContain('recomputeDiscounts');
    expect(answer.summary).toContain('How: the rolling archive, by exec from the container "shop"');
  });

  test('an ephemeral container is taken where the app has no perf', { timeout: 200_000 }, async () => {
    const answer = await avalanche.ask('/avalanche snapshot cart-demo --for 2s', 180_000);
    expect(answer.summary).toMatch(/How: perf in the ephemeral container "avalanche-\w+" \(perf:1\)/);
    const { spec } = await cluster.core.readNamespacedPod({ namespace: 'shop', name: 'cart-1' });
    expect(spec?.ephemeralContainers).toEqual([
      expect.objectContaining({ image: 'perf:1', targetContainerName: 'shop' }),
    ]);
  });

  test('cancelling ends a recording and leaves nothing', { timeout: 60_000 }, async () => {
    const shop = inside('shop-1');
    const before = lookAround(shop);
    const stop = new AbortController();
    let stoppedAt = 0;
    const failure = await failureOf<Error>(
      record({ recordMs: 30_000, signal: stop.signal }, async () => {
        await isRecording(shop);
        stop.abort(new Error('not wanted any more'));
        stoppedAt = Date.now();
      }),
    );
    expect(failure.message).toBe('not wanted any more');
    // Two seconds are promised; this machine may be busy. The recording would have taken thirty.
    expect(Date.now() - stoppedAt).toBeLessThan(10_000);
    expect(lookAround(shop)).toBe(before);
  });

  test('a server that dies during a recording is a cause that is named, and the next one works', {
    timeout: 120_000,
  }, async () => {
    const shop = inside('shop-1');
    const before = lookAround(shop);
    const failure = await failureOf<Error>(
      record({ recordMs: 20_000 }, async () => {
        await isRecording(shop);
        await cluster.apiServer.end('SIGKILL');
        await cluster.apiServer.start();
      }),
    );
    expect(failure).toMatchObject({ code: 'EXEC_CUT', retry: true });
    // Nobody could clean up there; it does so by itself, which a later recording need not wait for.
    shop.run('rm -rf /tmp/avalanche-recording; pkill -INT perf');
    await expect.poll(() => lookAround(shop), { timeout: 30_000 }).toBe(before);
    const { place } = await record({ recordMs: 1_000 });
    const members = join(place, 'members');
    await mkdir(members);
    const files = await unpackArchive(join(place, 'archive'), members, limits);
    const profile = await ingestFiles(files, { limits, workDirectory: place });
    const names = buildTopTable(profile).map(({ frame }) => profile.frames.name[frame]);
    expect(names.join()).toContain('recountPrices');
  });

  test.each([
    ['pods/exec', '/avalanche snapshot shop-demo --for 1s --pod shop-2', 'resources: ["pods/exec"]'],
    ['pods', '/avalanche snapshot shop-demo --for 1s', 'resources: ["pods"], verbs: ["list"]'],
  ])(
    'without the right to %s the answer is the rule to add',
    { timeout: 60_000 },
    async (resource, command, rule) => {
      const rights = cluster.apiFor(RbacAuthorizationV1Api);
      const place = { namespace: 'shop', name: 'avalanche-workers' };
      const role = await rights.readNamespacedRole(place);
      const rules = role.rules?.filter(({ resources }) => !resources?.includes(resource));
      await rights.replaceNamespacedRole({ ...place, body: { ...role, rules } });
      try {
        const answer = await avalanche.ask(command, 50_000);
        expect(answer.summary).toContain(`its Role there needs the rule {apiGroups: [""], ${rule}`);
      } finally {
        const current = await rights.readNamespacedRole(place);
        await rights.replaceNamespacedRole({ ...place, body: { ...current, rules: role.rules } });
      }
    },
  );
});

function write(container: Container, path: string, content: Buffer): void {
  const [program = '', ...words] = container.enter(['sh', '-c', `cat > ${path}`]);
  spawnSync(program, words, { input: content });
}

async function buildSite(): Promise<object[]> {
  const { stdout } = await run('kustomize', ['build', join(root, 'deploy/kustomize/site')]);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  return objects.filter(({ kind }) => kind !== 'Namespace');
}
