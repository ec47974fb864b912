import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { startBot } from '../../bot/bot.ts';
import { startExplorer } from '../../bot/explorer/start-explorer.ts';
import type { Message } from '../../bot/playground/model.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import { toAvalancheError } from '../../storage/errors.ts';
import { openEngines } from '../../storage/open-engines.ts';
import { openLog } from '../../storage/open-log.ts';
import { readConfig } from '../../storage/read-config.ts';
import { openExploration } from '../../workers/explore/open-exploration.ts';
import { startWorkers } from '../../workers/start-workers.ts';
import { codeHostPrefix, createCodeHost } from './code-host.ts';
import { startShop } from './run-shop.ts';
import { buildShopHistory } from './shop-history.ts';
import { linesOf, ThreadPrinter } from './thread-printer.ts';

const help = `usage: npm run demo -- [--once] [--port 4400] [--engine auto|perf|v8]

Everything on this machine, nothing outside it: a small shop is recorded all the time, gets a deploy that makes
it slow, and somebody asks for a snapshot in a local Slack.

  --once      exit when the thread is complete: 0 when it is right, 1 with the reason when it is not
  --port      of the page, 4400 by default; 0 takes any free one
  --engine    how the shop is recorded: perf where it is there and permitted, else V8's own profiler`;

/** Long enough for a few hundred samples at 99 Hz, short enough for somebody who tries it. */
const healthyMs = 5_000;
const slowMs = 9_000;
/** An archive this old is of a pod that is gone: the recorder publishes every two seconds. */
const archiveAgeMs = 8_000;
const answerLimitMs = 60_000;
/** Messages come a second apart: after this nothing more is on its way. */
const quietMs = 1_800;
const incident = { channel: 'incidents', user: 'maya' };
/** Somebody takes a snapshot on a quiet day: what the incident is then compared with. */
const quietDay = { channel: 'general', user: 'jonas' };
const command = '/avalanche snapshot shop-demo';

type Options = { once: boolean; port: number; engine: 'auto' | 'perf' | 'v8' };

const say = (line = '') => process.stdout.write(`${line}\n`);

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      port: { type: 'string' },
      engine: { type: 'string', default: 'auto' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    say(help);
    process.exit(0);
  }
  const engine = values.engine as Options['engine'];
  if (!['auto', 'perf', 'v8'].includes(engine))
    throw new Error(`--engine "${engine}" is none of auto, perf, v8`);
  const port = Number(values.port ?? (values.once ? 0 : 4400));
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port "${values.port}" is no port`);
  return { once: values.once, engine, port };
}

async function main(): Promise<number> {
  const options = readOptions();
  const cleanup = new AsyncDisposableStack();
  try {
    return await runDemo(options, cleanup);
  } finally {
    await cleanup.disposeAsync();
  }
}

async function runDemo(options: Options, cleanup: AsyncDisposableStack): Promise<number> {
  const home = resolve(fileURLToPath(new URL('../../.avalanche', import.meta.url)));
  const folder = join(home, 'demo');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const repository = join(folder, 'shop.git-work');
  const history = await buildShopHistory(repository, Date.now());
  const logDirectory = join(folder, 'logs');
  const shop = (revision: string, podName: string) =>
    startShop({
      repository,
      revision,
      // A deploy puts the new revision where the old one was, as an image does.
      checkoutFolder: join(folder, 'app'),
      logDirectory,
      podName,
      engine: options.engine,
      port: 0,
    });

  say('Starting the shop, as it was before the deploy, with its recorder …');
  const healthy = await shop(history.healthyRevision, 'shop-6b8f9d7c54-m4k2p');
  cleanup.defer(() => healthy.stop());
  const healthyUntil = Date.now() + healthyMs;

  const playground = await startPlayground({
    port: options.port,
    routes: { [codeHostPrefix]: createCodeHost(repository) },
  });
  cleanup.defer(() => playground.stop());
  await startAvalanche({ home, folder, logDirectory, repository, playground, cleanup });
  say(`A local Slack is open at ${playground.url}`);
  await wait(Math.max(0, healthyUntil - Date.now()));
  await ask(playground, quietDay);

  say('Deploying the next revision of the shop …');
  await healthy.stop();
  const deployed = await shop(history.deployedRevision, 'shop-5d9c7b6f4-x2x8q');
  cleanup.defer(() => deployed.stop());
  say(`… and letting it run for ${slowMs / 1000} seconds. Customers say it has become slow.`);
  await wait(slowMs);

  const answer = await ask(playground, incident);
  const problem = answer === null ? 'no thread was begun' : await findProblem(playground, answer, history);
  if (problem !== null) {
    say(`The thread is not right: ${problem}`);
    if (options.once) return 1;
  }
  if (answer !== null) await showPicture(playground, answer, folder);
  if (options.once) {
    if (problem === null) say('The thread is complete, and the planted function is the first suspect.');
    return problem === null ? 0 : 1;
  }
  say(`Read on, and type more, at ${playground.url}  (Ctrl-C ends the demo)`);
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
  return 0;
}

/** Bot and workers in one process, on the embedded engine, told of the shop by a configuration file alone. */
async function startAvalanche({
  home,
  folder,
  logDirectory,
  repository,
  playground,
  cleanup,
}: {
  home: string;
  folder: string;
  logDirectory: string;
  repository: string;
  playground: Playground;
  cleanup: AsyncDisposableStack;
}): Promise<void> {
  const file = join(folder, 'avalanche.yaml');
  const explorerPort = await findFreePort();
  const link = { kind: 'template', web: `${playground.url}${codeHostPrefix}{revision}/{path}#L{line}` };
  await writeFile(
    file,
    stringify({
      environments: [
        {
          name: 'demo',
          logServers: [
            {
              kind: 'disk',
              root: logDirectory,
              template: '$app/$pod/perf-record.tar.gz',
              maximumAgeMs: archiveAgeMs,
            },
          ],
        },
      ],
      explorer: { url: `http://127.0.0.1:${explorerPort}` },
      applications: [
        { name: 'shop', repository: { url: repository, containerRoot: join(folder, 'app'), link } },
      ],
    }),
  );
  const config = readConfig({
    file,
    directory: folder,
    environment: {
      AVALANCHE_DATA: home,
      AVALANCHE_EXPLORER_PORT: String(explorerPort),
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: playground.apiUrl,
    },
  });
  const log = openLog(process.env, pino.destination(join(folder, 'avalanche.log')));
  const engines = await openEngines(config, (error) =>
    log.warn({ err: error }, 'Queue connection in trouble'),
  );
  cleanup.defer(() => engines.close());
  await startWorkers({ config, ...engines, log, now: Date.now });
  const explorer = await startExplorer({ config, ...engines, log, openExploration });
  cleanup.defer(() => explorer.close());
  const bot = await startBot({ config, engines, log, explorerLink: explorer.link });
  cleanup.defer(() => bot.stop());
}

