import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { openDiskBlobs } from '../../storage/blobs/disk.ts';
import { configFileSchema } from '../../storage/config.ts';
import { Examination } from '../../workers/doctor/examination.ts';
import { handleDoctor } from '../../workers/doctor/handle-doctor.ts';
import { judgePerf, judgeSymbols } from '../../workers/doctor/judge-container.ts';
import type { ReadingContext } from '../../workers/doctor/look-at-recordings.ts';
import type { Probe } from '../../workers/doctor/look-into-container.ts';
import type { DoctorReport, Report } from '../../workers/jobs.ts';
import { ingestFiles } from '../../workers/snapshot/ingest/ingest-files.ts';
import { Turns } from '../../workers/turns.ts';
import { ApiServerDouble, type PodSketch } from '../support/api-server.ts';
import { have } from '../support/prerequisites.ts';
import { type NginxLocation, startNginx } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';

const run = promisify(execFile);
const labels = { 'app.kubernetes.io/name': 'shop' };
const folded = 'node;main;handle 60\nnode;main;render 40\n';
const archive = gzipSync(await packTar([{ name: 'tmp/perf.folded', content: folded }]));

let folder: string;
let cluster: ApiServerDouble;
let kubeconfig: string;
/** Programs that pods find, in place of the machine's. */
let programs: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-doctor-'));
  programs = join(folder, 'bin');
  await mkdir(programs);
  for (const name of ['readlink', 'sh', 'cat', 'stat', 'tail', 'head']) {
    const { stdout } = await run('sh', ['-c', `command -v ${name}`]);
    await run('ln', ['-s', stdout.trim(), join(programs, name)]);
  }
  cluster = new ApiServerDouble();
  await cluster.start();
  kubeconfig = await cluster.kubeconfig();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  cluster.pods = [pod()];
  cluster.forbidden.clear();
  cluster.policy = null;
  cluster.commands.length = 0;
  await rm(join(programs, 'perf'), { force: true });
});

/** A pod whose commands run on this machine, with few programs. */
const pod = (more: Partial<PodSketch> = {}): PodSketch => ({
  name: 'shop-1',
  labels,
  image: 'shop:1.4.2',
  enter: (words) => ['env', '-i', `PATH=${programs}`, ...words],
  ...more,
});
const putPerf = async (script: string) => {
  await writeFile(join(programs, 'perf'), `#!${join(programs, 'sh')}\n${script}`);
  await chmod(join(programs, 'perf'), 0o755);
};
const workingPerf = 'case $1 in --version) echo "perf version 6.1" ;; esac';

type Examined = {
  answer: DoctorReport;
  details: string;
  /** `broken: what was found → what to do`. */
  step(name: string): string;
  progress: DoctorReport[];
};

async function examine(
  environment: object,
  {
    application = { name: 'shop' },
    signal = new AbortController().signal,
    blobs,
    snapshots = [],
  }: { application?: object; signal?: AbortSignal; blobs?: BlobStore; snapshots?: object[] } = {},
): Promise<Examined> {
  const parsed = configFileSchema.parse({
    environments: [{ name: 'prod', ...environment }],
    applications: [application],
  });
  const written: { key: string; kind: string; content: Report }[] = [];
  const context = {
    config: { ...parsed, file: '/etc/avalanche.yaml', workDirectory: join(folder, 'work') },
    store: {
      setRequestState: async () => {},
      describe: async () => 'tables of a test',
      listSnapshots: async () => snapshots,
      findRequest: async () => ({ source: 'terminal' }),
      writeMessage: async (message: (typeof written)[number]) => {
        written.push(structuredClone(message));
        return { requestId: 'r-1', version: written.length, deliveredVersion: 0 };
      },
    },
    queue: { describe: () => 'jobs of a test', state: async () => ({}) },
    blobs: blobs ?? (await openDiskBlobs(join(folder, 'blobs'))),
    log: pino({ level: 'silent' }),
    now: Date.now,
    signal,
    reading: { ingestFiles },
    turns: new Turns(2),
  } as unknown as ReadingContext;
  await handleDoctor(context, { requestId: 'r-1', app: 'shop', environment: 'prod' });
  const answers = written.filter(({ content }) => content.report === 'doctor');
  const answer = answers.at(-1)!.content as DoctorReport;
  const details = written.at(-1)!.content;
  if (details.report !== 'text') throw new RangeError('no details');
  return {
    answer,
    details: details.lines.join('\n'),
    step(name) {
      const found = answer.steps.find((candidate) => candidate.name === name);
      if (found === undefined) throw new RangeError(`no step ${name}`);
      return `${found.state}: ${found.found} → ${found.cure}`;
    },
    progress: answers.map(({ content }) => content as DoctorReport),
  };
}

