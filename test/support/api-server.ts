import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { stringify } from 'yaml';
import type { Container } from './containers.ts';

/** As the API has them; what is left out gets a usual value. */
export type PodSketch = {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  phase?: string;
  image?: string;
  env?: Record<string, string>;
  containers?: string[];
  restarts?: number;
  uid?: string;
  /** Turns a command into the words that run it; without it the pod has no node. */
  enter?: (words: readonly string[]) => string[];
  /** What listens on a port of the pod: port of the machine by port of the pod. */
  ports?: Record<number, number>;
};

/**
 * A double of the API server: lists pods page by page, and runs commands over the WebSocket protocol
 * v5.channel.k8s.io. What it answers has the shape of the real one's answers; test/peers holds it to that.
 */
export class ApiServerDouble {
  pods: PodSketch[] = [];
  /** `list pods`, `create pods/exec`: what is refused. */
  readonly forbidden = new Set<string>();
  /** Cuts the connection of each command after so many bytes of output, so many times. */
  cuts: { afterBytes: number; times: number } | null = null;
  /** Commands that were run: their last words. */
  readonly commands: string[][] = [];
  pageSize = 500;
  /** Before each answer; commands are not delayed. */
  delayMs = 0;
  /** What an admission policy says against a container beside the app; null when there is none. */
  policy: string | null = null;
  /** How a container beside the app is entered, for those that may be put there. */
  startEphemeral: ((words: readonly string[]) => Promise<Pick<Container, 'enter'>>) | null = null;
  readonly #ephemeral = new Map<string, { name: string; enter: Container['enter'] | null }[]>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
  });
  #server: Server = createServer();
  #connections = new Set<Socket>();
  #port = 0;
  #folder = '';

  /** Names of those put beside the app. */
  containersBeside(pod: string): string[] {
    return (this.#ephemeral.get(pod) ?? []).map(({ name }) => name);
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#server.on('upgrade', (request, socket: Socket, head) => this.#upgrade(request, socket, head));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** As when its machine dies: every connection is cut. `start` begins again under the same address. */
  async pause(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async stop(): Promise<void> {
    await this.pause();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
    this.#folder = '';
  }

  /** Path of a file that gets one in. */
  async kubeconfig(): Promise<string> {
    this.#folder = await mkdtemp(join(tmpdir(), 'avalanche-kube-'));
    const file = join(this.#folder, 'kubeconfig');
    const server = `http://127.0.0.1:${this.#port}`;
    await writeFile(
      file,
      stringify({
        clusters: [{ name: 'double', cluster: { server, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'workers', user: { token: 'sesame' } }],
        contexts: [{ name: 'double', context: { cluster: 'double', user: 'workers' } }],
        'current-context': 'double',
      }),
    );
    return file;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.delayMs > 0) await wait(this.delayMs, undefined, { ref: false });
    const url = new URL(request.url ?? '', 'http://double');
    const [, namespace = '', name, below] =
      /^\/api\/v1\/namespaces\/([^/]+)\/pods(?:\/([^/]+))?(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (request.headers.authorization !== 'Bearer sesame') return refuse(response, 401, 'Unauthorized');
    if (url.pathname === '/version') return send(response, { gitVersion: 'v1.33.1' });
    if (url.pathname.endsWith('/selfsubjectaccessreviews')) return await this.#review(request, response);
    if (name === undefined) return this.#list(namespace, url.searchParams, response);
    if (below?.startsWith('proxy/'))
      return this.#proxy(
        namespace,
        name,
        { method: request.method, path: below.slice(5) + url.search },
        response,
      );
    const pod = this.#find(namespace, name);
    if (below === 'ephemeralcontainers') {
      const isDryRun = url.searchParams.get('dryRun') === 'All';
      return await this.#addContainer(pod, { request, isDryRun }, response);
    }
    if (this.#refuses('get', 'pods', namespace, response)) return;
    if (pod === undefined) return refuse(response, 404, `pods "${name}" not found`);
    send(response, this.#describe(pod));
  }

  #list(namespace: string, query: URLSearchParams, response: ServerResponse): void {
    if (this.#refuses('list', 'pods', namespace, response)) return;
    const wanted = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '');
    const all = this.pods.filter((pod) => {
      const { namespace: own = 'shop', labels = {} } = pod;
      return (
        own === namespace &&
        wanted.every((part) => `${labels[part.split('=')[0] ?? '']}` === part.split('=')[1])
      );
    });
    const from = Number(query.get('continue') ?? 0);
    const to = from + Math.min(this.pageSize, Number(query.get('limit') ?? all.length));
    const metadata = to < all.length ? { continue: String(to) } : {};
    send(response, {
      kind: 'PodList',
      metadata,
      items: all.slice(from, to).map((pod) => this.#describe(pod)),
    });
  }

  #refuses(verb: string, resource: string, namespace: string, response: ServerResponse): boolean {
    if (!this.forbidden.has(`${verb} ${resource}`)) return false;
    refuse(response, 403, forbiddenWords(verb, resource, namespace));
    return true;
  }

  async #review(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { verb, resource, subresource } = (await readJson(request)).spec.resourceAttributes;
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    send(response, { status: { allowed: !this.forbidden.has(`${verb} ${name}`) } });
  }

  #proxy(
    namespace: string,
    target: string,
    { method = 'GET', path }: { method: string | undefined; path: string },
    response: ServerResponse,
  ): void {
    if (this.#refuses('get', 'pods/proxy', namespace, response)) return;
    const [name = '', port] = target.split(':');
    const machinePort = this.#find(namespace, name)?.ports?.[Number(port)];
    if (machinePort === undefined) {
      refuse(response, 503, 'error trying to reach service: connection refused');
      return;
    }
    void fetch(`http://127.0.0.1:${machinePort}${path}`, { method }).then(async (answer) => {
      response.writeHead(answer.status);
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  }

  async #addContainer(
    pod: PodSketch | undefined,
    { request, isDryRun }: { request: IncomingMessage; isDryRun: boolean },
    response: ServerResponse,
  ): Promise<void> {
    if (pod === undefined) return refuse(response, 404, 'pods not found');
    if (this.#refuses('patch', 'pods/ephemeralcontainers', pod.namespace ?? 'shop', response)) return;
    const [container] = (await readJson(request)).spec.ephemeralContainers;
    if (this.policy !== null) return refuse(response, 403, this.policy);
    if (isDryRun) return send(response, this.#describe(pod));
    const started = await this.startEphemeral?.(container.command);
    const added = { name: container.name, enter: started?.enter ?? null };
    this.#ephemeral.set(pod.name, [...(this.#ephemeral.get(pod.name) ?? []), added]);
    send(response, this.#describe(pod));
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = new URL(request.url ?? '', 'http://double');
    const [, namespace = '', name = ''] =
      /\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/.exec(url.pathname) ?? [];
    const turnAway = (status: number, message: string) => {
      const body = JSON.stringify({ kind: 'Status', status: 'Failure', message, code: status });
      socket.end(
        `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    };
    const pod = this.#find(namespace, name);
    if (this.forbidden.has('create pods/exec')) {
      turnAway(403, forbiddenWords('create', 'pods/exec', namespace));
      return;
    }
    if (pod?.enter === undefined) {
      turnAway(404, `pods "${name}" not found`);
      return;
    }
    const words = url.searchParams.getAll('command');
    const container = url.searchParams.get('container') ?? '';
    const beside = this.#ephemeral.get(pod.name)?.find((added) => added.name === container);
    const command = (beside?.enter ?? pod.enter)(words);
    this.commands.push(words);
    this.#sockets.handleUpgrade(request, socket, head, (open) => this.#run(open, socket, command));
  }

  #run(open: WebSocket, socket: Socket, [program = '', ...words]: string[]): void {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let sent = 0;
    const send = (channel: number, content: Buffer) => {
      for (let at = 0; at < content.length; at += 32 * 1024) {
        const piece = content.subarray(at, at + 32 * 1024);
        if (this.cuts !== null && this.cuts.times > 0 && sent + piece.length > this.cuts.afterBytes) {
          this.cuts.times -= 1;
          socket.destroy();
          return;
        }
        sent += piece.length;
        open.send(Buffer.concat([Buffer.from([channel]), piece]));
      }
    };
    child.stdout.on('data', (chunk) => send(1, chunk));
    child.stderr.on('data', (chunk) => send(2, chunk));
    child.once('close', (code) => {
      const failure = {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: `command terminated with non-zero exit code`,
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      };
      send(3, Buffer.from(JSON.stringify(code === 0 ? { status: 'Success' } : failure)));
      open.close(1000);
    });
  }

  #find(namespace: string, name: string): PodSketch | undefined {
    return this.pods.find((pod) => pod.name === name && (pod.namespace ?? 'shop') === namespace);
  }

  #describe(pod: PodSketch): object {
    const { name, namespace = 'shop', labels = {}, annotations = {}, phase = 'Running', restarts = 0 } = pod;
    const containers = pod.containers ?? ['shop'];
    const env = Object.entries(pod.env ?? {}).map(([key, value]) => ({ name: key, value }));
    return {
      metadata: { name, namespace, uid: pod.uid ?? `uid-${name}`, labels, annotations },
      spec: {
        containers: containers.map((container) => ({
          name: container,
          image: pod.image ?? 'shop:latest',
          env,
        })),
      },
      status: {
        phase,
        containerStatuses: containers.map((container) => ({
          name: container,
          ready: true,
          restartCount: restarts,
        })),
        ephemeralContainerStatuses: this.#ephemeral.get(name)?.map((added) => ({
          name: added.name,
          state: added.enter !== null ? { running: {} } : { waiting: { reason: 'ImagePullBackOff' } },
        })),
      },
    };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a test sends is as the API has it
async function readJson(request: IncomingMessage): Promise<any> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

function forbiddenWords(verb: string, resource: string, namespace: string): string {
  return `pods is forbidden: User "workers" cannot ${verb} resource "${resource}" in API group "" in the namespace "${namespace}"`;
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message, code }));
}
