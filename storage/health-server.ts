import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { measureProcess, measureQueue, registry } from './metrics.ts';
import { openHttpServer } from './open-http-server.ts';
import type { JobQueue } from './queue.ts';
import type { Readiness } from './readiness.ts';

type HealthOptions = {
  host: string;
  /** 0 takes a free one. */
  port: number;
  readiness: Readiness;
  queue: JobQueue;
  /** Whose depth and age are told. */
  jobs: readonly string[];
  log: Logger;
};

type Page = { status: number; type: string; body: string };

/** Probes and scrapers are few; whoever opens more connections is neither. */
const mostConnections = 50;
const requestMs = 10_000;

/**
 * Serves `/livez` (the process runs), `/readyz` (it can do its work; what is missing stands in the answer) and
 * `/metrics` (for Prometheus). Read only, without secrets, but not meant for the world: see `AVALANCHE_HEALTH_HOST`.
 *
 * @throws AvalancheError CONFIG_INVALID when the port cannot be opened
 */
export async function openHealthServer(
  options: HealthOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port, log } = options;
  measureProcess();
  const limits = { mostConnections, requestMs, headersMs: requestMs };
  return await openHttpServer({ what: 'health pages', host, port, ...limits }, (request, response) => {
    answer(request, options).then(
      (page) => send(response, page),
      (error: unknown) => {
        log.warn({ err: error }, 'Health page could not be made');
        send(response, plain(500, 'The page could not be made; the log says why'));
      },
    );
  });
}

async function answer({ method, url }: IncomingMessage, options: HealthOptions): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Only GET is answered');
  switch (url?.split('?', 1)[0]) {
    case '/livez':
      return json(200, { alive: true });
    case '/readyz': {
      const report = await options.readiness.read();
      return json(report.ready ? 200 : 503, report);
    }
    case '/metrics':
      return await metricsPage(options);
    default:
      return plain(404, 'There are /livez, /readyz and /metrics');
  }
}

/** A queue that does not answer takes its own figures away, not the others. */
async function metricsPage({ queue, jobs, log }: HealthOptions): Promise<Page> {
  await measureQueue(queue, jobs, Date.now()).catch((error: unknown) =>
    log.warn({ err: error }, 'Queue could not be measured'),
  );
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}

function json(status: number, value: unknown): Page {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value, null, 2)}\n` };
}

function plain(status: number, line: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function send(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