const inCluster = (config: object = {}) => ({
  clusters: [{ kubeconfig, namespaces: ['shop'], ...config }],
});
const states = ({ answer }: Examined) =>
  Object.fromEntries(answer.steps.map(({ name, state }) => [name, state]));

describe('doctor in a cluster', () => {
  test('where all is well says so, and has done nothing but look', async () => {
    await putPerf(workingPerf);
    await writeFile(join(folder, 'archive'), archive);
    const app = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => void app.listen(0, '127.0.0.1', resolve));
    cluster.pods = [pod({ ports: { 6060: (app.address() as AddressInfo).port } })];
    try {
      const examined = await examine(
        inCluster({
          archive: join(folder, 'archive'),
          record: { endpoint: { port: 6060 }, ephemeral: { image: 'perf:1' } },
        }),
      );
      expect(states(examined)).toMatchObject({
        cluster: 'in order',
        'rights in the cluster': 'in order',
        pods: 'in order',
        'archive in the pod': 'in order',
        "the app's own profiler": 'in order',
        'perf by exec': 'in order',
        'ephemeral container': 'in order',
      });
      expect(examined.details).toContain('Kubernetes v1.33.1');
      expect(examined.details).toContain(
        '1 found, 1 running; recorded would be shop-1; 1 of them ready; looked at: the container "shop"',
      );
      expect(examined.details).toContain('100 samples');
      // One look at the archive and one into the container; no container was added.
      expect(cluster.commands.map((words) => words.slice(0, 2))).toEqual([
        ['sh', '-c'],
        ['sh', '-c'],
      ]);
      expect(cluster.containersBeside('shop-1')).toEqual([]);
    } finally {
      app.close();
    }
  });

  test.each([
    ['get pods/exec', 'pods/exec', 'perf by exec'],
    ['create pods/exec', 'pods/exec', 'ephemeral container'],
    ['patch pods/ephemeralcontainers', 'pods/ephemeralcontainers', 'ephemeral container'],
    ['get pods/proxy', 'pods/proxy', "the app's own profiler"],
    ['list pods', 'pods', 'pods'],
  ])(
    'without the right to %s names the rule, and does not try what needs it',
    async (right, resource, step) => {
      cluster.forbidden.add(right);
      const examined = await examine(
        inCluster({ record: { endpoint: { port: 6060 }, ephemeral: { image: 'perf:1' } } }),
      );
      const [verb] = right.split(' ');
      const rights = examined.step('rights in the cluster');
      expect(rights).toMatch(/^broken: /);
      expect(rights).toContain(`the right to ${verb} ${resource} in the namespace "shop"`);
      expect(rights).toContain(`{apiGroups: [""], resources: ["${resource}"], verbs: ["${verb}"]}`);
      expect(examined.step(step)).toMatch(/^not tried: .*right/);
    },
  );

  test.each([
    ['no perf', '', /^broken: no perf in the container "shop" → Add perf to the image/],
    [
      'a node that forbids it',
      'echo "Access to performance monitoring is limited." >&2; exit 255',
      /^broken: perf may not record in the container "shop".*"Access to performance monitoring is limited\."/,
    ],
  ])('with %s says what to do', async (_, perf, expected) => {
    if (perf !== '') await putPerf(perf);
    expect((await examine(inCluster({ record: {} }))).step('perf by exec')).toMatch(expected);
  });

  test('without a shell offers a container beside the app, and is content where one is allowed', async () => {
    cluster.pods = [pod({ enter: () => ['sh', '-c', 'exit 127'] })];
    const alone = await examine(inCluster({ record: {} }));
    expect(alone.step('perf by exec')).toMatch(
      /^broken: no shell in the container "shop" → Set `record.ephemeral`.*distroless/,
    );
    const beside = await examine(inCluster({ record: { ephemeral: { image: 'perf:1' } } }));
    expect(beside.step('perf by exec')).toMatch(/^not needed: no shell/);
    expect(beside.step('ephemeral container')).toMatch(/^in order: .*dry run.*perf:1 can be pulled/);
  });

  test('whose policy forbids a container beside the app gives its words', async () => {
    cluster.policy = 'violates PodSecurity "restricted:latest": unrestricted capabilities';
    const examined = await examine(inCluster({ record: { ephemeral: { image: 'perf:1' } } }));
    expect(examined.step('ephemeral container')).toMatch(
      /^broken: the cluster refuses .*PodSecurity.*restricted:latest.* → .*Pod Security level/,
    );
  });

  test.each([
    [
      'a process that is not there',
      { process: 'no-such-app' },
      /no process called "no-such-app".*\(there are .*→ Set `record.process`/,
    ],
    ['a profiler that nobody listens for', { endpoint: { port: 6060 } }, /^/],
  ])('with %s says so', async (_, record, expected) => {
    await putPerf(workingPerf);
    const examined = await examine(inCluster({ record }));
    expect(examined.step('perf by exec')).toMatch(expected);
    if ('endpoint' in record)
      expect(examined.step("the app's own profiler")).toMatch(
        /^doubtful: port 6060 of shop-1 does not answer \(503\) → Check `record.endpoint.port`/,
      );
  });

  test('in whose pod the archive is missing says what to look at there', async () => {
    const examined = await examine(inCluster({ archive: join(folder, 'no-archive') }));
    expect(examined.step('archive in the pod')).toMatch(
      /^broken: .*no such file.* → .*`archive` of the cluster/,
    );
    expect(examined.step('recording now')).toMatch(/^not tried: the cluster has no `record`/);
  });

  test('without the pods of the app offers the nearest', async () => {
    cluster.pods = [pod({ labels: { 'app.kubernetes.io/name': 'shopp' } })];
    const examined = await examine(inCluster({ record: {} }));
    expect(examined.step('pods')).toMatch(/^broken: .*did you mean shopp\?.* → Check that the app runs/);
    expect(examined.step('perf by exec')).toMatch(/^not tried: there is no pod/);
  });

  test('that is away is broken in one place, and what does not need it is looked at', async () => {
    const away = join(folder, 'away');
    await writeFile(away, (await readFile(kubeconfig, 'utf8')).replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9'));
    const examined = await examine({
      ...inCluster({ kubeconfig: away, record: {} }),
      logServers: [{ kind: 'disk', root: folder, template: '$app/$pod/perf.txt' }],
    });
    expect(examined.step('cluster')).toMatch(/^broken: .*does not answer \(ECONNREFUSED\) → .*kubeconfig/);
    expect(examined.step('pods')).toMatch(/^not tried/);
    expect(examined.step('log server')).toMatch(/^broken: no recording of "shop"/);
    expect(examined.answer.steps.filter(({ state }) => state === 'broken')).toHaveLength(2);
  });

  test('that does not know the account says 401', async () => {
    const strange = join(folder, 'strange');
    await writeFile(strange, (await readFile(kubeconfig, 'utf8')).replace('sesame', 'secret-word'));
    const examined = await examine(inCluster({ kubeconfig: strange }));
    expect(examined.step('cluster')).toMatch(/^broken: .*does not know the account of the workers \(401\)/);
    expect(JSON.stringify(examined.answer)).not.toContain('secret-word');
  });
});

describe('doctor at a log server', () => {
  const disk = (more: object = {}) => ({
    logServers: [{ kind: 'disk', root: join(folder, 'logs'), template: '$app/$pod/perf.txt', ...more }],
  });
  const publish = async (content: string | Buffer) => {
    await mkdir(join(folder, 'logs/shop/shop-1'), { recursive: true });
    await writeFile(join(folder, 'logs/shop/shop-1/perf.txt'), content);
  };

  test('reads the newest recording, and says how old it is', async () => {
    await publish(archive);
    const examined = await examine(disk());
    expect(examined.step('log server')).toMatch(
      /^in order: recordings of 1 pod, the newest that of shop-1, \d+ seconds old/,
    );
    expect(examined.step('newest recording')).toMatch(/^(in order|doubtful): .*100 samples/);
  });

  test('with a recording that cannot be read says why', async () => {
    await publish('<html>503</html>');
    expect((await examine(disk())).step('newest recording')).toMatch(/^broken: Cannot .* → ./);
  });

  test('without a recording says where it looked', async () => {
    const examined = await examine(disk({ template: 'none/$app/$pod/perf.txt' }));
    expect(examined.step('log server')).toMatch(/^broken: no recording of "shop".* → .*`template`/);
    expect(examined.step('newest recording')).toMatch(/^not tried: there is none/);
  });

  test('that never answers is given up, while others are looked at', async () => {
    await publish(archive);
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [shop] = disk().logServers;
    try {
      const examined = await examine({
        logServers: [shop, { kind: 'http', url, template: '$app/$pod/perf.txt', timeoutMs: 1_000 }],
      });
      expect(examined.step('log server 1')).toMatch(/^in order/);
      expect(examined.step('log server 2')).toMatch(/^broken: .*no answer within 1 seconds → ./);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test.skipIf(!have('nginx'))('that refuses says so with its status, and how it lets in', async () => {
    await publish(archive);
    const nginx = await startNginx(join(folder, 'logs'));
    const look = async (location: NginxLocation) => {
      const place = { kind: 'http', url: `${nginx.url}/${location}`, template: '$app/$pod/perf.txt' };
      return (await examine({ logServers: [place] })).step('log server');
    };
    try {
      expect(await look('basic')).toMatch(/^broken: .*a login is wanted \(401\).* → .*`authorization`/);
      expect(await look('unlisted')).toMatch(/^broken: .*may not be read \(403\).* → Let the workers read/);
      expect(await look('html')).toMatch(/^in order: recordings of 1 pod/);
    } finally {
      await nginx.stop();
    }
  });
});

describe('what perf says no with', () => {
  const probe: Probe = {
    hasShell: true,
    canWrite: true,
    paranoid: 2,
    isFiltered: false,
    isPrivileged: false,
    perf: 'perf version 6.1',
    refused: 'No permission to enable cpu-clock event.',
    processes: ['node'],
    mapless: [],
    memory: null,
  };
  test.each([
    [
      'the setting of the node',
      { paranoid: 4 },
      /perf_event_paranoid is 4/,
      /to 2 or less on the node, or .*CAP_PERFMON/,
    ],
    ['a filter', { isFiltered: true }, /seccomp/, /^Give the container CAP_PERFMON, with which/],
    [
      'a filter in spite of all capabilities',
      { isFiltered: true, isPrivileged: true, paranoid: 4 },
      /seccomp/,
      /^Give the container a seccomp profile/,
    ],
    ['something else', {}, /"No permission/, /kernel lockdown/],
    [
      'a memory that is nearly full',
      { memory: '480 of 512 MiB used' },
      /480 of 512/,
      /Raise the memory limit/,
    ],
    ['a read-only /tmp', { canWrite: false }, /\/tmp .* cannot be written/, /emptyDir at \/tmp/],
    ["another user's processes", { refused: null, processes: [] }, /may be looked at/, /runAsUser/],
  ])('may be %s', (_, more, found, cure) => {
    const finding = judgePerf({ ...probe, ...more }, { container: 'shop', process: undefined });
    expect(finding.state).toBe('broken');
    expect(finding.found).toMatch(found);
    expect(finding.cure).toMatch(cure);
  });

  test.each([
    ['node', '--perf-basic-prof'],
    ['java', 'Compiler.perfmap'],
    ['dotnet', 'DOTNET_PerfMapEnabled'],
    ['python3.12', '-X perf'],
    ['beam.smp', '+JPperf'],
    ['ruby', '--yjit-perf'],
  ])('a %s without a symbol map is told how to write one', (program, cure) => {
    expect(judgeSymbols({ ...probe, mapless: ['sh', program] })).toMatchObject({
      state: 'doubtful',
      cure: expect.stringContaining(cure),
    });
    expect(judgeSymbols({ ...probe, mapless: ['sh'] }).state).toBe('in order');
  });
});

describe('doctor elsewhere', () => {
  const nowhere = { logServers: [{ kind: 'disk', root: '/nowhere', template: '$app/$pod/perf.txt' }] };

  test('finds files that cannot be written', async () => {
    const place = join(folder, 'unwritable');
    const blobs = await openDiskBlobs(place);
    await rm(place, { recursive: true });
    expect((await examine(nowhere, { blobs })).step('files')).toMatch(/^broken: .* → Check free space/);
  });

  test('clones the repository, and knows whether the deployed revision is there', async () => {
    const repository = join(folder, 'repository');
    await run('git', ['init', '-q', '-b', 'main', repository]);
    const git = (...words: string[]) =>
      run('git', ['-C', repository, '-c', 'user.name=Ada', '-c', 'user.email=ada@example', ...words]);
    await git('commit', '-q', '--allow-empty', '-m', 'first');
    await git('tag', 'v1');
    const look = async (revision?: string) =>
      await examine(nowhere, {
        application: {
          name: 'shop',
          repository: { url: repository },
          ...(revision === undefined ? {} : { revision }),
        },
      });
    const known = await look('v1');
    expect(known.step('repository')).toMatch(
      /^doubtful: .*can be searched.*no link.* → Set `repository.link`/,
    );
    expect(known.step('deployed revision')).toMatch(/^in order: v1 is known there as [0-9a-f]{12}/);
    expect((await look('v9')).step('deployed revision')).toMatch(
      /^broken: .*"v9".*not there → Push the deployed/,
    );
    expect((await look()).step('deployed revision')).toMatch(/^doubtful: nothing says it/);
    const gone = await examine(nowhere, {
      application: { name: 'shop', repository: { url: join(folder, 'no-repository') } },
    });
    expect(gone.step('repository')).toMatch(/^broken: Cannot clone/);
    expect(gone.step('deployed revision')).toMatch(/^not tried/);
  });

  test('knows whether there is a snapshot of another revision to compare with', async () => {
    const application = { name: 'shop', revision: 'v2' };
    const snapshots = ['v2', null, 'v1'].map((revision) => ({ revision, createdAt: 1_700_000_000_000 }));
    const found = await examine(nowhere, { application, snapshots });
    expect(found.step('snapshot to compare with')).toMatch(
      /^in order: the snapshot of 2023-11-14 22:13 UTC at revision v1/,
    );
    const none = await examine(nowhere, { application, snapshots: snapshots.slice(0, 2) });
    expect(none.step('snapshot to compare with')).toMatch(/^doubtful: there is none of another revision/);
    const unknown = await examine(nowhere, { snapshots: snapshots.slice(1, 2) });
    expect(unknown.step('snapshot to compare with')).toMatch(/^doubtful: the deployed revision is not known/);
  });

  test('shows all steps from the start, and an outcome for each in the end', async () => {
    const { progress, answer } = await examine(nowhere);
    const names = answer.steps.map(({ name }) => name);
    expect(progress[0]?.steps.map(({ name }) => name)).toEqual(names);
    expect(progress[0]?.steps.some(({ state }) => state === 'waiting')).toBe(true);
    expect(answer.steps.filter(({ state }) => state === 'waiting' || state === 'looking')).toEqual([]);
    for (const { state, cure } of answer.steps)
      expect(cure !== null).toBe(state === 'broken' || state === 'doubtful');
  });

  test('does not wait for a step that heeds nothing', async () => {
    const log = pino({ level: 'silent' });
    const examination = new Examination({ signal: new AbortController().signal, log, onChange: () => {} });
    const step = examination.plan('a step');
    const found = await examination.look(step, () => new Promise<never>(() => {}), 20);
    expect(found).toBeUndefined();
    expect(step).toMatchObject({ state: 'broken', found: 'it was not done within 0.02 s' });
  });

  test('ends when it is cancelled', async () => {
    const stop = new AbortController();
    stop.abort(new Error('not wanted any more'));
    await expect(examine(nowhere, { signal: stop.signal })).rejects.toThrow('not wanted any more');
  });
});
