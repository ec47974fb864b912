import type { App } from '@slack/bolt';
import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Playground, PlaygroundOptions } from '../../../bot/playground/start-playground.ts';
import { clientOf, connectBolt, openScene, waitFor } from './scene.ts';

const channel = 'C0INCIDENTS';

let playground: Playground;
let app: App | undefined;

afterEach(async () => {
  await app?.stop();
  app = undefined;
  await playground.stop();
});

async function open(options: PlaygroundOptions = {}): Promise<void> {
  ({ playground } = await openScene(options));
}

async function connect(listen: (app: App) => void, reconnectMs?: number): Promise<void> {
  app = await connectBolt(playground, listen, reconnectMs);
}

const texts = () => playground.messages(channel).map(({ text }) => text);

test('Bolt gets a command, acknowledges it and answers three ways', async () => {
  await open();
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack, respond, say, command }) => {
      await ack({ text: `understood ${command.text}` });
      await respond({ text: 'for all', response_type: 'in_channel' });
      await say('posted');
    }),
  );
  const outcome = await playground.typeCommand({ channel, text: '/avalanche  snapshot shop-demo' });
  expect(outcome).toMatchObject({ state: 'acknowledged', ackMs: expect.any(Number) });
  await waitFor('three answers', () => texts().length === 3);
  expect(playground.messages(channel).map(({ text, visibleTo }) => [text, visibleTo])).toEqual([
    ['understood snapshot shop-demo', 'U0MAYA'],
    ['for all', null],
    ['posted', null],
  ]);
  expect(playground.acks).toMatchObject([{ type: 'slash_commands', name: '/avalanche', retryAttempt: 0 }]);
});

test('a command says who, where and what, with people, channels and links as Slack writes them', async () => {
  await open();
  const heard: Record<string, unknown>[] = [];
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack, command }) => {
      heard.push(command);
      await ack();
    }),
  );
  await playground.typeCommand({
    channel: '#incidents',
    user: 'jonas',
    text: '/avalanche ask @maya in #general, <b> https://a.example/?x=1&y=2',
  });
  expect(heard[0]).toMatchObject({
    command: '/avalanche',
    user_id: 'U0JONAS',
    channel_id: channel,
    channel_name: 'incidents',
    team_id: 'T0PLAYGROUND',
    is_enterprise_install: 'false',
    text: 'ask <@U0MAYA|maya> in <#C0GENERAL|general>, &lt;b&gt; <https://a.example/?x=1&amp;y=2>',
  });
  expect(playground.messages(channel)).toEqual([]); // an acknowledgement without text shows nothing
});

test('without should_escape the text stays as typed', async () => {
  await open({ commands: [{ command: '/avalanche', description: '', usageHint: '', shouldEscape: false }] });
  const heard: string[] = [];
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack, command }) => {
      heard.push(command.text);
      await ack();
    }),
  );
  await playground.typeCommand({ channel, text: '/avalanche ask @maya <b>' });
  expect(heard).toEqual(['ask @maya <b>']);
});

test('a mention reaches the app and is answered in its thread', async () => {
  await open();
  await connect((bot) =>
    bot.event('app_mention', async ({ event, say }) => {
      await say({ text: `heard ${event.text}`, thread_ts: event.thread_ts ?? event.ts });
    }),
  );
  const { ts } = await playground.mention({ channel, text: '@avalanche status' });
  await waitFor('the answer', () => playground.thread(channel, ts).length === 2);
  await playground.mention({ channel, threadTs: ts, text: 'and @avalanche again' });
  await waitFor('the second answer', () => playground.thread(channel, ts).length === 4);
  expect(playground.thread(channel, ts).map(({ text }) => text)).toEqual([
    '<@U0AVALANCHE> status',
    'heard <@U0AVALANCHE> status',
    'and <@U0AVALANCHE> again',
    'heard and <@U0AVALANCHE> again',
  ]);
});

test('a mention where the bot is not a member goes nowhere and the person is told', async () => {
  await open();
  const { delivery } = await playground.mention({ channel: 'random', text: '@avalanche status' });
  expect(delivery).toBeNull();
  expect(playground.messages('random').at(-1)).toMatchObject({ user: 'USLACKBOT', visibleTo: 'U0MAYA' });
});

test('a pressed button reaches the app, which replaces the message', async () => {
  await open();
  await connect((bot) =>
    bot.action('again', async ({ ack, respond, body }) => {
      await ack();
      await respond({ text: `by ${body.user.id}`, replace_original: true });
    }),
  );
  const elements = [
    {
      type: 'button' as const,
      action_id: 'again',
      value: '7',
      text: { type: 'plain_text' as const, text: 'Again' },
    },
  ];
  const { ts } = await clientOf(playground).chat.postMessage({
    channel,
    text: 'x',
    blocks: [{ type: 'actions', elements }],
  });
  expect(await playground.press({ channel, ts: ts!, actionId: 'again' })).toMatchObject({
    state: 'acknowledged',
  });
  await waitFor('the replacement', () => texts().includes('by U0MAYA'));
  expect(playground.acks[0]?.payload).toMatchObject({
    actions: [{ action_id: 'again', value: '7' }],
    container: { message_ts: ts },
  });
});

test('a command nobody acknowledges ends for the person as operation_timeout', async () => {
  await open({ timing: { ackMs: 50 } });
  await connect((bot) => bot.command('/avalanche', async () => {}));
  expect(await playground.typeCommand({ channel, text: '/avalanche help' })).toEqual({
    state: 'failed',
    error: 'operation_timeout',
  });
  expect(playground.messages(channel)).toMatchObject([
    { user: 'USLACKBOT', visibleTo: 'U0MAYA', text: expect.stringContaining('operation_timeout') },
  ]);
});