/** Links bear the port, so it has to be known before the page is served. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

type Asked = { channel: string; user: string };

/** Types the command and prints the thread as it grows, until the summary says that nothing more comes. */
async function ask(playground: Playground, asked: Asked): Promise<string | null> {
  say();
  say(`#${asked.channel}  ${asked.user}: ${command}`);
  const printer = new ThreadPrinter(playground, asked.channel, say);
  try {
    return await followThread(playground, asked, printer);
  } finally {
    printer.stop();
  }
}

async function followThread(
  playground: Playground,
  asked: Asked,
  printer: ThreadPrinter,
): Promise<string | null> {
  const startedAt = Date.now();
  const outcome = await playground.typeCommand({ ...asked, text: command });
  if (outcome.state === 'failed') {
    say(`Slack says: ${outcome.error}`);
    return null;
  }
  while (Date.now() - startedAt < answerLimitMs) {
    const parent = findParent(playground, asked.channel);
    const isQuiet = Date.now() - printer.changedAt > quietMs;
    if (parent !== undefined && isQuiet && isComplete(playground, parent)) {
      say(`  complete after ${((printer.changedAt - startedAt) / 1000).toFixed(1)} s`);
      if (asked === incident) printer.printWhole(parent.ts);
      return parent.ts;
    }
    await wait(50);
  }
  say(`  no complete thread after ${answerLimitMs / 1000} s`);
  return findParent(playground, asked.channel)?.ts ?? null;
}

function findParent(playground: Playground, channel: string): Message | undefined {
  return playground
    .messages(channel)
    .findLast((message) => message.user === playground.bot.userId && message.visibleTo === null);
}

/** The summary tells a stage until it tells a verdict, or that it failed; pictures and suspects stand below a verdict. */
function isComplete(playground: Playground, { channel, ts }: Message): boolean {
  const [summary, ...replies] = playground.thread(channel, ts);
  const [headline = ''] = summary === undefined ? [] : linesOf(summary, playground);
  if (/^Snapshot of \S+ failed/.test(headline)) return true;
  const pictures = replies.filter(({ fileIds }) => fileIds.length > 0);
  const hasSuspects = replies.some((reply) => linesOf(reply, playground)[0]?.startsWith('Suspects in '));
  return !headline.startsWith('Snapshot of ') && hasSuspects && pictures.length > 0;
}

/** What is wrong with the thread; null when picture and first suspect are as they must be. */
async function findProblem(
  playground: Playground,
  ts: string,
  { plantedFunction, plantedFile }: { plantedFunction: string; plantedFile: string },
): Promise<string | null> {
  const [summary, ...replies] = playground.thread(incident.channel, ts);
  const picture = replies.flatMap((reply) => reply.fileIds).map((id) => playground.file(id))[0];
  if (picture === undefined) return 'there is no flame graph in it';
  const text = summary === undefined ? '' : linesOf(summary, playground).join('\n');
  if (!text.includes(plantedFunction)) return `the summary does not name ${plantedFunction}:\n${text}`;
  const suspects = replies
    .map((reply) => linesOf(reply, playground).join('\n'))
    .find((reply) => reply.includes(plantedFunction) && reply.includes(plantedFile));
  return suspects === undefined ? `no message names ${plantedFunction} in ${plantedFile}` : null;
}

async function showPicture(playground: Playground, ts: string, folder: string): Promise<void> {
  const id = playground.thread(incident.channel, ts).flatMap((message) => message.fileIds)[0];
  const file = id === undefined ? undefined : playground.file(id);
  if (file === undefined) return;
  const path = join(folder, 'flame-graph.png');
  await writeFile(path, file.bytes);
  say(`The picture: ${relative(process.cwd(), path)}`);
  say(`The log:     ${relative(process.cwd(), join(folder, 'avalanche.log'))}`);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const error = toAvalancheError(thrown);
  process.stderr.write(`demo: ${error.message}\n  ${error.advice}\n`);
  if (error.code === 'INTERNAL') process.stderr.write(`${(thrown as Error).stack}\n`);
  process.exitCode = 1;
}
