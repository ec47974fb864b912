import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import { createCanvas } from 'canvas';
import { createEmulator, type Emulator } from 'emulate';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBot } from '../../bot/bot.ts';
import { startPlayground } from '../../bot/playground/start-playground.ts';
import { scopesOf, slackSurface } from '../../bot/slack/surface.ts';
import type { Config } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { enqueue, jobs, type Report } from '../../workers/jobs.ts';
import { botConfig } from '../bot/bot-config.ts';
import { eventually } from '../bot/eventually.ts';
import { postSigned } from '../bot/post-signed.ts';
import { readReply } from '../bot/read-reply.ts';
import { accepted, flameGraph, summary, suspects } from '../bot/reports.ts';
import { findFreePort } from '../support/servers.ts';

/**
 * The bot on a double of Slack that others wrote, so that ours is not the only judge of what it sends. That double takes
 * any block and sends no events: commands and presses are signed and posted as Slack does over HTTP.
 */

const signingSecret = 'not-a-real-secret';
const botToken = 'xoxb-emulated';
const personToken = 'xoxp-maya';
const picture = new Uint8Array(createCanvas(64, 32).toBuffer('image/png'));
const log = pino({ level: 'silent' });

type Reply = {
  ts: string;
  text: string;
  blocks?: unknown[];
  files?: { url_private: string; mimetype: string }[];
};

let folder: string;
let engines: Engines;
let emulator: Emulator;
let person: WebClient;
let bot: Awaited<ReturnType<typeof startBot>>;
let address: string;
let team: string;
let channel: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-emulate-'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  emulator = await createEmulator({
    service: 'slack',
    port,
    hostname: '127.0.0.1',
    baseUrl: url,
    seed: {
      slack: {
        users: [{ name: 'maya', real_name: 'Maya Chen' }],
        channels: [{ name: 'incidents' }],
        oauth_apps: [
          {
            client_id: '1.1',
            client_secret: 'not-a-real-secret',
            name: 'Avalanche',
            redirect_uris: [],
            scopes: scopesOf(slackSurface),
            bot_id: 'B0AVALANCHE',
            bot_user_id: 'U0AVALANCHE',
            bot_name: 'avalanche',
          },
        ],
        tokens: [
          {
            token: botToken,
            type: 'bot',
            user_id: 'U0AVALANCHE',
            bot_id: 'B0AVALANCHE',
            scopes: scopesOf(slackSurface),
          },
          { token: personToken, type: 'user', user: 'maya' },
        ],
        // A method whose scope the bot does not ask for is refused.
        strict_scopes: true,
      },
    },
  });
  person = new WebClient(personToken, { slackApiUrl: `${url}/api/`, retryConfig: { retries: 0 } });
  const { channels = [] } = await person.conversations.list();
  channel = channels.find(({ name }) => name === 'incidents')!.id!;
  team = (await person.auth.test()).team_id!;
  const config = botConfig(folder, { apiUrl: `${url}/api/`, botToken, appToken: '' });
  const httpPort = await findFreePort();
  const slack = { ...config.slack, mode: 'http' as const, appToken: null, signingSecret, port: httpPort };
  address = `http://127.0.0.1:${httpPort}/slack/events`;
  engines = await openWorking(config);
  bot = await startBot({ config: { ...config, slack }, engines, log });
}, 120_000);

afterAll(async () => {
  await bot?.stop();
  await engines?.close();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Engines with a worker that answers every snapshot with the same reports. */
async function openWorking(config: Config): Promise<Engines> {
  const opened = await openEngines(config);
  await opened.blobs.write(flameGraph.pictureKey, picture);
  await opened.queue.work('snapshot', { concurrency: 1 }, async ({ payload }) => {
    await answer(opened, jobs.snapshot.payload.parse(payload).requestId as RequestId);
  });
  return opened;
}

async function answer({ store, queue }: Engines, requestId: RequestId): Promise<void> {
  const write = async (key: string, kind: 'progress' | 'result', content: Report) => {
    await store.writeMessage({ requestId, key, kind, content });
    await enqueue(queue, 'deliver', `deliver-${requestId}`, { requestId });
  };
  await store.setRequestState(requestId, 'running');
  await write('summary', 'progress', accepted);
  await write('summary', 'result', summary);
  await write('flame-graph', 'result', flameGraph);
  await write('suspects', 'result', suspects);
  await store.setRequestState(requestId, 'done');
}

const command = (text: string, place = channel) =>
  postSigned(
    address,
    {
      command: '/avalanche',
      text,
      team_id: team,
      user_id: 'U0MAYA',
      channel_id: place,
      response_url: 'https://hooks.slack.com/commands/1',
      trigger_id: '1.1',
    },
    signingSecret,
  );

async function readThread(ts: string): Promise<Reply[]> {
  const { messages = [] } = await person.conversations.replies({ channel, ts });
  return messages as Reply[];
}

/** The thread that a command begins, once it holds as many messages. */
async function untilThread(count: number): Promise<Reply[]> {
  let thread: Reply[] = [];
  await expect
    .poll(
      async () => {
        const { messages = [] } = await person.conversations.history({ channel });
        const own = messages.filter(({ user }) => user === 'U0AVALANCHE');
        thread = own[0]?.ts === undefined ? [] : await readThread(own[0].ts);
        return thread.length;
      },
      { timeout: 20_000 },
    )
    .toBe(count);
  return thread;
}

const read = ({ blocks }: { blocks?: unknown[] }) => readReply({ blocks: blocks as never });

/** What the same reports look like in the playground. */
async function inPlayground(): Promise<string[][]> {
  const playground = await startPlayground();
  const config = botConfig(join(folder, 'playground'), playground);
  const own = await openWorking(config);
  const playing = await startBot({ config, engines: own, log });
  try {
    const place = 'C0INCIDENTS';
    await playground.typeCommand({ channel: place, text: '/avalanche snapshot shop-prod' });
    const parent = () => playground.messages(place).find(({ visibleTo }) => visibleTo === null);
    await eventually(parent, (found) => found !== undefined);
    const thread = await eventually(
      () => playground.thread(place, parent()!.ts),
      (messages) => messages.length === 3 && messages[0]!.text.includes('61 %'),
    );
    return thread.map((message) => read(message));
  } finally {
    await playing.stop();
    await own.close();
    await playground.stop();
  }
}

describe('on a Slack that others wrote', { timeout: 60_000 }, () => {
  test('a command is answered with the thread that the playground shows, and the picture byte for byte', async () => {
    expect((await command('snapshot shop-prod')).status).toBe(200);
    const thread = await untilThread(3);
    await expect.poll(async () => (await readThread(thread[0]!.ts))[0]!.text).toContain('61 %');
    const shown = await readThread(thread[0]!.ts);
    const [file] = shown.flatMap(({ files = [] }) => files);
    expect(file?.mimetype).toBe('image/png');
    const answer = await fetch(file!.url_private, { headers: { authorization: `Bearer ${botToken}` } });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(picture);
    expect(shown.map(read).toSorted()).toEqual((await inPlayground()).toSorted());
  });

  test('what Slack does not know ends as in the playground', async () => {
    await command('snapshot shop-prod', 'C0NOWHERE');
    await expect
      .poll(
        async () => (await engines.store.listRequests({ states: ['failed'], limit: 1 }))[0]?.error?.code,
        {
          timeout: 10_000,
        },
      )
      .toBe('SLACK_REFUSED');
  });
});
