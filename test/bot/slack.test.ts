import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebClient } from '@slack/web-api';
import { createCanvas } from 'canvas';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startBot } from '../../bot/bot.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { enqueue, jobs, type Report } from '../../workers/jobs.ts';
import { findFreePort } from '../support/servers.ts';
import { botConfig } from './bot-config.ts';
import { eventually } from './eventually.ts';
import { postSigned } from './post-signed.ts';
import { readReply } from './read-reply.ts';
import { flameGraph, summary, suspects } from './reports.ts';

/** Real Bolt, real Slack client, real engines; only Slack is the playground, and the worker a few lines. */

const log = pino({ level: 'silent' });
const channel = 'C0INCIDENTS';
const picture = new Uint8Array(createCanvas(64, 32).toBuffer('image/png'));

let folder: string;
let engines: Engines;
let playground: Playground;
let serial = 100;
let bot: Awaited<ReturnType<typeof startBot>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-slack-'));
  engines = await openEngines(botConfig(folder, playground));
  await engines.blobs.write(flameGraph.pictureKey, picture);
  await engines.queue.work('snapshot', { concurrency: 1 }, async ({ payload }) => {
    const { requestId } = jobs.snapshot.payload.parse(payload);
    const id = requestId as RequestId;
    await engines.store.setRequestState(id, 'running');
    const write = (key: string, content: Report) =>
      engines.store.writeMessage({ requestId: id, key, kind: 'result', content });
    await write('summary', summary);
    await write('flame-graph', flameGraph);
    await write('suspects', suspects);
    await engines.store.setRequestState(id, 'done');
    await enqueue(engines.queue, 'deliver', `deliver-${requestId}`, { requestId });
  });
}, 60_000);

beforeEach(async () => {
  playground = await startPlayground();
  bot = await startBot({ config: botConfig(folder, playground), engines, log });
});

afterEach(async () => {
  await bot.stop();
  await playground.stop();
});

afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

const ownMessages = () => playground.messages(channel).filter(({ user }) => user === playground.bot.userId);
const read = ({ blocks }: { blocks: unknown[] }) => readReply({ blocks: blocks as never });

