import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  type AuthenticationV1TokenRequest,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  type V1Pod,
} from '@kubernetes/client-node';
import { stringify } from 'yaml';
import type { Container } from '../support/containers.ts';
import { type LastingServer, launch, makeCertificate } from '../support/servers.ts';
import type { KubernetesPrograms } from './kubernetes-programs.ts';

/** What commands in a pod run in: those of the app's container, and those of one that is put beside it. */
export type PodContainers = {
  app: Container;
  /** Where programs are looked for in it; the machine's own folders by default. */
  appPath?: string;
  beside?: Container;
};

export type RealCluster = {
  core: CoreV1Api;
  /** Any other part of the API, as an administrator. */
  apiFor: KubeConfig['makeApiClient'];
  apiServer: Pick<LastingServer, 'end' | 'start'>;
  kubelet: Pick<LastingServer, 'end' | 'start'>;
  /** As `kubectl apply` on a cluster that has none of them yet. */
  create(objects: readonly object[]): Promise<void>;
  /** On the one node, and running when this ends. */
  addPod(pod: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    image?: string;
  }): Promise<void>;
  /** Path of a file that lets a service account in, and nobody else. */
  kubeconfigOf(account: string, namespace: string): Promise<string>;
  stop(): Promise<void>;
};

const node = 'node-1';
const runningMs = 20_000;

/**
 * A real API server on a real etcd, with role-based access as in production; kwok is the kubelet, and its commands run
 * in containers of the test. Everything listens on 127.0.0.1 and ends with `stop`.
 *
 * @param pods `namespace/name` of those whose commands run somewhere; kwok refuses the others'
 */
