import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDelivery, type DeliveryOptions } from '../../bot/delivery.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import type { Report } from '../../workers/jobs.ts';
import { FakeClock, FakeSlack } from './fake-slack.ts';
import { accepted, failure, flameGraph, heatmap, summary, suspects } from './reports.ts';

const log = pino({ level: 'silent' });
const refusal = (error: string) => new WebAPIPlatformError({ ok: false, error });
const noAnswer = () => new WebAPIRequestError(new Error('socket hang up'));

let folder: string;
let engines: Engines;
let clock: FakeClock;
let slack: FakeSlack;
let refused: string[];
let channels = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-delivery-'));
  const databaseUrl = `embedded:${folder}`;
  engines = await openEngines({
    databaseUrl,
    queueUrl: databaseUrl,
    blobUrl: `file:${join(folder, 'blobs')}`,
  });
  await engines.blobs.write(flameGraph.pictureKey, new Uint8Array([1, 2, 3]));
}, 60_000);

beforeEach(() => {
  clock = new FakeClock();
  slack = new FakeSlack(clock);
  refused = [];
});

afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

function deliveryOf(options: Partial<DeliveryOptions> = {}) {
  const { store, blobs } = engines;
  const onRefused = (_id: RequestId, explanation: string) => refused.push(explanation);
  return createDelivery({ store, blobs, slack, clock, holder: randomUUIDv7(), log, onRefused, ...options });
}

async function newRequest(
  given: { channelId?: string; threadTs?: string; source?: 'mention' | 'slash-command' | 'terminal' } = {},
) {
  const id = randomUUIDv7() as RequestId;
  channels += 1;
  await engines.store.addRequest({
    id,
    deduplicationKey: id,
    source: given.source ?? 'slash-command',
    command: 'snapshot',
    arguments: {},
    text: 'snapshot shop-prod',
    teamId: 'T1',
    channelId: given.channelId ?? `C${channels}`,
    threadTs: given.threadTs ?? null,
    userId: 'U1',
  });
  return id;
}

const write = (requestId: RequestId, key: string, content: Report, kind: 'progress' | 'result' = 'result') =>
  engines.store.writeMessage({ requestId, key, kind, content });

const stage = (name: 'accepted' | 'locating' | 'drawing') => ({ ...accepted, stage: name });
const keysOf = () => slack.posts.map(({ key }) => key);
const undelivered = async (id: RequestId) =>
  (await engines.store.listMessages(id)).filter(({ version, deliveredVersion }) => version > deliveredVersion)
    .length;

describe('order', () => {
  test('the summary becomes the thread, everything else goes below it', async () => {
    const id = await newRequest();
    await write(id, 'suspects', suspects);
    await write(id, 'flame-graph', flameGraph);
    await write(id, 'heatmap', { ...heatmap, pictureKey: flameGraph.pictureKey });
    await write(id, 'summary', stage('accepted'), 'progress');
    await deliveryOf().deliver(id);
    expect(keysOf()).toEqual(['summary', 'suspects']);
    const [parent, reply] = slack.posts;
    expect(parent!.threadTs).toBeNull();
    expect(reply!.threadTs).toBe(parent!.ts);
    expect(slack.files.map(({ shares }) => shares[0]?.threadTs)).toEqual([parent!.ts, parent!.ts]);
    expect((await engines.store.findRequest(id))?.threadTs).toBe(parent!.ts);
    expect(await undelivered(id)).toBe(0);
  });

  test('a result comes before progress', async () => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    await write(id, 'summary', stage('drawing'), 'progress');
    await write(id, 'answer', failure);
    await deliveryOf().deliver(id);
    expect(keysOf()).toEqual(['answer', 'summary']);
    expect(slack.posts.map(({ threadTs }) => threadTs)).toEqual(['1764028700.000001', '1764028700.000001']);
  });

  test('what was asked in a terminal is not posted', async () => {
    const id = await newRequest({ source: 'terminal', channelId: '' });
    await write(id, 'summary', summary);
    await deliveryOf().deliver(id);
    expect(slack.calls).toEqual([]);
    expect(await undelivered(id)).toBe(0);
  });

  test('the timestamp of the picture is learned', async () => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    await write(id, 'flame-graph', flameGraph);
    await deliveryOf().deliver(id);
    const [message] = await engines.store.listMessages(id);
    expect(message).toMatchObject({ slackFileId: 'F1', slackTs: '1764028900.F1' });
  });
});