describe('a slash command', () => {
  test('that the database does not take is not called taken', async () => {
    const recorded = Promise.withResolvers<void>();
    const add = engines.store.addRequest.bind(engines.store);
    const spy = vi.spyOn(engines.store, 'addRequest').mockImplementation(async (request) => {
      await recorded.promise;
      return add(request);
    });
    await playground.typeCommand({ channel, text: '/avalanche list' });
    const whispers = () => ownMessages().flatMap(({ visibleTo, text }) => (visibleTo ? [text] : []));
    expect(whispers()).toEqual([expect.stringMatching(/^Not taken yet.*give the command again/)]);
    recorded.resolve();
    spy.mockRestore();
    await eventually(whispers, ({ length }) => length === 2);
    expect(whispers()[1]).toContain('No snapshot is kept');
  });

  test('whose connection breaks meanwhile is answered all the same', async () => {
    const recorded = Promise.withResolvers<void>();
    const list = engines.store.listSnapshots.bind(engines.store);
    const spy = vi.spyOn(engines.store, 'listSnapshots').mockImplementation(async (filter) => {
      await playground.inject({ kind: 'server-error', method: 'apps.connections.open', times: 2 });
      await playground.inject({ kind: 'drop-sockets' });
      await recorded.promise;
      return list(filter);
    });
    const typed = playground.typeCommand({ channel, text: '/avalanche list --limit 3' });
    // By then the client knows that its connection is gone.
    await eventually(
      () => spy.mock.calls.length,
      (calls) => calls === 1,
    );
    await sleep(100);
    recorded.resolve();
    const answers = () => ownMessages().filter(({ text }) => text.includes('No snapshot is kept'));
    await eventually(answers, ({ length }) => length === 1);
    expect(answers()).toHaveLength(1);
    await typed;
    spy.mockRestore();
  });

  test('is acknowledged at once, and its thread holds summary, picture and suspects', async () => {
    const startedAt = Date.now();
    const outcome = await playground.typeCommand({ channel, text: '/avalanche snapshot shop-prod' });
    expect(outcome).toMatchObject({ state: 'acknowledged' });
    // One second on a machine that does nothing else; Slack gives up after three.
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    const parent = () => ownMessages().find((message) => message.visibleTo === null);
    await eventually(parent, (message) => message !== undefined);
    const thread = await eventually(
      () => playground.thread(channel, parent()?.ts ?? ''),
      (messages) => messages.length >= 3 && read(messages[0]!)[0]?.includes('61 %') === true,
    );
    expect(thread.map((message) => message.fileIds.length).sort()).toEqual([0, 0, 1]);
    expect(read(thread[0]!)[0]).toContain('computeDiscounts takes 61 %');
    expect(thread.some((message) => read(message)[0]?.startsWith('*Suspects in shop-prod'))).toBe(true);
    const [file] = playground.files();
    expect(new Uint8Array(playground.file(file!.id)!.bytes)).toEqual(picture);
  }, 20_000);

  test.each([
    ['/avalanche snapshot shpo-prod', 'shop'],
    ['/avalanche snapshto shop-prod', 'did you mean "snapshot"?'],
    ['/avalanche snapshot shop-prod —befor 10m', 'did you mean "--before"?'],
    ['/avalanche help', 'snapshot <app-env>'],
    ['/avalanche', 'snapshot <app-env>'],
    ['/avalanche list', 'napshot'],
    ['/avalanche status', 'Avalanche is up'],
  ])(
    '%s is answered to its sender only: %s',
    async (text, words) => {
      await playground.typeCommand({ channel, text });
      const whispered = () => playground.messages(channel).filter(({ visibleTo }) => visibleTo !== null);
      // Where it takes a moment, that is said first.
      const messages = await eventually(whispered, (found) => found.flatMap(read).join('\n').includes(words));
      expect(messages.flatMap(read).join('\n')).toContain(words);
      expect(ownMessages().filter(({ visibleTo }) => visibleTo === null)).toEqual([]);
    },
    20_000,
  );

  test('in a channel without the bot tells its sender how to invite it', async () => {
    await playground.typeCommand({ channel: 'C0RANDOM', text: '/avalanche snapshot shop-prod' });
    const shown = () => playground.messages('C0RANDOM').flatMap(read).join('\n');
    expect(await eventually(shown, (text) => text.includes('/invite'))).toContain('/invite @avalanche');
    const [failed] = await engines.store.listRequests({ states: ['failed'], limit: 1 });
    expect(failed?.error?.code).toBe('SLACK_REFUSED');
  }, 20_000);
});

describe('a mention', () => {
  test('is acknowledged only when it is recorded: a bot that dies before has told Slack nothing', async () => {
    const recorded = Promise.withResolvers<void>();
    const add = engines.store.addRequest.bind(engines.store);
    const spy = vi.spyOn(engines.store, 'addRequest').mockImplementation(async (request) => {
      await recorded.promise;
      return add(request);
    });
    const mentioned = playground.mention({ channel, text: '@avalanche help' });
    const isMention = ({ name }: { name: string }) => name === 'app_mention';
    await eventually(
      () => playground.acks.some(isMention) && spy.mock.calls.length,
      (calls) => calls === 1,
    );
    expect(playground.acks.find(isMention)?.ackMs).toBeNull();
    recorded.resolve();
    expect((await mentioned).delivery).toMatchObject({ state: 'acknowledged' });
    spy.mockRestore();
  });

  test('in a thread is answered in that thread', async () => {
    const { ts } = await playground.mention({ channel, text: 'the shop is slow' });
    await playground.mention({ channel, threadTs: ts, text: '@avalanche help' });
    const thread = await eventually(
      () => playground.thread(channel, ts),
      (messages) => messages.length === 3,
    );
    expect(read(thread[2]!)[0]).toBe('*Avalanche shows what an app did before and during an incident*');
  }, 20_000);

  test('delivered twice is answered once', async () => {
    const { ts, delivery } = await playground.mention({ channel, text: '@avalanche status' });
    expect(delivery).not.toBeNull();
    await playground.inject({ kind: 'redeliver' });
    const thread = await eventually(
      () => playground.thread(channel, ts),
      (messages) => messages.length > 1,
    );
    await sleep(1_500);
    expect(playground.thread(channel, ts).length).toBe(thread.length);
    expect(thread.length).toBe(2);
  }, 20_000);
});

