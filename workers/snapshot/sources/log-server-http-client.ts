import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { HttpLogServerConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import { PlaceError } from './listing.ts';
import { checkPublicHost, lookUpPublic } from './public-addresses.ts';

export type HttpAnswer = {
  /** Where it came from in the end; below the base whatever was redirected. */
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read or destroyed: its connection is taken until then. */
  body: IncomingMessage;
};

/** An answer that is a refusal: 403, 503 and the like. */
export class HttpRefusal extends PlaceError {
  readonly status: number;
  /** What the server asks to wait for. */
  readonly retryAfterMs: number;

  constructor(state: string, status: number, { 'retry-after': retryAfter }: IncomingHttpHeaders) {
    super(state, {
      isAway: status >= 500 || status === 408 || status === 429,
      isRefused: status === 401 || status === 403,
    });
    this.status = status;
    this.retryAfterMs = (Number(retryAfter) || 0) * 1000;
  }
}

type Question = { method: 'GET' | 'HEAD'; headers?: Record<string, string>; signal: AbortSignal };

const mostRedirects = 3;
const mostTries = 3;
const firstWaitMs = 200;
const longestWaitMs = 5_000;

/** Of the configuration, what asking takes. */
export type HttpPlace = Pick<HttpLogServerConfig, 'url' | 'authorization' | 'timeoutMs' | 'concurrency'> & {
  /** Connects to no address of a private network, whatever the host's name resolves to. */
  isPublicOnly?: boolean;
};

/** Connections are shared by all that ask the same host in this process: a limit on each alone would be none. */
const agents = new Map<string, http.Agent>();

/**
 * Asks one log server, and nothing above or beside its base URL. It is node:http and not fetch, because fetch undoes
 * Content-Encoding (Apache announces `x-gzip` for every .gz): lengths and ranges would no longer be those of the file.
 */
export class HttpClient {
  readonly base: URL;
  readonly #timeoutMs: number;
  readonly #agent: http.Agent;
  readonly #isPublicOnly: boolean;
  readonly #loginFrom: string | null;
  readonly #headers: Record<string, string>;

  /**
   * @param variables where the login is; its value is in no message
   * @throws AvalancheError CONFIG_INVALID when it is not there
   */
  constructor(config: HttpPlace, variables: NodeJS.ProcessEnv) {
    this.base = new URL(config.url.endsWith('/') ? config.url : `${config.url}/`);
    this.#timeoutMs = config.timeoutMs;
    this.#isPublicOnly = config.isPublicOnly ?? false;
    this.#agent = agentFor(this.base, config.concurrency, this.#isPublicOnly);
    this.#loginFrom = config.authorization?.variable ?? null;
    this.#headers = { 'accept-encoding': 'identity', ...readAuthorization(config, variables) };
  }

  /** Tells apart what is remembered of the same address under another login. */
  keyOf(url: URL): string {
    return `${this.#loginFrom ?? ''} ${url.href}`;
  }

  /** @param path names parted by `/`; none of them is `.` or `..` */
  urlOf(path: string, kind: 'folder' | 'file'): URL {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return new URL(kind === 'folder' && path !== '' ? `${encoded}/` : encoded, this.base);
  }

  show(path: string): string {
    return showOutsideName(this.base.href + path);
  }

  /**
   * Asks once; answers of 304 and 416 are the asker's to understand.
   *
   * @returns null when nothing is there
   * @throws PlaceError; the signal's reason when aborted
   */
  async ask(url: URL, question: Question, redirectsLeft = mostRedirects): Promise<HttpAnswer | null> {
    const body = await this.#send(url, question);
    const { statusCode: status = 0, headers } = body;
    if ((status >= 200 && status < 300) || status === 304 || status === 416)
      return { url, status, headers, body };
    // An error page is of no use, however long it is.
    if (question.method === 'HEAD') body.resume();
    else body.destroy();
    if (status === 404 || status === 410) return null;
    if (status >= 300 && status < 400)
      return await this.ask(this.#redirected(url, headers, redirectsLeft), question, redirectsLeft - 1);
    throw this.#refusal(status, headers);
  }

  /** Asks again when the server was away. */
  async askPatiently(url: URL, question: Question): Promise<HttpAnswer | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.ask(url, question);
      } catch (error) {
        if (!(error instanceof PlaceError && error.isAway) || attempt === mostTries) throw error;
        await waitToAskAgain(error, attempt, question.signal);
      }
    }
  }

  async #send(url: URL, { method, headers, signal }: Question): Promise<IncomingMessage> {
    signal.throwIfAborted();
    if (this.#isPublicOnly) checkPublicHost(url.hostname);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { request: open } = url.protocol === 'https:' ? https : http;
    const request = open(url, {
      method,
      agent: this.#agent,
      headers: { ...this.#headers, ...headers },
      signal,
      ...(this.#isPublicOnly ? { lookup: lookUpPublic } : {}),
    });
    let response: IncomingMessage | undefined;
    const seconds = this.#timeoutMs / 1000;
    const tooLate = () => request.destroy(away(`no answer within ${seconds} seconds`));
    let timer: NodeJS.Timeout | undefined;
    // Not before: waiting for our own turn is not the server's fault.
    request.once('socket', () => {
      timer = setTimeout(tooLate, this.#timeoutMs);
    });
    request.setTimeout(this.#timeoutMs, () => response?.destroy(away(`silent for ${seconds} seconds`)));
    request.once('response', (received) => {
      response = received;
      // Whoever reads the body gets the error; without a listener it would end the process.
      received.on('error', () => undefined);
      resolve(received);
    });
    request.on('error', reject);
    request.end();
    try {
      return await promise;
    } catch (error) {
      throw toPlaceError(error, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  #redirected(from: URL, { location = '' }: IncomingHttpHeaders, redirectsLeft: number): URL {
    const to = URL.parse(location, from);
    if (to === null || to.origin !== this.base.origin || !to.pathname.startsWith(this.base.pathname))
      throw new PlaceError(`redirects elsewhere (${showOutsideName(location)}), not followed`);
    if (redirectsLeft === 0) throw new PlaceError(`redirects more than ${mostRedirects} times`);
    return to;
  }

  #refusal(status: number, headers: IncomingHttpHeaders): HttpRefusal {
    if (status === 403) return new HttpRefusal('may not be read (403)', status, headers);
    if (status !== 401) return new HttpRefusal(`answers ${status}`, status, headers);
    const login = this.#loginFrom === null ? 'none is configured' : `not that of ${this.#loginFrom}`;
    return new HttpRefusal(`a login is wanted (401), ${login}`, status, headers);
  }
}

/** The body as it comes, its errors as those of a place. */
export async function* readBody(answer: HttpAnswer, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* answer.body;
  } catch (error) {
    throw toPlaceError(error, signal);
  }
}

/** Longer each time, or as the server asks with Retry-After, but never long. */
export async function waitToAskAgain(error: PlaceError, attempt: number, signal: AbortSignal): Promise<void> {
  const askedMs = error instanceof HttpRefusal ? error.retryAfterMs : 0;
  const waitMs = Math.min(longestWaitMs, Math.max(firstWaitMs * 2 ** (attempt - 1), askedMs));
  await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** @param isPublicOnly shares no connection with those who may connect anywhere */
function agentFor({ origin, protocol }: URL, concurrency: number, isPublicOnly: boolean): http.Agent {
  const key = `${origin} ${concurrency} ${isPublicOnly}`;
  const known = agents.get(key);
  if (known !== undefined) return known;
  const { Agent } = protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  agents.set(key, agent);
  return agent;
}

function readAuthorization(
  { url, authorization }: HttpPlace,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  if (authorization === undefined) return {};
  const { scheme, variable } = authorization;
  const value = variables[variable]?.trim() ?? '';
  const isUsable = scheme === 'bearer' ? /^[\x21-\x7e]+$/.test(value) : value.includes(':');
  if (!isUsable) {
    const found = value === '' ? 'is not set' : 'has another form (its value is not shown)';
    const wanted = scheme === 'bearer' ? 'a token' : 'user:password';
    throw new AvalancheError(
      'CONFIG_INVALID',
      `Cannot log in to log server "${url}": the environment variable "${variable}" ${found} (${wanted} wanted)`,
    );
  }
  const credentials =
    scheme === 'bearer' ? `Bearer ${value}` : `Basic ${Buffer.from(value).toString('base64')}`;
  return { authorization: credentials };
}

function away(state: string, cause?: unknown): PlaceError {
  return new PlaceError(state, { isAway: true, cause });
}

const plainStates: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection broken off',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  ETIMEDOUT: 'connection timed out',
};

function toPlaceError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof PlaceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return away(plainStates[code] ?? showOutsideName(message), error);
}