describe('pace', () => {
  test('versions that pile up are delivered as the newest only', async () => {
    const id = await newRequest();
    for (const name of ['accepted', 'locating', 'drawing'] as const)
      await write(id, 'summary', stage(name), 'progress');
    await write(id, 'summary', summary);
    await deliveryOf().deliver(id);
    expect(slack.posts.map(({ versions }) => versions)).toEqual([[expect.stringContaining('61 %')]]);
  });

  test('the first message goes at once, further ones of a channel a second apart, across requests', async () => {
    const ids = [
      await newRequest({ channelId: 'CPACE' }),
      await newRequest({ channelId: 'CPACE' }),
      await newRequest({ channelId: 'COTHER' }),
    ];
    for (const id of ids) {
      await write(id, 'summary', summary);
      await write(id, 'suspects', suspects);
    }
    const startedAt = clock.now();
    const delivery = deliveryOf();
    await Promise.all(ids.map((id) => delivery.deliver(id)));
    const paced = slack.posts.filter(({ channel }) => channel === 'CPACE').map(({ atMs }) => atMs);
    expect(paced).toHaveLength(4);
    expect(paced[0]).toBe(startedAt);
    for (let row = 1; row < paced.length; row++)
      expect(paced[row]! - paced[row - 1]!).toBeGreaterThanOrEqual(1_000);
    expect(slack.posts.filter(({ channel }) => channel === 'COTHER')[0]?.atMs).toBe(startedAt);
  });

  test('progress of one message changes at most every two seconds', async () => {
    const id = await newRequest();
    const delivery = deliveryOf();
    await write(id, 'summary', stage('accepted'), 'progress');
    await delivery.deliver(id);
    await write(id, 'summary', stage('locating'), 'progress');
    await delivery.deliver(id);
    expect(slack.updatesAtMs[0]! - slack.posts[0]!.atMs).toBeGreaterThanOrEqual(2_000);
  });
});

describe('several deliveries', () => {
  test('two bots post one message', async () => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    await Promise.all([deliveryOf().deliver(id), deliveryOf().deliver(id), deliveryOf().deliver(id)]);
    expect(keysOf()).toEqual(['summary']);
  });

  test('a message written while another is sent is not forgotten', async () => {
    const id = await newRequest();
    const delivery = deliveryOf();
    await write(id, 'summary', summary);
    const first = delivery.deliver(id);
    await write(id, 'suspects', suspects);
    await Promise.all([first, delivery.deliver(id)]);
    expect(keysOf()).toEqual(['summary', 'suspects']);
  });

  test('a sweep finds what no wake told of', async () => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    await deliveryOf().sweep();
    expect(await undelivered(id)).toBe(0);
  });

  test('a stopped delivery posts nothing more', async () => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    const delivery = deliveryOf();
    await delivery.stop();
    await delivery.deliver(id);
    expect(slack.calls).toEqual([]);
  });
});