test('a command while nobody is connected ends as dispatch_failed, an unknown one is explained', async () => {
  await open();
  expect(await playground.typeCommand({ channel, text: '/avalanche help' })).toEqual({
    state: 'failed',
    error: 'dispatch_failed',
  });
  expect(await playground.typeCommand({ channel, text: '/avalanch help' })).toEqual({
    state: 'failed',
    error: 'unknown_command',
  });
});

test('an acknowledgement with broken blocks ends as invalid_command_response', async () => {
  await open();
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack }) => ack({ text: 'x', blocks: [{ type: 'bogus' }] as never })),
  );
  expect(await playground.typeCommand({ channel, text: '/avalanche help' })).toEqual({
    state: 'failed',
    error: 'invalid_command_response',
  });
});

test('a response_url is good for five answers', async () => {
  await open();
  const statuses: number[] = [];
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack, command }) => {
      await ack();
      for (let use = 0; use < 6; use += 1) {
        const response = await fetch(command.response_url, {
          method: 'POST',
          body: JSON.stringify({ text: `answer ${use}` }),
        });
        statuses.push(response.status);
      }
    }),
  );
  await playground.typeCommand({ channel, text: '/avalanche help' });
  await waitFor('six answers', () => statuses.length === 6);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
});

test('a response_url is good for half an hour', async () => {
  let nowMs = Date.now();
  await open({ clock: () => nowMs });
  let address = '';
  await connect((bot) =>
    bot.command('/avalanche', async ({ ack, command }) => {
      address = command.response_url;
      await ack();
    }),
  );
  await playground.typeCommand({ channel, text: '/avalanche help' });
  nowMs += 31 * 60_000;
  const response = await fetch(address, { method: 'POST', body: '{"text":"late"}' });
  expect([response.status, await response.json()]).toEqual([404, { ok: false, error: 'expired_url' }]);
});

test('an event that is not acknowledged comes again, with its number and the same event id', async () => {
  await open({ timing: { ackMs: 40, retryMs: [0, 20, 20] } });
  const { url } = await clientOf(playground, playground.appToken).apps.connections.open({});
  const socket = new WebSocket(url!);
  const seen: { retry_attempt: number; payload: { event_id: string } }[] = [];
  socket.on('message', (text) => {
    const envelope = JSON.parse(String(text));
    if (envelope.type !== 'events_api') return;
    seen.push(envelope);
    if (seen.length >= 3) socket.send(JSON.stringify({ envelope_id: envelope.envelope_id }));
  });
  await waitFor('the socket', () => playground.socketCount() === 1);
  const { delivery } = await playground.mention({ channel, text: '@avalanche status' });
  expect(delivery?.state).toBe('acknowledged');
  expect(seen.slice(0, 3).map(({ retry_attempt }) => retry_attempt)).toEqual([0, 1, 2]);
  expect(new Set(seen.map(({ payload }) => payload.event_id)).size).toBe(1);
});

test('an acknowledged event can be redelivered on purpose; Bolt learns that it is a retry', async () => {
  await open();
  const attempts: (number | undefined)[] = [];
  await connect((bot) =>
    bot.event('app_mention', async ({ context }) => {
      attempts.push(context.retryNum);
    }),
  );
  await playground.mention({ channel, text: '@avalanche status' });
  await playground.inject({ kind: 'redeliver' });
  await waitFor('two deliveries', () => attempts.length === 2);
  expect(attempts).toEqual([0, 1]);
});

test('each payload goes to one of the sockets, an eleventh is sent away', async () => {
  await open();
  const client = clientOf(playground, playground.appToken);
  const seen: string[] = [];
  for (let row = 0; row < 11; row += 1) {
    const { url } = await client.apps.connections.open({});
    const socket = new WebSocket(url!);
    socket.on('message', (text) => {
      const envelope = JSON.parse(String(text));
      seen.push(envelope.reason ?? envelope.type);
      if (envelope.envelope_id !== undefined)
        socket.send(JSON.stringify({ envelope_id: envelope.envelope_id }));
    });
    await new Promise((resolve) => socket.once('message', resolve));
  }
  expect(seen.filter((type) => type === 'hello')).toHaveLength(10);
  expect(seen).toContain('too_many_websockets');
  await playground.typeCommand({ channel, text: '/avalanche help' });
  expect(seen.filter((type) => type === 'slash_commands')).toHaveLength(1);
});

test('a socket address is good for one connection', async () => {
  await open();
  const { url } = await clientOf(playground, playground.appToken).apps.connections.open({});
  const first = new WebSocket(url!);
  await new Promise((resolve) => first.once('open', resolve));
  const second = new WebSocket(url!);
  const [, response] = await new Promise<[unknown, { statusCode: number }]>((resolve) =>
    second.once('unexpected-response', (...parts) => resolve(parts as never)),
  );
  expect(response.statusCode).toBe(401);
});

test('Bolt comes back after Slack asked it to disconnect, and after a cut', async () => {
  await open();
  await connect((bot) => bot.command('/avalanche', async ({ ack }) => ack('here')), 500);
  for (const kind of ['disconnect', 'drop-sockets'] as const) {
    await playground.inject({ kind });
    await waitFor(`gone after ${kind}`, () => playground.socketCount() === 0);
    await waitFor(`back after ${kind}`, () => playground.socketCount() === 1);
    expect(await playground.typeCommand({ channel, text: '/avalanche help' })).toMatchObject({
      state: 'acknowledged',
    });
  }
});
