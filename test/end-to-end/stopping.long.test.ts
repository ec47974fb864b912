import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { readConfig } from '../../storage/read-config.ts';
import { have } from '../support/prerequisites.ts';
import { type AvalancheProcess, spawnAvalanche } from '../support/processes.ts';
import { startMariadb, startRedis } from '../support/servers.ts';

/** What a supervisor grants as a rule is 30 s. */
const longestStopMs = 20_000;
const soon = { timeout: 60_000, interval: 100 };

describe.skipIf(!have('mariadbd') || !have('redis-server'))('a process that is told to stop', () => {
  let folder: string;
  let environment: Record<string, string>;
  let playground: Playground;
  let engines: Engines;
  const running: AvalancheProcess[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-stopping-'));
    const [mariadb, redis] = await Promise.all([startMariadb(), startRedis()]);
    playground = await startPlayground();
    const logServer = {
      kind: 'disk',
      root: join(folder, 'logs'),
      template: '$app/$pod/perf-record.tar.gz',
    };
    const configuration = {
      environments: [{ name: 'prod', logServers: [logServer] }],
      applications: [{ name: 'shop' }],
    };
    await writeFile(join(folder, 'avalanche.yaml'), stringify(configuration));
    await mkdir(join(folder, 'logs/shop/shop-1'), { recursive: true });
    const archive = await readFile(new URL('../data/own/perf-record.tar.gz', import.meta.url));
    await writeFile(join(folder, 'logs/shop/shop-1/perf-record.tar.gz'), archive);
    environment = {
      AVALANCHE_DATABASE_URL: mariadb.url,
      AVALANCHE_QUEUE_URL: redis.url,
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: playground.apiUrl,
    };
    engines = await openEngines(readConfig({ directory: folder, environment }));
    stops.push(
      () => engines.close(),
      () => playground.stop(),
      () => Promise.all([mariadb.stop(), redis.stop()]),
    );
  }, 90_000);

  afterEach(async () => {
    for (const process of running.splice(0)) await process.kill('SIGKILL');
    for (const stop of stops.splice(0)) await stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(room: 'bot' | 'workers', variables: Record<string, string> = {}) {
    const process = spawnAvalanche([room], { folder, environment: { ...environment, ...variables } });
    running.push(process);
    await process.logged('Started');
    return process;
  }

  async function stop(process: AvalancheProcess) {
    const startedAt = performance.now();
    const code = await process.kill('SIGTERM');
    return { code, tookMs: performance.now() - startedAt };
  }

  /** A `perf` that never comes to an end, for one process. */
  async function hungPerf(): Promise<{ PATH: string; pidFile: string }> {
    const programs = join(folder, 'programs');
    const pidFile = join(folder, 'perf.pid');
    await mkdir(programs);
    await writeFile(join(programs, 'perf'), `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 300\n`, {
      mode: 0o755,
    });
    return { PATH: `${programs}:${process.env.PATH}`, pidFile };
  }

  test('hands its running job back in time, and another takes it at once', async () => {
    const { PATH, pidFile } = await hungPerf();
    const [bot, first] = await Promise.all([start('bot'), start('workers', { PATH })]);
    await playground.typeCommand({ channel: 'incidents', text: '/avalanche snapshot shop-prod' });
    const perf = () => readFile(pidFile, 'utf8').then(Number, () => 0);
    await expect.poll(perf, soon).toBeGreaterThan(0);
    const pid = await perf();

    const { code, tookMs } = await stop(first);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(longestStopMs);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(first.log().map(({ msg }) => msg)).toContain('Job handed back: the process ends');
    expect(await engines.queue.state(['capture'])).toMatchObject({ capture: { waiting: 1, active: 0 } });
    await expect(readFile(join(folder, '.avalanche/work/captures'))).rejects.toThrow();

    await start('workers');
    const request = async () => (await engines.store.listRequests({ limit: 1 }))[0];
    await expect.poll(async () => (await request())?.state, soon).toBe('done');
    await expect.poll(() => engines.store.listUndelivered(1), soon).toEqual([]);
    const { threadTs } = (await request()) ?? {};
    expect(playground.thread('incidents', threadTs ?? '')[0]?.text).toContain('shop-prod');

    expect(await stop(bot)).toMatchObject({ code: 0 });
  }, 180_000);

  test('answers the commands that it has taken, and leaves its threads to the next bot', async () => {
    const bot = await start('bot');
    await playground.inject({ kind: 'slow', method: 'chat.postMessage', delayMs: 2_000 });
    await start('workers');
    const typed = playground.typeCommand({ channel: 'incidents', text: '/avalanche snapshot shop-prod' });
    const { code, tookMs } = await stop(bot);
    expect(await typed).toMatchObject({ state: 'acknowledged' });
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(longestStopMs);

    const [request] = await engines.store.listRequests({ limit: 1 });
    await expect.poll(async () => (await engines.store.findRequest(request!.id))?.state, soon).toBe('done');
    await start('bot');
    await expect.poll(() => engines.store.listUndelivered(1), soon).toEqual([]);
    const { threadTs } = (await engines.store.findRequest(request!.id)) ?? {};
    const parents = playground.messages('incidents').filter(({ visibleTo }) => visibleTo === null);
    expect(parents.map(({ ts }) => ts)).toEqual([threadTs]);
    expect(playground.thread('incidents', threadTs ?? '')).toHaveLength(
      (await engines.store.listMessages(request!.id)).length,
    );
  }, 180_000);
});
