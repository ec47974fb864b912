import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import type { Logger } from 'pino';
import { type AvalancheError, toAvalancheError } from '../../storage/errors.ts';
import { openHttpServer } from '../../storage/open-http-server.ts';
import type { Exploration } from '../../workers/exploration.ts';
import { type Asset, readPageAssets } from './page-assets.ts';
import { readQuestion } from './read-question.ts';
import { securityHeaders } from './security-headers.ts';
import { findSpeedscopeFile, speedscopePolicy } from './speedscope-files.ts';
import type { Subject, SubjectAnswer } from './subject.ts';

export type ExplorerServerOptions = {
  host: string;
  /** 0 takes a free one. */
  port: number;
  exploration: Exploration;
  /** What a token opens; null when it opens nothing, whatever the reason. */
  openSubject(token: string): Promise<Subject | null>;
  log: Logger;
};

/** A page and what it asks for is some sixty requests over six connections. */
const mostConnections = 500;
const requestMs = 90_000;
const headersMs = 10_000;
/** A selection of fifty threads with long names. */
const longestAddress = 8_192;
/** Of one link, at the same time: a page asks for five things at once. */
const mostAtOnce = 12;

type Reply = {
  status: number;
  body: Uint8Array;
  contentType: string;
  isGzip: boolean;
  headers?: Record<string, string>;
};

/**
 * Serves the explorer. Every path but those of its own scripts begins with the token of a link; a token that
 * opens nothing, for whatever reason, looks like a path that is not there.
 *
 *     /s/TOKEN/             the page
 *     /s/TOKEN/api/tree?…   answers for it, and downloads
 *     /s/TOKEN/speedscope/  another page, of the package speedscope
 *     /s/assets/…           scripts and styles, the same for all
 *
 * @throws AvalancheError CONFIG_INVALID when the port cannot be opened
 */
export async function openExplorerServer(
  options: ExplorerServerOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port, log } = options;
  const explorer = new Explorer(options);
  const limits = { mostConnections, requestMs, headersMs };
  return await openHttpServer({ what: 'the explorer', host, port, ...limits }, (request, response) => {
    explorer.reply(request).then(
      (reply) => send(request, response, reply),
      (error: unknown) => {
        log.error({ err: error }, 'Explorer could not answer');
        send(request, response, failure(500, toAvalancheError(error)));
      },
    );
  });
}

class Explorer {
  readonly #options: ExplorerServerOptions;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #html: Uint8Array;
  /** Questions under way by token. */
  readonly #underWay = new Map<string, number>();

  constructor(options: ExplorerServerOptions) {
    this.#options = options;
    const { assets, html } = readPageAssets();
    this.#assets = assets;
    this.#html = gzipSync(html);
  }

  async reply({ method, url = '', headers }: IncomingMessage): Promise<Reply> {
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Only GET is answered');
    if (url.length > longestAddress) return plain(414, 'The address is too long');
    const address = URL.parse(url, 'http://explorer');
    if (address === null) return notFound();
    const { pathname, searchParams } = address;
    const [, first, token = '', ...rest] = pathname.split('/');
    if (first !== 's') return notFound();
    if (token === 'assets') return this.#replyAsset(rest.join('/'), headers['if-none-match']);
    const subject = await this.#options.openSubject(token);
    if (subject === null) return notFound();
    const path = rest.join('/');
    if (path === '') return this.#replyPage(subject, pathname);
    if (path === 'api/subject') return json(describe(subject));
    if (rest[0] === 'speedscope' && rest.length === 2) return replySpeedscope(rest[1]!);
    if (rest[0] !== 'api' || rest.length !== 2) return notFound();
    return await this.#replyAnswer(subject, { token, ask: rest[1]!, query: searchParams });
  }

