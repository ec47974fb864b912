import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { startBot } from '../../bot/bot.ts';
import type { Message } from '../../bot/playground/model.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import { linesOf } from '../../deploy/demo/thread-printer.ts';
import type { Config } from '../../storage/config.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { readConfig } from '../../storage/read-config.ts';
import { startWorkers } from '../../workers/start-workers.ts';

/** What a command came to, as somebody in Slack sees it. */
type Answer = {
  /** The first message that everybody sees, and what stands below it, as plain lines. */
  summary: string;
  replies: string[];
  thread: Message[];
  /** "Only visible to you". */
  private: string;
};

export type RunningAvalanche = {
  folder: string;
  config: Config;
  engines: Engines;
  playground: Playground;
  /** Puts an archive where the log server has it: `prod/APP/POD/perf-record.tar.gz`. */
  publish(app: string, pod: string, archive: Uint8Array): Promise<void>;
  ask(text: string, limitMs?: number): Promise<Answer>;
  stop(): Promise<void>;
};

const channel = 'incidents';
const answerLimitMs = 30_000;

/** Real bot over real Socket Mode, real workers, real engines: the playground is only the other end of the wire. */
export async function startAvalanche({
  applications,
  environment = {},
  serveLogs,
  clusters = [],
  downloads = [],
}: {
  applications: { name: string; environments?: string[] }[];
  /** AVALANCHE_DATABASE_URL and the like; embedded without. */
  environment?: Record<string, string>;
  /** Serves the folder of logs, and says how it is reached: keys of a log server. Without, it is read as a disk. */
  serveLogs?: (logs: string) => Promise<Record<string, string>>;
  /** Of the environment `demo`, which has no log server; there is none without. */
  clusters?: object[];
  /** Of the environments that have a log server. */
  downloads?: object[];
}): Promise<RunningAvalanche> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-e2e-'));
  const logs = join(folder, 'logs');
  await mkdir(logs);
  const place = (await serveLogs?.(logs)) ?? { kind: 'disk', root: logs };
  const logServer = { ...place, template: '$env/$app/$pod/perf-record.tar.gz' };
  const environments = ['prod', 'shop-prod'].map((name) => ({ name, logServers: [logServer], downloads }));
  const demo = clusters.length === 0 ? [] : [{ name: 'demo', clusters }];
  await writeFile(
    join(folder, 'avalanche.yaml'),
    stringify({ environments: [...environments, ...demo], applications }),
  );
  const playground = await startPlayground();
  const config = readConfig({
    directory: folder,
    environment: {
      ...environment,
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: playground.apiUrl,
    },
  });
  const log = pino({ level: 'silent' });
  const engines = await openEngines(config);
  await startWorkers({ config, ...engines, log, now: Date.now });
  const bot = await startBot({ config, engines, log });
  return {
    folder,
    config,
    engines,
    playground,
    async publish(app, pod, archive) {
      const target = join(logs, 'prod', app, pod);
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'perf-record.tar.gz'), archive);
    },
    ask: (text, limitMs) => ask(playground, engines, text, limitMs),
    async stop() {
      await bot.stop();
      await engines.close();
      await playground.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Types a command and waits until its request has ended and nothing of it is still on its way to Slack. */
async function ask(
  playground: Playground,
  { store }: Engines,
  text: string,
  limitMs = answerLimitMs,
): Promise<Answer> {
  const before = new Set(playground.messages(channel).map((message) => message.ts));
  const [newest] = await store.listRequests({ limit: 1 });
  await playground.typeCommand({ channel, text });
  for (const endAt = Date.now() + limitMs; Date.now() < endAt; await wait(50)) {
    const [request] = await store.listRequests({ limit: 1 });
    const isOver =
      request?.id !== newest?.id && request?.state !== 'accepted' && request?.state !== 'running';
    if (!isOver || (await store.listUndelivered(1)).length > 0) continue;
    // Slack shares an uploaded file a moment after it has accepted it.
    if (playground.files().some(({ shares }) => shares.length === 0)) continue;
    return readAnswer(playground, before);
  }
  throw new Error(`Cannot wait longer for the answer to "${text}"`);
}

function readAnswer(playground: Playground, before: ReadonlySet<string>): Answer {
  const news = playground.messages(channel).filter((message) => !before.has(message.ts));
  const asText = (message: Message) => linesOf(message, playground).join('\n');
  const parent = news.find(({ visibleTo, user }) => visibleTo === null && user === playground.bot.userId);
  const thread = parent === undefined ? [] : playground.thread(channel, parent.ts);
  const [summary = '', ...replies] = thread.map(asText);
  const whispers = news.filter(({ visibleTo }) => visibleTo !== null);
  return { summary, replies, thread, private: whispers.map(asText).join('\n') };
}