describe('when Slack does not take a message', () => {
  test('a rate limit is waited for as long as Slack says, and nothing is lost', async () => {
    const id = await newRequest();
    await write(id, 'summary', stage('accepted'), 'progress');
    slack.troubles.push({ method: 'postMessage', error: new WebAPIRateLimitedError(7) });
    const startedAt = clock.now();
    await deliveryOf().deliver(id);
    expect(keysOf()).toEqual(['summary']);
    expect(slack.posts[0]!.atMs - startedAt).toBeGreaterThanOrEqual(7_000);
  });

  test.each([
    ['an error of the server', () => new WebAPIHTTPError(503, 'Service Unavailable', {})],
    ['no answer', noAnswer],
    ['an internal error', () => refusal('internal_error')],
  ])('%s: a result is tried again later, with growing pauses', async (_name, error) => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    slack.troubles.push({ method: 'postMessage', error: error() }, { method: 'postMessage', error: error() });
    const delivery = deliveryOf();
    await delivery.deliver(id);
    await delivery.deliver(id);
    expect(slack.calls).toHaveLength(1);
    clock.pass(2_000);
    await delivery.deliver(id);
    clock.pass(3_999);
    await delivery.deliver(id);
    expect(slack.calls).toHaveLength(2);
    clock.pass(1);
    await delivery.deliver(id);
    expect(keysOf()).toEqual(['summary']);
  });

  test('a lost answer repeats a result, and never repeats progress', async () => {
    const [asked, told] = [await newRequest(), await newRequest()];
    await write(asked, 'summary', stage('accepted'), 'progress');
    await write(told, 'summary', summary);
    const delivery = deliveryOf();
    slack.troubles.push({ method: 'postMessage', error: noAnswer(), lost: true });
    await delivery.deliver(asked);
    slack.troubles.push({ method: 'postMessage', error: noAnswer(), lost: true });
    await delivery.deliver(told);
    clock.pass(60_000);
    await Promise.all([delivery.deliver(asked), delivery.deliver(told)]);
    const first = (await engines.store.findRequest(asked))!.channelId;
    expect(slack.posts.filter(({ channel }) => channel === first)).toHaveLength(1);
    expect(slack.posts.filter(({ channel }) => channel !== first)).toHaveLength(2);
  });

  test.each([
    ['not_in_channel', '/invite @avalanche'],
    ['channel_not_found', '/invite @avalanche'],
    ['is_archived', 'archived'],
    ['token_revoked', 'token'],
    ['missing_scope', 'permission'],
  ])('%s ends the request, for all its messages, and the person is told: %s', async (reason, words) => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    await write(id, 'suspects', suspects);
    slack.troubles.push({ method: 'postMessage', error: refusal(reason) });
    await deliveryOf().deliver(id);
    expect(slack.calls).toEqual(['postMessage']);
    expect(refused).toEqual([expect.stringContaining(words)]);
    expect(await engines.store.findRequest(id)).toMatchObject({
      state: 'failed',
      error: { code: 'SLACK_REFUSED' },
    });
    expect((await engines.store.listMessages(id)).map(({ deliveryError }) => deliveryError)).toEqual([
      reason,
      reason,
    ]);
  });

  test.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
    '%s ends the progress of that message, and a result is posted anew',
    async (reason) => {
      const id = await newRequest();
      const delivery = deliveryOf();
      await write(id, 'summary', stage('accepted'), 'progress');
      await delivery.deliver(id);
      slack.troubles.push({ method: 'updateMessage', error: refusal(reason) });
      await write(id, 'summary', stage('drawing'), 'progress');
      await delivery.deliver(id);
      expect(keysOf()).toEqual(['summary']);
      slack.troubles.push({ method: 'updateMessage', error: refusal(reason) });
      await write(id, 'summary', summary);
      await write(id, 'suspects', suspects);
      await delivery.deliver(id);
      expect(keysOf()).toEqual(['summary', 'summary', 'suspects']);
      expect(slack.posts[0]!.versions).toHaveLength(1);
      await write(id, 'summary', { ...summary, verdict: 'cannot tell' });
      await delivery.deliver(id);
      expect(slack.posts[1]!.versions).toHaveLength(2);
      expect(await undelivered(id)).toBe(0);
    },
  );

  test('a thread that is gone gets no more progress, and a result begins a new one', async () => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    const delivery = deliveryOf();
    slack.troubles.push({ method: 'postMessage', error: refusal('thread_not_found') });
    await write(id, 'summary', stage('accepted'), 'progress');
    await delivery.deliver(id);
    expect(slack.posts).toEqual([]);
    slack.troubles.push({ method: 'postMessage', error: refusal('thread_not_found') });
    await write(id, 'summary', summary);
    await write(id, 'suspects', suspects);
    await delivery.deliver(id);
    expect(slack.posts.map(({ key, threadTs }) => [key, threadTs])).toEqual([
      ['summary', null],
      ['suspects', slack.posts[0]!.ts],
    ]);
    expect(await undelivered(id)).toBe(0);
  });

  test.each(['msg_blocks_too_long', 'invalid_blocks'])(
    '%s: the first line comes without blocks',
    async (reason) => {
      const id = await newRequest();
      await write(id, 'summary', summary);
      slack.troubles.push({ method: 'postMessage', error: refusal(reason) });
      await deliveryOf().deliver(id);
      expect(slack.posts[0]!.text).toContain('61 %');
      expect(slack.posts[0]!.text).toContain('shortened');
    },
  );

  test('a picture whose file is gone does not hold up the rest', async () => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    await write(id, 'flame-graph', { ...flameGraph, pictureKey: 'snapshots/gone.png' });
    await write(id, 'suspects', suspects);
    await deliveryOf().deliver(id);
    expect(keysOf()).toEqual(['summary', 'suspects']);
    expect(await undelivered(id)).toBe(0);
  });

  test('a message that is no report is put aside', async () => {
    const id = await newRequest();
    await write(id, 'summary', { report: 'summary' } as Report);
    await write(id, 'suspects', suspects);
    await deliveryOf().deliver(id);
    expect(keysOf()).toEqual(['suspects']);
  });

  test('a picture that Slack takes and never shows is linked', async () => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    slack.sharesFiles = false;
    await write(id, 'flame-graph', flameGraph);
    await deliveryOf().deliver(id);
    expect(slack.posts.map(({ text }) => text)).toEqual([expect.stringContaining('does not show it')]);
  });
});

