import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPlayground } from '../../bot/playground/start-playground.ts';
import { have } from '../support/prerequisites.ts';
import { type AvalancheProcess, spawnAvalanche } from '../support/processes.ts';
import { startPostgres } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';

type Value = { stringValue?: string; intValue?: number };
type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Value }[];
  service: string;
  status: { code?: number; message?: string };
};

/** A collector: OTLP over HTTP, as JSON. */
async function startCollector() {
  const spans: Span[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    // biome-ignore lint/suspicious/noExplicitAny: of a shape that OTLP fixes
    const body = (await json(request)) as any;
    bodies.push(JSON.stringify(body));
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name');
      for (const { spans: sent } of scopeSpans)
        spans.push(...sent.map((span: Span) => ({ ...span, service: service?.value.stringValue })));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const config = `
environments:
  - name: prod
    logServers: [{ kind: disk, root: logs, template: $app/$pod/perf-record.tar.gz }]
applications: [{ name: checkout, repository: { url: "https://git.invalid/acme/shop.git" } }, { name: empty }]
`;
const planted = 'planted-secret-4711';
const soon = { timeout: 60_000, interval: 100 };

describe.skipIf(!have('postgres'))('a command over two processes', () => {
  const stops: (() => Promise<unknown>)[] = [];
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let playground: Awaited<ReturnType<typeof startPlayground>>;
  let processes: AvalancheProcess[];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'avalanche-traces-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'avalanche.yaml'), config);
    const text = await readFile(new URL('../data/own/java-checkout.perf.txt.gz', import.meta.url));
    await mkdir(join(folder, 'logs/checkout/checkout-1'), { recursive: true });
    const archive = gzipSync(await packTar([{ name: 'tmp/perf.txt.gz', content: text }]));
    await writeFile(join(folder, 'logs/checkout/checkout-1/perf-record.tar.gz'), archive);
    const postgres = await startPostgres();
    stops.unshift(() => postgres.stop());
    collector = await startCollector();
    stops.unshift(() => collector.stop());
    playground = await startPlayground();
    stops.unshift(() => playground.stop());
    const start = (room: string, environment: Record<string, string>) =>
      spawnAvalanche([room], {
        folder,
        environment: {
          AVALANCHE_DATABASE_URL: postgres.url,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${planted}`,
          OTEL_SERVICE_NAME: room,
          OTEL_BSP_SCHEDULE_DELAY: '200',
          LOG_SERVER_TOKEN: planted,
          ...environment,
        },
      });
    processes = [
      start('bot', {
        SLACK_BOT_TOKEN: playground.botToken,
        SLACK_APP_TOKEN: playground.appToken,
        SLACK_API_URL: playground.apiUrl,
      }),
      start('workers', {}),
    ];
    stops.unshift(() => Promise.all(processes.map((process) => process.kill('SIGTERM'))));
    await Promise.all(processes.map((process) => process.logged('Started')));
  }, 120_000);
  afterAll(async () => {
    for (const stop of stops) await stop();
  }, 60_000);

  const ask = async (text: string) => {
    const before = new Set(collector.spans.map(({ traceId }) => traceId));
    await playground.typeCommand({ channel: 'incidents', text });
    const newSpans = () => collector.spans.filter(({ traceId }) => !before.has(traceId));
    await expect.poll(() => newSpans().some(({ name }) => name === 'command'), soon).toBe(true);
    return newSpans;
  };
  const fact = ({ attributes }: Span, key: string) =>
    attributes.find((attribute) => attribute.key === `avalanche.${key}`)?.value.stringValue;

  test('is one trace, from Slack to the last message, named by its request', async () => {
    const spans = await ask('/avalanche snapshot checkout-prod');
    const names = () => new Set(spans().map(({ name }) => name));
    // Each process sends what it did in its own time.
    for (const name of [
      'job snapshot',
      'job capture',
      'job report',
      'deliver summary',
      'deliver suspects',
      'deliver heatmap',
      'slack chat.postMessage',
    ])
      await expect.poll(names, soon).toContain(name);
    const all = spans();
    expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(1);

    const [root, ...others] = all.filter(({ parentSpanId }) => !parentSpanId);
    expect([root?.name, others]).toEqual(['command', []]);
    const ids = new Set(all.map(({ spanId }) => spanId));
    for (const span of all.filter((span) => span !== root))
      expect(ids, span.name).toContain(span.parentSpanId);
    const requestId = fact(root as Span, 'request_id') ?? '';
    expect(root?.traceId).toBe(requestId.replaceAll('-', ''));
    expect(fact(root as Span, 'outcome')).toBe('started');

    const find = (name: string) => all.find((span) => span.name === name) as Span;
    expect(find('job capture').parentSpanId).toBe(root?.spanId);
    expect(fact(find('job capture'), 'pod')).toBe('checkout-1');
    expect([find('command').service, find('job capture').service]).toEqual(['bot', 'workers']);
    const post = find('slack chat.postMessage');
    expect(all.find(({ spanId }) => spanId === post.parentSpanId)?.name).toMatch(/^deliver /);
  }, 90_000);

  test('that fails says so by its code, and no secret is in any trace or log', async () => {
    const spans = await ask('/avalanche snapshot empty-prod');
    const failed = () => spans().find(({ name, status }) => name === 'job snapshot' && status.code === 2);
    await expect.poll(failed, soon).toBeDefined();
    expect(failed()?.status.message).toMatch(/^[A-Z_]+$/);
    const logs = processes.map((process) => JSON.stringify(process.log()));
    for (const said of [...collector.bodies, ...logs]) {
      for (const secret of [planted, playground.botToken, playground.appToken])
        expect(said).not.toContain(secret);
      expect(said).not.toMatch(/postgres:\/\/avalanche:[^*]/);
    }
  }, 90_000);

  test('every line about work says request, job and pod', () => {
    const lines = processes[1]?.log().filter(({ job }) => job !== undefined) ?? [];
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) {
      expect(line).toMatchObject({ requestId: expect.any(String), jobId: expect.any(String) });
      if (line.job === 'capture') expect(line).toMatchObject({ pod: 'checkout-1' });
    }
    expect(lines.map(({ job }) => job)).toContain('capture');
  });
});
