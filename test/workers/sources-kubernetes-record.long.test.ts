import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterSchema } from '../../storage/cluster-config.ts';
import { limitsSchema } from '../../storage/config.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { ingestFiles } from '../../workers/snapshot/ingest/ingest-files.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import { unpackArchive } from '../../workers/snapshot/unpack.ts';
import { ApiServerDouble } from '../support/api-server.ts';
import { startAvalanche } from '../support/avalanche.ts';
import { type Container, canMakeContainers, startContainer } from '../support/containers.ts';
import { failureOf } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';

const burn =
  'function burnHere(){let x=0;for(let i=0;i<2e6;i++)x+=Math.sqrt(i);return x};setInterval(burnHere,20)';
const app = [process.execPath, '--perf-basic-prof', '--interpreted-frames-native-stack', '-e', burn];
const limits = limitsSchema.parse({});
/** What a recording may leave in a container: nothing that was not there before. */
const lookAround =
  'ls -A /tmp | grep -v perf-1.map; ps -e -o stat=,comm= | sed "s/^[^Z]\\S* */alive /" | grep -vE "(ps|sh|grep|sed)$"';

describe.skipIf(!canMakeContainers || !have('perf'))('recording in a pod', () => {
  let cluster: ApiServerDouble;
  let container: Container;
  let folder: string;
  let kubeconfig: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-record-'));
    cluster = new ApiServerDouble();
    await cluster.start();
    kubeconfig = await cluster.kubeconfig();
    container = await startContainer(app);
  });
  afterAll(async () => {
    await container?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    cluster.cuts = null;
    cluster.startEphemeral = null;
    cluster.pods = [{ name: 'shop-1', labels: { 'app.kubernetes.io/name': 'shop' }, enter: container.enter }];
  });

  const open = (record = {}, recordMs = 2_000) => {
    const config = clusterSchema.parse({ kubeconfig, namespaces: ['shop'], record });
    return openSources({ name: 'demo', logServers: [], clusters: [config] }, { recordMs })[0]!;
  };
  const record = async (
    settings: { record?: object; recordMs?: number; signal?: AbortSignal } = {},
    meanwhile: () => Promise<void> = async () => {},
  ) => {
    const source = open(settings.record, settings.recordMs);
    const { pods } = await source.findPods('shop');
    const place = await mkdtemp(join(folder, 'one-'));
    const fetching = source.fetch(pods[0]!.locator, join(place, 'archive'), limits, settings.signal);
    // It is waited for below; until then it may fail.
    fetching.catch(() => {});
    await meanwhile();
    return { place, ...(await fetching) };
  };
  const readBack = async (place: string) => {
    const members = join(place, 'members');
    await mkdir(members);
    const files = await unpackArchive(join(place, 'archive'), members, limits);
    return await ingestFiles(files, { limits, workDirectory: place });
  };
  const isRecording = () =>
    expect.poll(() => container.run('cat /tmp/avalanche-recording/perf'), { timeout: 30_000 }).toMatch(/\d/);
  const before = () => container.run(lookAround);

  test('names the functions of the app, knows the time, and leaves nothing', {
    timeout: 180_000,
  }, async () => {
    const untouched = before();
    const begunAt = Date.now();
    const { place, how, remarks } = await record();
    expect(how).toBe('perf in the container "shop"');
    expect(remarks).toEqual([]);
    const profile = await readBack(place);
    const names = buildTopTable(profile).map(({ frame }) => profile.frames.name[frame]);
    expect(names.join()).toContain('burnHere');
    expect(profile.recording.startedAtMs).toBeGreaterThan(begunAt - 2_000);
    expect(profile.recording.startedAtMs).toBeLessThan(Date.now());
    expect(before()).toBe(untouched);
  });

  test('ends within two seconds of being cancelled, and leaves nothing', { timeout: 60_000 }, async () => {
    const untouched = before();
    const stop = new AbortController();
    let stoppedAt = 0;
    const failure = await failureOf<Error>(
      record({ recordMs: 30_000, signal: stop.signal }, async () => {
        await isRecording();
        stop.abort(new Error('not wanted any more'));
        stoppedAt = Date.now();
      }),
    );
    expect(failure.message).toBe('not wanted any more');
    // Two are promised; this machine may be busy with other tests.
    expect(Date.now() - stoppedAt).toBeLessThan(4_000);
    expect(before()).toBe(untouched);
  });

  test('is made once at a time', { timeout: 120_000 }, async () => {
    const stop = new AbortController();
    const first = failureOf(record({ recordMs: 30_000, signal: stop.signal }));
    await isRecording();
    const failure = await failureOf(record());
    expect(failure).toMatchObject({ code: 'POD_BUSY' });
    // The second did not touch the first.
    expect(container.run('cat /tmp/avalanche-recording/perf')).toMatch(/\d/);
    stop.abort(new Error('enough'));
    await first;
  });

  test('takes over from one that was killed in the pod', { timeout: 180_000 }, async () => {
    container.run('mkdir /tmp/avalanche-recording; echo 99999 > /tmp/avalanche-recording/script');
    expect((await record({ recordMs: 1_000 })).how).toContain('perf in the container');
    expect(container.run('ls -A /tmp')).not.toContain('avalanche');
  });

  test('of a pod that is deleted meanwhile fails with a cause', { timeout: 120_000 }, async () => {
    const failure = await failureOf(
      record({ recordMs: 30_000 }, async () => {
        await isRecording();
        cluster.pods = [];
        await cluster.pause();
        await cluster.start();
      }),
    );
    expect(failure).toMatchObject({ code: 'EXEC_CUT' });
    // Nobody could clean up there; it does so by itself, which a later recording need not wait for.
    container.run('rm -rf /tmp/avalanche-recording; pkill -INT perf');
    await expect.poll(() => container.run('ps -e -o comm='), { timeout: 60_000 }).not.toContain('perf');
  });

  test('counts restarts', { timeout: 180_000 }, async () => {
    const { remarks } = await record({ recordMs: 1_000 }, async () => {
      await isRecording();
      cluster.pods[0]!.restarts = 1;
    });
    expect(remarks).toEqual(['the container "shop" of shop-1 restarted meanwhile (0 times before, 1 now)']);
  });

  test('goes by a container beside the app when the app has no perf', { timeout: 180_000 }, async () => {
    const started: Container[] = [];
    cluster.startEphemeral = async (words) => {
      started.push(await startContainer(words, container));
      return started[0]!;
    };
    cluster.pods[0]!.enter = (words) =>
      container.enter(['env', 'PATH=/nowhere', '/bin/sh', ...words.slice(1)]);
    const { how } = await record({ record: { ephemeral: { image: 'perf:1' } }, recordMs: 1_000 });
    expect(how).toMatch(
      /^perf in the ephemeral container "avalanche-\w+" \(perf:1\).*because perf by exec: no perf in the container "shop"$/,
    );
    for (const beside of started) await beside.stop();
  });

  test('of no process that is there says so', { timeout: 60_000 }, async () => {
    const failure = await failureOf(record({ record: { process: 'java' } }));
    expect(failure.message).toContain('no process called "java" can be seen from the container "shop"');
  });

  test('is not begun in a container whose memory is nearly full', { timeout: 60_000 }, async () => {
    container.run('mount -t tmpfs none /sys/fs/cgroup');
    const fill = (limit: string, used: string, cached: string) =>
      container.run(
        `cd /sys/fs/cgroup; echo ${limit} > memory.max; echo ${used} > memory.current; echo inactive_file ${cached} > memory.stat`,
      );
    try {
      fill('536870912', '503316480', '10485760');
      const failure = await failureOf(record({ recordMs: 1_000 }));
      expect(failure).toMatchObject({ code: 'RECORDING_IMPOSSIBLE' });
      expect(failure.message).toContain(
        'the memory of the container "shop" is nearly full: 470 of 512 MiB used (160 MiB free wanted)',
      );
      expect(container.run('ls -A /tmp')).not.toContain('avalanche');
      // What is only cached gives way.
      fill('536870912', '503316480', '262144000');
      expect((await record({ recordMs: 1_000 })).how).toContain('perf in the container');
    } finally {
      container.run('umount /sys/fs/cgroup');
    }
  });

  test('asked for in Slack is of one pod in three, drawn, and within the budget', {
    timeout: 240_000,
  }, async () => {
    const shop = { labels: { 'app.kubernetes.io/name': 'shop' }, enter: container.enter };
    cluster.pods = ['shop-1', 'shop-2', 'shop-3'].map((name) => ({ ...shop, name, image: 'shop:1.4.2' }));
    const avalanche = await startAvalanche({
      applications: [{ name: 'shop', environments: ['demo'] }],
      clusters: [{ kubeconfig, namespaces: ['shop'], record: { msPerHour: 3_000 } }],
    });
    try {
      const answer = await avalanche.ask('/avalanche snapshot shop-demo --for 2s --pod shop-2', 200_000);
      expect(answer.summary).toMatch(/Recorded: shop-2, \d+ samples? .*revision 1\.4\.2/);
      expect(answer.summary).toContain('How: perf in the container "shop"');
      const pictures = answer.thread.flatMap((message) => message.fileIds);
      expect(pictures.map((id) => avalanche.playground.file(id)?.name)).toContain(
        'flame-graph-shop-demo.png',
      );
      const refused = await avalanche.ask('/avalanche snapshot shop-demo --for 2s --pods 2');
      expect(refused.summary).toContain(
        '2 s were recorded there in the last hour, 4 s more wanted (at most 3 s',
      );
    } finally {
      await avalanche.stop();
    }
  });
});