describe('a button', () => {
  const thread = () =>
    playground.thread(channel, ownMessages().find(({ visibleTo }) => visibleTo === null)?.ts ?? '');
  const buttons = () =>
    thread().flatMap(({ ts, blocks }) =>
      blocks.flatMap((block) =>
        block.type === 'actions'
          ? block.elements.map((element) => ({ ts, actionId: element.action_id ?? '' }))
          : [],
      ),
    );
  const whispers = () => playground.messages(channel).filter(({ visibleTo }) => visibleTo !== null);

  async function openThread() {
    await playground.typeCommand({ channel, text: `/avalanche snapshot shop-prod --before ${++serial}m` });
    await eventually(buttons, (found) => found.length > 0 && thread().length >= 3);
    const [zoom] = buttons();
    return { channel, ...zoom! };
  }

  test('is acknowledged at once, runs its command in the thread, and tells who pressed', async () => {
    const zoom = await openThread();
    expect(zoom.actionId).toBe('zoom:1');
    const before = thread().length;
    const outcome = await playground.press({ ...zoom, user: 'jonas' });
    expect(outcome).toMatchObject({ state: 'acknowledged' });
    // The snapshot of this thread is not in the store, and that is what the sentence says.
    const answered = await eventually(thread, (messages) => messages.length > before);
    expect(read(answered.at(-1)!).join('\n')).toMatch(
      /Cannot open the snapshot[\s\S]*Asked for by _?<@U0JONAS>/,
    );
  }, 20_000);

  test('pressed twice, and by two people, is one request', async () => {
    const zoom = await openThread();
    const before = thread().length;
    await Promise.all([
      playground.press(zoom),
      playground.press(zoom),
      playground.press({ ...zoom, user: 'jonas' }),
    ]);
    await eventually(thread, (messages) => messages.length > before);
    await eventually(whispers, (found) => found.length >= 3);
    await sleep(1_500);
    expect(thread()).toHaveLength(before + 1);
    const pressed = await engines.store.listRequests({
      place: { teamId: 'T0PLAYGROUND', channelId: channel },
      limit: 50,
    });
    const threadTs = thread()[0]!.ts;
    expect(
      pressed.filter((request) => request.source === 'button' && request.threadTs === threadTs),
    ).toHaveLength(1);
  }, 20_000);

  test.each([
    ['an unknown one', 'fly:1', '{}'],
    ['one that carries something else', 'zoom:1', '{"snapshotId":"x y","burst":-1}'],
  ])(
    'of another version, %s, is answered with a sentence',
    async (_name, action_id, value) => {
      const { ts } = await openThread();
      const element = {
        type: 'button' as const,
        text: { type: 'plain_text' as const, text: 'Old' },
        action_id,
        value,
      };
      await new WebClient(playground.botToken, { slackApiUrl: playground.apiUrl }).chat.update({
        channel,
        ts,
        text: 'old',
        blocks: [
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'old' }] }],
          },
          { type: 'actions', elements: [element] },
        ],
      });
      expect(await playground.press({ channel, ts, actionId: action_id })).toMatchObject({
        state: 'acknowledged',
      });
      const said = () =>
        playground
          .thread(channel, ts)
          .flatMap(({ visibleTo, blocks }) => (visibleTo === null ? [] : read({ blocks })));
      expect((await eventually(said, (lines) => lines.length > 0)).join()).toContain(
        'of another version of Avalanche',
      );
    },
    20_000,
  );
});

test('what people did stands in the audit, and is read by whoever asks, alone', async () => {
  await playground.typeCommand({ channel, text: '/avalanche snapshto shop-prod', user: 'jonas' });
  await playground.mention({ channel, text: '@avalanche snapshot shop-prod', user: 'jonas' });
  await playground.typeCommand({ channel, text: '/avalanche audit --user @jonas', user: 'maya' });
  const shown = () =>
    playground
      .messages(channel)
      .filter(({ visibleTo }) => visibleTo === 'U0MAYA')
      .flatMap(read)
      .join('\n');
  const text = await eventually(shown, (words) => words.includes('newest first'));
  expect(text).toMatch(/U0JONAS of T0PLAYGROUND in C0INCIDENTS: snapshot shop-prod, (accepted|running|done)/);
  expect(text).toMatch(/U0JONAS of .*: not understood, failed with COMMAND_UNKNOWN/);
  expect(text).not.toContain('<@');
}, 20_000);