export async function startKubernetes(
  programs: KubernetesPrograms,
  pods: Readonly<Record<string, PodContainers>>,
): Promise<RealCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-kubernetes-'));
  const servers: LastingServer['stop'][] = [];
  const stop = async () => {
    for (const stopServer of servers.reverse()) await stopServer();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await makeCertificate(folder);
    const etcd = await startEtcd(programs.etcd);
    servers.push(etcd.stop);
    const token = randomBytes(16).toString('hex');
    const apiServer = await startApiServer(programs.apiServer, etcd.port, folder, token);
    servers.push(apiServer.stop);
    const reach = async (name: string, bearer: string) => {
      const file = join(folder, name);
      await writeFile(file, describeAccess(`https://127.0.0.1:${apiServer.port}`, folder, bearer));
      return file;
    };
    const adminFile = await reach('admin.kubeconfig', token);
    const admin = new KubeConfig();
    admin.loadFromFile(adminFile);
    const core = admin.makeApiClient(CoreV1Api);
    const objects = KubernetesObjectApi.makeApiClient(admin);
    const kwok = await startKwok(programs.kwok, folder, adminFile, pods);
    servers.push(kwok.stop);
    await core.createNode({ body: { metadata: { name: node } } });
    return {
      core,
      apiFor: (kind) => admin.makeApiClient(kind),
      apiServer,
      kubelet: kwok,
      stop,
      async create(wanted) {
        for (const object of wanted) await objects.create(object as Parameters<typeof objects.create>[0]);
      },
      addPod: (pod) => addPod(core, pod),
      async kubeconfigOf(account, namespace) {
        const body: AuthenticationV1TokenRequest = { spec: { audiences: [], expirationSeconds: 3_600 } };
        const { status } = await core.createNamespacedServiceAccountToken({ name: account, namespace, body });
        return await reach(`${account}.kubeconfig`, status?.token ?? '');
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEtcd(program: string) {
  return await launch({
    program,
    // biome-ignore format: one option a line
    arguments: (port, folder) => [
      '--data-dir', join(folder, 'data'),
      '--listen-client-urls', `http://127.0.0.1:${port}`,
      '--advertise-client-urls', `http://127.0.0.1:${port}`,
      '--listen-peer-urls', 'http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level', 'error',
    ],
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
  });
}

async function startApiServer(program: string, etcdPort: number, certificates: string, token: string) {
  const certificate = join(certificates, 'server.crt');
  const key = join(certificates, 'server.key');
  return await launch({
    program,
    prepare: (folder) => writeFile(join(folder, 'tokens'), `${token},admin,admin,"system:masters"\n`),
    // biome-ignore format: one option a line
    arguments: (port, folder) => [
      '--etcd-servers', `http://127.0.0.1:${etcdPort}`,
      '--bind-address', '127.0.0.1',
      '--advertise-address', '127.0.0.1',
      '--secure-port', `${port}`,
      '--tls-cert-file', certificate,
      '--tls-private-key-file', key,
      '--token-auth-file', join(folder, 'tokens'),
      '--authorization-mode', 'RBAC',
      '--service-account-issuer', 'https://kubernetes.default.svc',
      '--service-account-key-file', certificate,
      '--service-account-signing-key-file', key,
      '--service-cluster-ip-range', '10.0.0.0/24',
      // Nobody makes the service account of a new namespace here: that is the controller manager's.
      '--disable-admission-plugins', 'ServiceAccount',
      '--cert-dir', folder,
    ],
    isReady: (port) => isReady(port, certificates, token),
  });
}

async function isReady(port: number, certificates: string, token: string): Promise<boolean> {
  const ca = await readFile(join(certificates, 'server.crt'));
  const asked = get(`https://127.0.0.1:${port}/readyz`, {
    ca,
    headers: { authorization: `Bearer ${token}` },
  });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode === 200;
}

function describeAccess(server: string, certificates: string, token: string): string {
  return stringify({
    clusters: [
      { name: 'real', cluster: { server, 'certificate-authority': join(certificates, 'server.crt') } },
    ],
    users: [{ name: 'bearer', user: { token } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'bearer' } }],
    'current-context': 'real',
  });
}

async function startKwok(
  program: string,
  folder: string,
  kubeconfig: string,
  pods: Readonly<Record<string, PodContainers>>,
) {
  const path = await makeEntrances(folder);
  const execs = Object.entries(pods).map(([key, containers]) => describeExec(key, containers));
  const stages = await readFile(join(import.meta.dirname, 'kwok-stages.yaml'), 'utf8');
  const file = join(folder, 'kwok.yaml');
  await writeFile(file, [stages, ...execs.map((exec) => stringify(exec))].join('\n---\n'));
  return await launch({
    program: '/usr/bin/env',
    // biome-ignore format: one option a line
    arguments: (port) => [
      `PATH=${path}${delimiter}${process.env.PATH}`,
      program,
      '--kubeconfig', kubeconfig,
      '--config', file,
      '--manage-all-nodes',
      '--node-ip', '127.0.0.1',
      '--node-port', `${port}`,
      '--server-address', `127.0.0.1:${port}`,
      '--tls-cert-file', join(folder, 'server.crt'),
      '--tls-private-key-file', join(folder, 'server.key'),
    ],
    isReady: async (port) => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok,
  });
}

/** kwok runs a command as it stands: these stand before the machine's own, and enter the container first. */
async function makeEntrances(folder: string): Promise<string> {
  const path = join(folder, 'entrances');
  await mkdir(path);
  for (const program of ['sh', 'cat', 'stat']) {
    const file = join(path, program);
    const enter = `exec nsenter --target "$CONTAINER" --pid --mount -- env PATH="$CONTAINER_PATH" /bin/${program} "$@"`;
    await writeFile(file, `#!/bin/sh\n${enter}\n`);
    await chmod(file, 0o755);
  }
  return path;
}

function describeExec(key: string, { app, appPath, beside }: PodContainers): object {
  const [namespace, name] = key.split('/');
  const enter = ({ pid }: Container, path = process.env.PATH) => ({
    local: {
      envs: [
        { name: 'CONTAINER', value: String(pid) },
        { name: 'CONTAINER_PATH', value: path },
      ],
    },
  });
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Exec',
    metadata: { name, namespace },
    spec: {
      execs: [
        { containers: ['shop'], ...enter(app, appPath) },
        // Without a name it is for all others.
        ...(beside === undefined ? [] : [enter(beside)]),
      ],
    },
  };
}

async function addPod(
  core: CoreV1Api,
  { name, namespace, labels, image = 'shop:1' }: Parameters<RealCluster['addPod']>[0],
): Promise<void> {
  const body: V1Pod = {
    metadata: { name, labels },
    spec: { nodeName: node, containers: [{ name: 'shop', image }] },
  };
  await core.createNamespacedPod({ namespace, body });
  for (const endAt = Date.now() + runningMs; ; ) {
    const { status } = await core.readNamespacedPod({ namespace, name });
    if (status?.phase === 'Running') return;
    if (Date.now() > endAt) throw new Error(`Cannot wait longer for the pod "${name}": ${status?.phase}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
