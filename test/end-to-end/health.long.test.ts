import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPlayground } from '../../bot/playground/start-playground.ts';
import { have } from '../support/prerequisites.ts';
import { type AvalancheProcess, spawnAvalanche } from '../support/processes.ts';
import { startRedis } from '../support/servers.ts';

const config = `
environments:
  - name: prod
    logServers: [{ kind: disk, root: logs, template: $app/$pod/perf-record.tar.gz }]
applications: [{ name: shop }]
`;

let folder: string;
let running: AvalancheProcess | undefined;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-health-'));
  await writeFile(join(folder, 'avalanche.yaml'), config);
});

afterEach(async () => {
  await running?.kill('SIGKILL');
  for (const stop of stops.splice(0)) await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(words: string[], environment: Record<string, string>) {
  const process = spawnAvalanche(words, {
    folder,
    environment: { AVALANCHE_HEALTH_PORT: '0', ...environment },
  });
  running = process;
  const { url } = await process.logged('Health pages are served');
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };
  const readiness = async () => {
    const { status, text } = await get('/readyz');
    return { status, ...JSON.parse(text) } as { status: number; missing: { what: string; why: string }[] };
  };
  return { process, url: String(url), get, readiness };
}

const soon = { timeout: 30_000, interval: 100 };

describe('bot and workers in one process, seen from outside', () => {
  test('live, ready, counted; not ready without Slack; and gone after SIGTERM', async () => {
    const playground = await startPlayground();
    stops.push(() => playground.stop());
    const { process, url, get, readiness } = await start(['start'], {
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: playground.apiUrl,
    });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await get('/livez')).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
    await expect.poll(readiness, soon).toEqual({ status: 200, ready: true, missing: [] });

    await playground.typeCommand({ channel: 'incidents', text: '/avalanche status' });
    await playground.typeCommand({ channel: 'incidents', text: '/avalanche snapshot shop-prod' });
    await playground.typeCommand({ channel: 'incidents', text: '/avalanche sanpshot shop-prod' });
    const metrics = async () => (await get('/metrics')).text;
    await expect.poll(metrics, soon).toContain('avalanche_delivery_lag_seconds_count{kind="result"} 1');
    const page = await metrics();
    expect(page).toContain('avalanche_commands_total{command="status",outcome="answered"} 1');
    expect(page).toContain('avalanche_commands_total{command="snapshot",outcome="started"} 1');
    expect(page).toContain('avalanche_commands_total{command="not understood",outcome="failed"} 1');
    expect(page).toContain('avalanche_job_duration_seconds_count{stage="snapshot",outcome="failed"} 1');
    expect(page).toContain('avalanche_slack_calls_total{method="chat.postMessage",outcome="ok"} 1');
    expect(page).toContain('avalanche_slack_calls_total{method="auth.test",outcome="ok"} 1');
    expect(page).toContain('avalanche_queue_jobs{job="capture",state="waiting"} 0');
    expect(page).toContain('avalanche_queue_oldest_waiting_seconds{job="snapshot"} 0');
    expect(page).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(page).not.toMatch(/shop|xox|xapp/);
    expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 });
    expect(await get('/elsewhere')).toMatchObject({ status: 404 });

    await stops.pop()?.();
    await expect
      .poll(readiness, soon)
      .toEqual({ status: 503, ready: false, missing: [{ what: 'slack', why: 'no connection to Slack' }] });
    expect((await get('/livez')).status).toBe(200);
    expect(await process.kill('SIGTERM')).toBe(0);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  }, 90_000);
});

test('workers without a place for their files say so', async () => {
  const { readiness } = await start(['workers'], {});
  await expect.poll(readiness, soon).toEqual({ status: 200, ready: true, missing: [] });
  await rm(join(folder, '.avalanche', 'blobs'), { recursive: true });
  const { status, missing } = await readiness();
  expect({ status, what: missing.map(({ what }) => what) }).toEqual({ status: 503, what: ['blobs'] });
  expect(missing[0]?.why).toMatch(/Cannot write blobs ".*blobs": ENOENT/);
}, 90_000);

describe.skipIf(!have('redis-server'))('workers alone, seen from outside', () => {
  test('say which engine is missing, and stay alive', async () => {
    const redis = await startRedis();
    stops.push(() => redis.stop());
    const { get, readiness } = await start(['workers'], { AVALANCHE_QUEUE_URL: redis.url });
    await expect.poll(readiness, soon).toEqual({ status: 200, ready: true, missing: [] });
    expect((await get('/metrics')).text).toContain('avalanche_queue_jobs{job="capture",state="active"} 0');

    await stops.pop()?.();
    await expect.poll(async () => (await readiness()).status, soon).toBe(503);
    const { missing } = await readiness();
    expect(missing.map(({ what }) => what)).toEqual(['queue', 'workers']);
    expect(missing[0]?.why).toMatch(/Cannot read the state of the queue|no answer/);
    expect((await get('/livez')).status).toBe(200);
    const withoutQueue = (await get('/metrics')).text;
    expect(withoutQueue).toContain('process_cpu_seconds_total');
    expect(withoutQueue).not.toContain('avalanche_queue_jobs{');
  }, 90_000);
});