  #replyAsset(path: string, known: string | undefined): Reply {
    const asset = this.#assets.get(path);
    if (asset === undefined) return notFound();
    const headers = { etag: asset.etag, 'cache-control': 'no-cache' };
    if (known === asset.etag) return { status: 304, ...empty, headers };
    return { status: 200, body: asset.body, contentType: asset.contentType, isGzip: true, headers };
  }

  #replyPage({ recording }: Subject, pathname: string): Reply {
    // The page's own addresses are relative to its folder.
    if (!pathname.endsWith('/'))
      return { status: 308, ...empty, headers: { location: `${pathname.split('/').at(-1)}/` } };
    // Read while the browser fetches the scripts. What goes wrong is said when the page asks.
    void this.#options.exploration.answer(recording, { ask: 'facts' }).catch(() => {});
    return { status: 200, body: this.#html, contentType: 'text/html; charset=utf-8', isGzip: true };
  }

  async #replyAnswer(
    subject: Subject,
    { token, ask, query }: { token: string; ask: string; query: URLSearchParams },
  ): Promise<Reply> {
    const question = readQuestion(ask, query);
    if (question === null) return plain(400, 'This cannot be asked');
    const underWay = this.#underWay.get(token) ?? 0;
    if (underWay >= mostAtOnce) return busy('Too many questions at once');
    this.#underWay.set(token, underWay + 1);
    try {
      const answer = await this.#options.exploration.answer(subject.recording, question);
      const name = question.ask === 'download' ? `${subject.fileName}${extensions[question.format]}` : null;
      const headers: Record<string, string> =
        name === null ? {} : { 'content-disposition': `attachment; filename="${name}"` };
      return { status: 200, ...answer, headers };
    } catch (thrown) {
      return this.#explain(toAvalancheError(thrown));
    } finally {
      const left = this.#underWay.get(token)! - 1;
      if (left === 0) this.#underWay.delete(token);
      else this.#underWay.set(token, left);
    }
  }

  #explain(error: AvalancheError): Reply {
    if (error.code === 'INTERNAL') this.#options.log.error({ err: error }, 'Explorer could not answer');
    if (error.code === 'EXPLORER_BUSY') return busy(error.message);
    return failure(error.code === 'INTERNAL' ? 500 : 422, error);
  }
}

function replySpeedscope(name: string): Reply {
  const file = findSpeedscopeFile(name);
  if (file === undefined) return notFound();
  return { status: 200, ...file, isGzip: true, headers: { 'content-security-policy': speedscopePolicy } };
}

const extensions = {
  pprof: '.pb.gz',
  speedscope: '.speedscope.json',
  folded: '.folded',
  'perf-script': '.perf',
};

function describe({ title, verdict, suspects, bursts, recording }: Subject): SubjectAnswer {
  return { title, verdict, suspects, bursts, hasBaseline: recording.baseline !== null };
}

const empty = { body: new Uint8Array(0), contentType: 'text/plain; charset=utf-8', isGzip: false };

function plain(status: number, line: string): Reply {
  return { status, ...empty, body: Buffer.from(`${line}\n`) };
}

function notFound(): Reply {
  return plain(404, 'There is nothing at this address: the link is wrong, has expired or was revoked');
}

function busy(line: string): Reply {
  return { ...plain(503, line), headers: { 'retry-after': '1' } };
}

function json(value: unknown, status = 200): Reply {
  return {
    status,
    body: gzipSync(JSON.stringify(value)),
    contentType: 'application/json; charset=utf-8',
    isGzip: true,
  };
}

function failure(status: number, { message, advice, code }: AvalancheError): Reply {
  return json(
    { error: { code, message: code === 'INTERNAL' ? 'Cannot answer: the log says why' : message, advice } },
    status,
  );
}

/** Whoever takes no gzip, which no browser says, gets it unpacked on the way. */
function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, body, contentType, isGzip, headers = {} } = reply;
  const isPacked = isGzip && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  response.writeHead(status, {
    ...securityHeaders,
    'cache-control': 'no-store',
    'content-type': contentType,
    vary: 'accept-encoding',
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    ...(isPacked || !isGzip ? { 'content-length': String(body.byteLength) } : {}),
    ...headers,
  });
  if (request.method === 'HEAD') response.end();
  else if (isPacked || !isGzip) response.end(body);
  // The reader went away: nobody is left to be told.
  else pipeline(Readable.from([body]), createGunzip(), response).catch(() => {});
}
