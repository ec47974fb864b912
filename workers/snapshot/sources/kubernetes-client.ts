import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { WebSocket } from 'ws';
import type { ClusterConfig } from '../../../storage/cluster-config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import { ApiRefusal } from './kubernetes-errors.ts';

/** Of silence, until an answer begins and in it. */
const silenceMs = 15_000;
/** 500 pods of a page are some 5 MiB. */
const largestAnswerBytes = 32 * 1024 ** 2;
const largestRefusalBytes = 16 * 1024;

type Question = {
  method?: 'GET' | 'HEAD' | 'POST' | 'PATCH';
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal | undefined;
  /** Longest silence; a profile that takes 30 seconds is silent for as long. */
  silenceMs?: number;
};

/**
 * One cluster's API, as the kubeconfig or the pod's service account lets us in. The library reads those files and
 * keeps tokens fresh; the requests are made here, because its own take no signal, open a connection each, and encode
 * the path of a pod proxy so that it does not work.
 */
export class KubernetesClient {
  /** For messages: the address without what could be secret. */
  readonly name: string;
  readonly #access: KubeConfig;
  readonly #server: URL;

  constructor(access: KubeConfig, server: URL) {
    this.#access = access;
    this.#server = server;
    this.name = `${server.host}${server.pathname.replace(/\/$/, '')}`;
  }

  /** @throws ApiRefusal for an answer other than 2xx, and whatever a connection may throw */
  async ask(path: string, question: Question = {}): Promise<unknown> {
    const answer = await this.stream(path, question);
    const text = await readText(answer, largestAnswerBytes);
    if (text === null) throw new Error(`answer larger than ${largestAnswerBytes} bytes`);
    return JSON.parse(text);
  }

  /** The same, its body still to come. */
  async stream(path: string, question: Question = {}): Promise<IncomingMessage> {
    const { method = 'GET', query = {}, body, contentType = 'application/json', signal } = question;
    signal?.throwIfAborted();
    const url = this.#urlOf(path, new URLSearchParams(query));
    const options = await this.#options();
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      ...options.headers,
      accept: 'application/json, */*',
      ...(content === undefined ? {} : { 'content-type': contentType, 'content-length': content.length }),
    };
    const make = url.protocol === 'https:' ? requestHttps : requestHttp;
    return await new Promise((resolve, reject) => {
      const request = make(url, { ...options, method, headers, ...(signal ? { signal } : {}) });
      request.setTimeout(question.silenceMs ?? silenceMs, () =>
        request.destroy(new Error('no answer in time')),
      );
      request.once('error', reject);
      request.once('response', (answer) => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolve(answer);
        else void readRefusal(answer).then(reject, reject);
      });
      request.end(content);
    });
  }

  /** @throws ApiRefusal when it is not upgraded, and whatever a connection may throw */
  async openSocket(path: string, query: URLSearchParams, signal?: AbortSignal): Promise<WebSocket> {
    signal?.throwIfAborted();
    const url = this.#urlOf(path, query);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const options = await this.#options();
    const socket = new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
      ...options,
      handshakeTimeout: silenceMs,
      perMessageDeflate: false,
    });
    return await new Promise((resolve, reject) => {
      const abort = () => {
        socket.terminate();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      socket.once('unexpected-response', (_request, answer) => {
        void readRefusal(answer).then(reject, reject);
      });
      // For good: a socket that fails later without a listener would end the process.
      socket.on('error', reject);
      socket.once('open', () => {
        signal?.removeEventListener('abort', abort);
        resolve(socket);
      });
    });
  }

  #urlOf(path: string, query: URLSearchParams): URL {
    const url = new URL(this.#server);
    const [plain = '', ownQuery = ''] = path.split('?');
    url.pathname = `${url.pathname.replace(/\/$/, '')}${plain}`;
    url.search = [ownQuery, query.toString()].filter((part) => part !== '').join('&');
    return url;
  }

  /** Certificates, token and agent. A token file is read again by the library once a minute. */
  async #options(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#access.applyToHTTPSOptions(options);
    return options;
  }
}

/**
 * @throws AvalancheError CLUSTER_UNREACHABLE when the kubeconfig cannot be read, has not the context, or when there
 *   is none and the workers do not run in a cluster
 */
export async function openKubernetesClient({
  kubeconfig,
  context,
}: ClusterConfig): Promise<KubernetesClient> {
  // Loaded when it is needed: workers without a cluster are spared its memory.
  const library = await import('@kubernetes/client-node');
  const access = new library.KubeConfig();
  try {
    if (kubeconfig !== undefined) access.loadFromFile(kubeconfig);
    else if (process.env.KUBERNETES_SERVICE_HOST !== undefined) access.loadFromCluster();
    else throw new Error('no kubeconfig is configured, and the workers do not run in a cluster');
    if (context !== undefined) access.setCurrentContext(context);
    const server = access.getCurrentCluster()?.server;
    if (server === undefined) throw new Error(describeContexts(access, context));
    return new KubernetesClient(access, new URL(server));
  } catch (error) {
    const place = kubeconfig === undefined ? 'the cluster' : `the kubeconfig "${kubeconfig}"`;
    const state = error instanceof Error ? error.message : String(error);
    throw new AvalancheError(
      'CLUSTER_UNREACHABLE',
      `Cannot use ${place}: ${showOutsideName(state)}`,
      {},
      error,
    );
  }
}

function describeContexts(access: KubeConfig, context: string | undefined): string {
  const names = access.getContexts().map(({ name }) => name);
  if (context === undefined) return 'it has no current context';
  return `it has no context ${context} (there are ${names.slice(0, 10).join(', ') || 'none'})`;
}

async function readRefusal(answer: IncomingMessage): Promise<ApiRefusal> {
  const text = (await readText(answer, largestRefusalBytes).catch(() => null)) ?? '';
  return new ApiRefusal(answer.statusCode ?? 0, messageOf(text) ?? text.slice(0, 200));
}

/** Of a Status object, which is what the API server itself answers with. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** @returns null when it is longer */
async function readText(answer: IncomingMessage, largestBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > largestBytes) {
      answer.destroy();
      return null;
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