describe('a crash between Slack and the store', () => {
  /** The store of a process that dies at its nth note of a delivery. */
  function dyingStore(dieAt: number): DeliveryOptions['store'] {
    let notes = 0;
    return new Proxy(engines.store, {
      get(store, name: keyof DeliveryOptions['store']) {
        const method = store[name];
        if (name !== 'markDelivered') return method.bind(store);
        return async (...given: Parameters<typeof store.markDelivered>) => {
          notes += 1;
          if (notes === dieAt) throw new Error('killed');
          return store.markDelivered(...given);
        };
      },
    });
  }

  async function crashThenGoOn(id: RequestId, dieAt: number) {
    await deliveryOf({ store: dyingStore(dieAt) }).deliver(id);
    await deliveryOf().deliver(id);
  }

  test('posts a result at least once', async () => {
    const id = await newRequest();
    await write(id, 'summary', summary);
    await crashThenGoOn(id, 1);
    expect(keysOf()).toEqual(['summary', 'summary']);
    expect(await undelivered(id)).toBe(0);
  });

  test('posts progress at most once', async () => {
    const id = await newRequest();
    await write(id, 'summary', stage('accepted'), 'progress');
    await crashThenGoOn(id, 2);
    expect(keysOf()).toEqual(['summary']);
  });

  test.each([1, 2])('shows a picture once, though it died at note %d', async (dieAt) => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    await write(id, 'flame-graph', flameGraph);
    await crashThenGoOn(id, dieAt);
    expect(slack.files.flatMap(({ shares }) => shares)).toHaveLength(1);
    expect(await undelivered(id)).toBe(0);
  });

  test('a picture that Slack does not show is linked, though the bot that uploaded it is gone', async () => {
    const id = await newRequest({ threadTs: '1764028700.000001' });
    slack.sharesFiles = false;
    await write(id, 'flame-graph', flameGraph);
    const first = deliveryOf();
    const delivering = first.deliver(id);
    await expect.poll(() => slack.calls).toContain('shareUpload');
    await first.stop();
    await delivering;
    expect(slack.posts).toEqual([]);
    await deliveryOf().deliver(id);
    expect(slack.posts.map(({ text }) => text)).toEqual([expect.stringContaining('does not show it')]);
    expect(slack.files).toHaveLength(1);
    expect(await undelivered(id)).toBe(0);
  });
});