test('after Slack recycles the connection, commands are heard again', async () => {
  await playground.inject({ kind: 'disconnect' });
  await eventually(
    () => playground.socketCount(),
    (count) => count === 0,
  );
  await eventually(
    () => playground.socketCount(),
    (count) => count > 0,
    15_000,
  );
  expect(await playground.typeCommand({ channel, text: '/avalanche help' })).toMatchObject({
    state: 'acknowledged',
  });
}, 30_000);

test('a wrong token is a reason, not a crash', async () => {
  const wrong = botConfig(folder, playground);
  wrong.slack.botToken = 'xoxb-wrong';
  await expect(startBot({ config: wrong, engines, log })).rejects.toMatchObject({
    code: 'SLACK_REFUSED',
    message: expect.stringContaining('invalid_auth'),
  });
});

describe('over HTTP', () => {
  const signingSecret = 'not-a-real-secret';
  let address: string;
  let httpBot: Awaited<ReturnType<typeof startBot>>;

  beforeEach(async () => {
    const port = await findFreePort();
    address = `http://127.0.0.1:${port}/slack/events`;
    const slack = {
      ...botConfig(folder, playground).slack,
      mode: 'http' as const,
      appToken: null,
      signingSecret,
      port,
    };
    httpBot = await startBot({ config: { ...botConfig(folder, playground), slack }, engines, log });
  });

  afterEach(() => httpBot.stop());

  const post = (fields: Record<string, string>, secret: string) => postSigned(address, fields, secret);

  const command = {
    command: '/avalanche',
    text: 'help',
    team_id: 'T0PLAYGROUND',
    user_id: 'U0MAYA',
    channel_id: channel,
    response_url: 'https://hooks.slack.com/commands/1',
    trigger_id: '1.1',
  };

  test('a signed command is answered in the response', async () => {
    const response = await post(command, signingSecret);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      response_type: 'ephemeral',
      text: expect.stringContaining('Avalanche shows'),
    });
  });

  test('a command of another workspace is turned away', async () => {
    const response = await post({ ...command, team_id: 'TOTHER', text: 'snapshot shop-prod' }, signingSecret);
    expect(await response.json()).toMatchObject({
      text: 'Avalanche answers to people of its own workspace only',
    });
  });

  test('a pressed button is acknowledged, whoever presses it', async () => {
    const press = {
      type: 'block_actions',
      user: { id: 'U0MAYA', team_id: 'TOTHER' },
      team: { id: 'T0PLAYGROUND' },
      container: { type: 'message', message_ts: '1.0', channel_id: channel },
      trigger_id: '1.1',
      response_url: 'https://hooks.slack.com/actions/1',
      actions: [{ type: 'button', action_id: 'cancel:1', block_id: 'b', value: '{"requestId":"other"}' }],
    };
    const response = await post({ payload: JSON.stringify(press) }, signingSecret);
    expect(response.status).toBe(200);
    expect((await engines.store.listRequests({ limit: 1 }))[0]?.text).not.toContain('other');
  });

  test('a wrong signature is refused', async () => {
    expect((await post(command, 'another')).status).toBe(401);
  });
});

test('a result survives Slack answering with an error, a rate limit and a lost answer', async () => {
  await playground.inject({ kind: 'server-error', method: 'chat.update' });
  await playground.inject({ kind: 'rate-limit', method: 'files.getUploadURLExternal', retryAfterSeconds: 1 });
  await playground.typeCommand({ channel, text: '/avalanche snapshot shop-prod --before 5m' });
  const parent = () => ownMessages().find((message) => message.visibleTo === null);
  await eventually(parent, (message) => message !== undefined);
  const thread = await eventually(
    () => playground.thread(channel, parent()?.ts ?? ''),
    (messages) => messages.length === 3 && read(messages[0]!)[0]?.includes('61 %') === true,
    25_000,
  );
  expect(thread).toHaveLength(3);
  expect(read(thread[0]!)[0]).toContain('computeDiscounts takes 61 %');
}, 40_000);
