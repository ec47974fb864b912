import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBot } from '../../bot/bot.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import { configFileSchema } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { enqueue, jobs, type Report } from '../../workers/jobs.ts';
import { botConfig } from './bot-config.ts';
import { eventually } from './eventually.ts';
import { readReply } from './read-reply.ts';
import { doctor, summary } from './reports.ts';

/** Rules through real Bolt: what is typed, pressed and mentioned, by whoever is on call and by somebody who is not. */

const channel = 'C0INCIDENTS';
const rules = [{ groups: ['S0ONCALL'] }, { commands: ['list'] }];

let folder: string;
let engines: Engines;
let playground: Playground;
let bot: Awaited<ReturnType<typeof startBot>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-rights-'));
  playground = await startPlayground({
    groups: { S0ONCALL: ['U0MAYA'] },
    channels: [{ name: 'incidents' }, { name: 'partners', isExternallyShared: true }, { name: 'silent' }],
  });
  const config = {
    ...botConfig(folder, playground),
    ...configFileSchema.pick({ access: true }).parse({ access: { rules } }),
  };
  engines = await openEngines(config);
  const answer = (name: 'snapshot' | 'doctor', key: string, content: Report) =>
    engines.queue.work(name, { concurrency: 1 }, async ({ payload }) => {
      const requestId = jobs[name].payload.parse(payload).requestId as RequestId;
      await engines.store.writeMessage({ requestId, key, kind: 'result', content });
      await engines.store.setRequestState(requestId, 'done');
      await enqueue(engines.queue, 'deliver', `deliver-${requestId}`, { requestId });
    });
  await answer('snapshot', 'summary', { ...summary, suspect: null });
  await answer('doctor', 'answer', doctor);
  bot = await startBot({ config, engines, log: pino({ level: 'silent' }) });
}, 60_000);

afterAll(async () => {
  await bot?.stop();
  await engines?.close();
  await playground?.stop();
  await rm(folder, { recursive: true, force: true });
});

const read = ({ blocks }: { blocks: unknown[] }) => readReply({ blocks: blocks as never }).join('\n');
const whispered = (to: string) =>
  playground
    .messages(channel)
    .filter(({ visibleTo }) => visibleTo === to)
    .map(read)
    .join('\n');
const posted = () =>
  playground
    .messages(channel)
    .filter(({ visibleTo, user }) => visibleTo === null && user === playground.bot.userId);

describe('where people of other workspaces are', { timeout: 60_000 }, () => {
  const standing = (place: string) =>
    playground
      .messages(place)
      .filter(({ visibleTo, user }) => visibleTo === null && user === playground.bot.userId);

  test('nothing is told of any app, and help is given', async () => {
    const { ts } = await playground.mention({
      channel: 'partners',
      text: '@avalanche snapshot shop-prod',
      user: 'maya',
    });
    const thread = await eventually(
      () => playground.thread('partners', ts).map(read),
      (texts) => texts.length === 2,
    );
    expect(thread[1]).toContain('Cannot run "snapshot" here: people of other workspaces are in this channel');
    const text = '/avalanche snapshot shop-prod --break-glass "it burns"';
    await playground.typeCommand({ channel: 'partners', text, user: 'maya' });
    const whispers = () =>
      playground
        .messages('partners')
        .filter(({ visibleTo }) => visibleTo !== null)
        .map(read);
    await eventually(whispers, (texts) => texts.join().includes('people of other workspaces'));
    await playground.typeCommand({ channel: 'partners', text: '/avalanche help', user: 'maya' });
    await eventually(whispers, (texts) => texts.join().includes('snapshot <app-env>'));
    expect(standing('partners')).toEqual([]);
  });

  test('a channel of which Slack does not say it is taken for one, and asked about again', async () => {
    await playground.inject({ kind: 'server-error', method: 'conversations.info', times: 3 });
    await playground.typeCommand({ channel: 'silent', text: '/avalanche list', user: 'maya' });
    const whispers = () =>
      playground
        .messages('silent')
        .filter(({ visibleTo }) => visibleTo !== null)
        .map(read);
    await eventually(whispers, (texts) => texts.join().includes('Slack does not say'));
    await playground.typeCommand({ channel: 'silent', text: '/avalanche list shop-prod', user: 'maya' });
    await eventually(whispers, (texts) => texts.join().includes('No snapshot of shop-prod'));
  });
});

describe('with rules', { timeout: 60_000 }, () => {
  test('whoever is not on call is refused, alone; whoever is, is answered', async () => {
    await playground.typeCommand({ channel, text: '/avalanche snapshot shop-prod', user: 'jonas' });
    const refusal = await eventually(
      () => whispered('U0JONAS'),
      (text) => text.includes('no rule'),
    );
    expect(refusal).toContain(
      'Cannot run "snapshot" for "shop-prod": no rule lets you do that in this channel',
    );
    expect(refusal).toContain('--break-glass "reason"');
    await playground.typeCommand({ channel, text: '/avalanche list shop-prod', user: 'jonas' });
    await eventually(
      () => whispered('U0JONAS'),
      (text) => text.includes('No snapshot of shop-prod'),
    );
    expect(posted()).toEqual([]);
    await playground.typeCommand({ channel, text: '/avalanche snapshot shop-prod', user: 'maya' });
    await eventually(posted, (found) => found.length === 1 && read(found[0]!).includes('61 %'));
    expect(posted()).toHaveLength(1);
  });

  test('a button that somebody else was given is no way round', async () => {
    await playground.typeCommand({ channel, text: '/avalanche doctor shop-prod', user: 'maya' });
    const found = await eventually(posted, (messages) =>
      messages.some((message) => JSON.stringify(message.blocks).includes('doctor:1')),
    );
    const { ts } = found.find((message) => JSON.stringify(message.blocks).includes('doctor:1'))!;
    await playground.press({ channel, ts, actionId: 'doctor:1', user: 'jonas' });
    const thread = await eventually(
      () => playground.thread(channel, ts).map(read),
      (texts) => texts.join().includes('no rule'),
    );
    expect(thread.join()).toContain('Cannot run "doctor" for "shop-prod"');
  });

  test('the glass is broken before everybody', async () => {
    const text = '/avalanche snapshot shop-prod --break-glass "<!channel> nobody is awake"';
    await playground.typeCommand({ channel, text, user: 'jonas' });
    const all = () =>
      posted()
        .flatMap(({ ts }) => playground.thread(channel, ts))
        .map(read)
        .join('\n');
    const shown = await eventually(all, (words) => words.includes('The glass was broken'), 20_000);
    expect(shown).toContain('"snapshot" for shop-prod, which no rule allows here');
    expect(shown).toContain('<@U0JONAS>');
    expect(JSON.stringify(posted().flatMap(({ ts }) => playground.thread(channel, ts)))).not.toContain(
      '"broadcast"',
    );
    const rows = await engines.store.listAudit({ teamId: 'T0PLAYGROUND', userId: 'U0JONAS', limit: 10 });
    expect(rows.map(({ errorCode }) => errorCode)).toContain('NOT_ALLOWED');
    expect(rows[0]!.breakGlass).toContain('nobody is awake');
  });
});
