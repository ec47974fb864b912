import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';

export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A body that is larger than the reader allows. */
export class BodyTooLarge extends Error {}

export async function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) throw new BodyTooLarge(`Cannot read the body: more than ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  send(response, JSON.stringify(body), 'application/json; charset=utf-8', status, headers);
}

export function send(
  response: ServerResponse,
  body: string | Uint8Array,
  contentType: string,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}

/**
 * The playground runs on laptops, beside a browser full of other people's pages. A page elsewhere reaches
 * 127.0.0.1 in two ways: with its own name pointed here (DNS rebinding: then the Host header is a name), or
 * with a request across origins (then the browser says so in Origin or Sec-Fetch-Site).
 *
 * @returns why the request is refused; undefined when it is not
 */
export function findForeignOrigin({ method, headers }: IncomingMessage): string | undefined {
  const host = headers.host ?? '';
  if (!isLocalHost(host)) return `Host "${host}" is not an address of this machine`;
  const { origin } = headers;
  const changesSomething = method !== 'GET' && method !== 'HEAD';
  const isUpgrade = headers.upgrade !== undefined;
  if (origin !== undefined && (changesSomething || isUpgrade) && !isSameOrigin(origin, host)) {
    return `Origin "${origin}" is another site`;
  }
  if (changesSomething && headers['sec-fetch-site'] === 'cross-site')
    return 'the request comes from another site';
  return undefined;
}

/** `localhost` or a bare address, with or without a port: neither can be pointed here by somebody else's DNS. */
function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}

function isSameOrigin(origin: string, host: string): boolean {
  return (
    URL.canParse(origin) && /^(http|ws):$/.test(new URL(origin).protocol) && new URL(origin).host === host
  );
}
