import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AvalancheError } from './errors.ts';

export type HttpServerOptions = {
  /** For messages: what is served, to stand after "Cannot serve". */
  what: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  mostConnections: number;
  /** For a whole request to come in, and for its headers. */
  requestMs: number;
  headersMs: number;
};

/**
 * Opens a server of pages, bounded in connections and time.
 *
 * @throws AvalancheError CONFIG_INVALID when the port cannot be opened
 */
export async function openHttpServer(
  { what, host, port, mostConnections, requestMs, headersMs }: HttpServerOptions,
  listener: RequestListener,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer({ maxHeaderSize: 16_384 }, listener);
  server.maxConnections = mostConnections;
  server.requestTimeout = requestMs;
  server.headersTimeout = headersMs;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AvalancheError(
      'CONFIG_INVALID',
      `Cannot serve ${what} at "${host}:${port}": ${reason}`,
      {},
      cause,
    );
  }
  const { address, port: opened, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${opened}`,
    async close() {
      server.close();
      // Browsers and scrapers keep their connections.
      server.closeAllConnections();
    },
  };
}
