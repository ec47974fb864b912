import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import type { Config } from '../../storage/config.ts';
import { readConfig } from '../../storage/read-config.ts';
import { type LastingServer, startMariadb, startRedis } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';
import { Supervised } from './supervised.ts';

export type Stage = {
  folder: string;
  config: Config;
  playground: Playground;
  mariadb: LastingServer;
  redis: LastingServer;
  bots: readonly Supervised[];
  workers: readonly Supervised[];
  stop(): Promise<void>;
};

type Size = { channels: number; people: number; apps: number; bots: number; workers: number };

/** Samples of each recording: enough for pictures and suspects, little enough for hundreds of snapshots. */
const samplesKept = 200;
const podsOf = (app: number) => 1 + (app % 2);

/** Real servers, a local Slack, log folder and configuration, and the bots and workers as processes of their own. */
export async function setStage(
  { channels, people, apps, bots, workers }: Size,
  { random, logFolder }: { random: () => number; logFolder: string },
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-faults-'));
  const names = (length: number, name: string) => Array.from({ length }, (_, row) => `${name}-${row}`);
  const [mariadb, redis, playground] = await Promise.all([
    startMariadb({ isLasting: true }),
    startRedis({ isLasting: true }),
    startPlayground({
      channels: names(channels, 'channel').map((name) => ({ name })),
      users: names(people, 'person').map((name, row) => ({ id: `U0PERSON${row}`, name, realName: name })),
      // An event that nobody acknowledged comes again sooner than Slack sends it, in the same way.
      timing: { retryMs: [0, 5_000, 20_000] },
      random,
    }),
  ]);
  await writeConfiguration(folder, apps);
  await publishRecordings(join(folder, 'logs'), apps);
  await mkdir(logFolder, { recursive: true });
  const environment = {
    AVALANCHE_DATABASE_URL: mariadb.url,
    AVALANCHE_QUEUE_URL: redis.url,
    SLACK_API_URL: playground.apiUrl,
  };
  const slackTokens = { SLACK_BOT_TOKEN: playground.botToken, SLACK_APP_TOKEN: playground.appToken };
  const supervise = (room: 'bot' | 'workers', count: number, variables: Record<string, string>) =>
    names(count, room).map((name) => {
      const logFile = join(logFolder, `${name}.log`);
      return new Supervised(room, { folder, environment: { ...environment, ...variables }, logFile });
    });
  const processes = {
    bots: supervise('bot', bots, slackTokens),
    workers: supervise('workers', workers, {}),
  };
  return {
    folder,
    config: readConfig({ directory: folder, environment }),
    playground,
    mariadb,
    redis,
    ...processes,
    async stop() {
      for (const one of [...processes.bots, ...processes.workers]) one.abandon();
      await Promise.all([playground.stop(), redis.stop(), mariadb.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeConfiguration(folder: string, apps: number): Promise<void> {
  const logServer = { kind: 'disk', root: join(folder, 'logs'), template: '$app/$pod/perf-record.tar.gz' };
  const configuration = {
    environments: [{ name: 'prod', logServers: [logServer] }],
    applications: Array.from({ length: apps }, (_, app) => ({ name: `app-${app}` })),
  };
  await writeFile(join(folder, 'avalanche.yaml'), stringify(configuration));
}

async function publishRecordings(logs: string, apps: number): Promise<void> {
  const whole = gunzipSync(
    await readFile(new URL('../data/own/java-checkout.perf.txt.gz', import.meta.url)),
  ).toString();
  const samples = whole.split('\n\n').slice(0, samplesKept).join('\n\n');
  const archive = gzipSync(await packTar([{ name: 'tmp/perf.txt.gz', content: gzipSync(`${samples}\n\n`) }]));
  for (let app = 0; app < apps; app += 1) {
    for (let pod = 0; pod < podsOf(app); pod += 1) {
      const place = join(logs, `app-${app}`, `app-${app}-pod-${pod}`);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, 'perf-record.tar.gz'), archive);
    }
  }
}
