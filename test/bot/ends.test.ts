import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBot } from '../../bot/bot.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { enqueue, jobs, type Report } from '../../workers/jobs.ts';
import { botConfig } from './bot-config.ts';
import { eventually } from './eventually.ts';
import { readReply } from './read-reply.ts';
import { accepted, summary, suspects } from './reports.ts';

/** What becomes of a command when Slack changes under it. Real Bolt, a playground, and a worker that waits for us. */

/** Each test has a channel of its own. */
const channels = ['deleted', 'talk', 'archived', 'revoked', 'long', 'other'];

let folder: string;
let engines: Engines;
let playground: Playground;
let bot: Awaited<ReturnType<typeof startBot>>;
let channel: string;
/** The worker goes on when this is called. */
let goOn: () => void;
let waiting: Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-ends-'));
  engines = await openEngines(botConfig(folder));
  await engines.queue.work('snapshot', { concurrency: 1 }, async ({ payload }) => {
    const { requestId } = jobs.snapshot.payload.parse(payload);
    const id = requestId as RequestId;
    const write = async (key: string, kind: 'progress' | 'result', content: Report) => {
      await engines.store.writeMessage({ requestId: id, key, kind, content });
      await enqueue(engines.queue, 'deliver', `deliver-${requestId}`, { requestId });
    };
    await engines.store.setRequestState(id, 'running');
    await write('summary', 'progress', accepted);
    await waiting;
    await write('summary', 'result', summary);
    await write('suspects', 'result', suspects);
    await engines.store.setRequestState(id, 'done');
  });
  playground = await startPlayground({ channels: channels.map((name) => ({ name })) });
  bot = await startBot({
    config: botConfig(folder, playground),
    engines,
    log: pino({ level: 'silent' }),
  });
}, 60_000);

beforeEach(() => {
  const gate = Promise.withResolvers<void>();
  waiting = gate.promise;
  goOn = gate.resolve;
});

afterEach(() => goOn());

afterAll(async () => {
  await bot?.stop();
  await playground?.stop();
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

const read = ({ blocks }: { blocks: unknown[] }) => readReply({ blocks: blocks as never }).join('\n');
const standing = () =>
  playground
    .messages(channel)
    .filter(
      ({ user, visibleTo, isTombstone }) =>
        user === playground.bot.userId && visibleTo === null && !isTombstone,
    );
const whispered = (place: string) =>
  playground
    .messages(place)
    .filter(({ visibleTo }) => visibleTo !== null)
    .map(read)
    .join('\n');

/** A command typed in the channel, its first message there, and the worker waiting. */
async function beginSnapshot(name: string): Promise<{ ts: string }> {
  channel = playground.channels.find((one) => one.name === name)!.id;
  await playground.typeCommand({ channel, text: '/avalanche snapshot shop-prod' });
  const [parent] = await eventually(standing, (found) => found.length === 1);
  return parent!;
}

const threadOf = (ts: string) => playground.thread(channel, ts).map(read);

describe('while a snapshot is taken', () => {
  test('somebody deletes its message: the result begins a thread of its own', async () => {
    const { ts } = await beginSnapshot('deleted');
    playground.deleteMessage({ channel, ts });
    goOn();
    const [anew] = await eventually(standing, (found) => found.length === 1);
    const thread = await eventually(
      () => threadOf(anew!.ts),
      (found) => found.length === 2,
    );
    expect(thread[0]).toContain('computeDiscounts takes 61 %');
    expect(thread[1]).toContain('Suspects in shop-prod');
  });

  test('somebody deletes its message, and people talk below it: the result comes there', async () => {
    const { ts } = await beginSnapshot('talk');
    await playground.mention({ channel, threadTs: ts, text: 'is it the deploy?' });
    playground.deleteMessage({ channel, ts });
    goOn();
    const thread = await eventually(
      () => threadOf(ts),
      (found) => found.length === 4,
    );
    expect(thread.slice(2).join('\n')).toContain('computeDiscounts takes 61 %');
    expect(thread.slice(2).join('\n')).toContain('Suspects in shop-prod');
    expect(standing()).toEqual([]);
  });

  test('the channel is archived: the asker is told, and status knows why', async () => {
    await beginSnapshot('archived');
    playground.archiveChannel(channel);
    goOn();
    const words = await eventually(
      () => whispered(channel),
      (text) => text.includes('archived'),
    );
    expect(words).toContain('this channel is archived: run the command in another one');
    await playground.typeCommand({ channel: 'other', text: '/avalanche status' });
    const status = await eventually(
      () => whispered('other'),
      (text) => text.includes('Last failures'),
    );
    expect(status).toMatch(/snapshot: Cannot answer in the channel "C0ARCHIVED": this channel is archived/);
  });

  test('the token is revoked: the asker is told, and the bot says that it is not ready', async () => {
    await beginSnapshot('revoked');
    expect(bot.findTrouble()).toBeNull();
    await playground.inject({ kind: 'refusal', method: 'chat.update', error: 'token_revoked' });
    goOn();
    const words = await eventually(
      () => whispered(channel),
      (text) => text.includes('token'),
    );
    expect(words).toContain('whoever runs it has to install the app again');
    expect(bot.findTrouble()).toContain('token_revoked');
    const [failed] = await engines.store.listRequests({ states: ['failed'], limit: 1 });
    expect(failed?.error?.code).toBe('SLACK_REFUSED');
    // It is taken again, and so is the next message.
    await beginSnapshot('other');
    expect(bot.findTrouble()).toBeNull();
  });

  test('Slack finds the result too long: its first line comes', async () => {
    const { ts } = await beginSnapshot('long');
    await playground.inject({ kind: 'refusal', method: 'chat.update', error: 'msg_too_long' });
    goOn();
    const [first] = await eventually(
      () => playground.thread(channel, ts),
      (messages) => messages[0]!.text.includes('61 %'),
    );
    expect(first!.text).toContain('shortened: Slack refused the full form, msg_too_long');
  });
});
