import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewRequest, RequestId, SnapshotId, SnapshotRow, Store } from '../../storage/database/store.ts';

const newId = <Id>() => randomUUIDv7() as Id;

function newRequest(changes: Partial<NewRequest> = {}): NewRequest {
  const id = newId<RequestId>();
  return {
    id,
    deduplicationKey: `event:${id}`,
    source: 'slash-command',
    command: 'snapshot',
    arguments: { app: 'shop', environment: 'demo', before: null },
    text: 'shop-demo',
    teamId: 'T1',
    channelId: 'C1',
    threadTs: null,
    userId: 'U1',
    ...changes,
  };
}

function newSnapshot(changes: Partial<SnapshotRow> = {}): SnapshotRow {
  const id = newId<SnapshotId>();
  return {
    id,
    requestId: newId<RequestId>(),
    app: 'shop',
    environment: 'demo',
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    windowStartMs: Date.UTC(2026, 0, 2, 3, 0, 0, 1),
    windowEndMs: null,
    sampleCount: 20_000_000,
    event: 'cycles:u',
    revision: '4f2e9c1',
    pods: [
      { name: 'shop-7d9f-x2x', state: 'captured', sampleCount: 20_000_000, error: null },
      {
        name: 'shop-7d9f-q8q',
        state: 'failed',
        sampleCount: 0,
        error: { code: 'PERF_FAILED', message: 'Cannot read it: cut short', advice: 'Again' },
      },
    ],
    profileKey: `snapshots/${id}/profile`,
    pictureKey: `snapshots/${id}/flame-graph.png`,
    verdict: null,
    pinnedAt: null,
    pinnedBy: null,
    ...changes,
  };
}

const hostileTexts = {
  emoji: 'shop 🏔️👩‍👩‍👧 ~ 𝕏',
  'right to left': 'شوب‎ עגלה ‮abc',
  combining: 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L',
  quotes: `'; DROP TABLE requests; -- \\' \\\\ " \` %s ? $1 :a`,
  'a backslash at the end': 'C:\\',
  'line ends': 'a\r\nb\tc\u2028d',
  'template marks': '<!channel> <@U1> {{y}}',
};

/**
 * What every engine must do. The suite lives in one store and expects others to use it too: each test looks
 * only at what it made itself.
 */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store over ${name}`, () => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store?.close());

    const add = async (changes: Partial<NewRequest> = {}) =>
      (await store.addRequest(newRequest(changes))).request;

    describe('requests', () => {
      test('a new request is accepted and found again as it was written', async () => {
        const request = newRequest({ threadTs: '1700000000.000100' });
        const before = Date.now();
        const { request: row, isNew } = await store.addRequest(request);
        expect(isNew).toBe(true);
        expect(row).toEqual({
          ...request,
          state: 'accepted',
          error: null,
          createdAt: expect.any(Number),
          updatedAt: row.createdAt,
          finishedAt: null,
        });
        expect(row.createdAt).toBeGreaterThanOrEqual(before);
        expect(row.createdAt).toBeLessThanOrEqual(Date.now());
        expect(await store.findRequest(request.id)).toEqual(row);
      });

      test('a known deduplication key gives the first request and changes nothing', async () => {
        const first = await add();
        const second = await store.addRequest(
          newRequest({ deduplicationKey: first.deduplicationKey, text: 'other', channelId: 'C2' }),
        );
        expect(second).toEqual({ request: first, isNew: false });
        expect(await store.addRequest(newRequest({ ...first }))).toEqual({ request: first, isNew: false });
      });

      test('of many parallel inserts under one key exactly one is new, and all get the same row', async () => {
        for (let round = 0; round < 3; round++) {
          const deduplicationKey = `race:${randomUUIDv7()}`;
          const results = await Promise.all(
            Array.from({ length: 25 }, () => store.addRequest(newRequest({ deduplicationKey }))),
          );
          expect(results.filter((result) => result.isNew)).toHaveLength(1);
          expect(new Set(results.map((result) => result.request.id)).size).toBe(1);
        }
      });

      test('the same request sent many times at once is new once', async () => {
        const request = newRequest();
        const results = await Promise.all(Array.from({ length: 10 }, () => store.addRequest(request)));
        expect(results.filter((result) => result.isNew)).toHaveLength(1);
      });

      test('keys that differ only in case or accent are different requests', async () => {
        const stem = randomUUIDv7();
        const keys = [`${stem}:e`, `${stem}:E`, `${stem}:é`, `${stem}:e\u0301`];
        const results = await Promise.all(
          keys.map((deduplicationKey) => store.addRequest(newRequest({ deduplicationKey }))),
        );
        expect(results.map((result) => result.isNew)).toEqual([true, true, true, true]);
      });

      test('an id that belongs to another request is refused', async () => {
        const first = await add();
        await expect(store.addRequest(newRequest({ id: first.id }))).rejects.toThrow(RangeError);
      });

      test('a text too long for its column is refused whole, never cut', async () => {
        const request = newRequest({ deduplicationKey: 'k'.repeat(513) });
        await expect(store.addRequest(request)).rejects.toMatchObject({ code: 'INTERNAL' });
        expect(await store.findRequest(request.id)).toBeUndefined();
        await add({ deduplicationKey: '🏔'.repeat(476) + randomUUIDv7() });
      });

      test('a text of a million characters comes back whole', async () => {
        const text = 'überlang 🏔 '.repeat(100_000);
        const request = await add({ text });
        expect((await store.findRequest(request.id))?.text).toBe(text);
      });

      test.for(Object.entries(hostileTexts))('%s is kept exactly', async ([, text]) => {
        const request = newRequest({ text, userId: text, arguments: { [text]: [text] } });
        await store.addRequest(request);
        const row = await store.findRequest(request.id);
        expect([row?.text, row?.userId, row?.arguments]).toEqual([text, text, { [text]: [text] }]);
      });

      test('NUL and half a surrogate pair become U+FFFD in a text, and stay as they are in arguments', async () => {
        const request = newRequest({ text: 'a\0b\uD83Dc', arguments: { raw: 'a\0b\uD83Dc', 'k\0': 1 } });
        await store.addRequest(request);
        const row = await store.findRequest(request.id);
        expect(row?.text).toBe('a\uFFFDb\uFFFDc');
        expect(row?.arguments).toEqual(request.arguments);
      });

      test('a deduplication key with NUL is still one request', async () => {
        const deduplicationKey = `nul\0${randomUUIDv7()}`;
        const first = await add({ deduplicationKey });
        expect(await store.addRequest(newRequest({ deduplicationKey }))).toEqual({
          request: first,
          isNew: false,
        });
      });

      test('any arguments that JSON can hold come back equal', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.jsonValue(),
            fc.string({ unit: 'binary', maxLength: 200 }),
            async (value, text) => {
              const request = newRequest({ arguments: value, text });
              await store.addRequest(request);
              const row = await store.findRequest(request.id);
              expect(row?.arguments).toEqual(JSON.parse(JSON.stringify(value)));
              expect(row?.text).toBe(text.replaceAll('\0', '\uFFFD').toWellFormed());
            },
          ),
          { numRuns: 20 },
        );
      });

      test.for(['', 'nobody', randomUUIDv7(), "' OR ''='", 'é🏔\0', 'x'.repeat(10_000)])(
        'an id that nobody has, like "%s", is not found and no error',
        async (text) => {
          const id = text as RequestId;
          expect(await store.findRequest(id)).toBeUndefined();
          expect(await store.findSnapshot(text as SnapshotId)).toBeUndefined();
          expect(
            await store.findSnapshotByThread({ teamId: 'T1', channelId: text, threadTs: text }),
          ).toBeUndefined();
          expect(await store.listMessages(id)).toEqual([]);
          expect(await store.leaseDelivery(id, 'bot-1', 1_000)).toBe(false);
          await store.releaseDelivery(id, 'bot-1');
          await store.setRequestState(id, 'done');
          await store.markDelivered(id, 'summary', { version: 1 });
          expect(await store.findRequest(id)).toBeUndefined();
        },
      );

      test('a state is set with its error, and the end is dated', async () => {
        const { id } = await add();
        const error = { code: 'ARCHIVE_BROKEN', message: 'Cannot unpack "🏔": cut', advice: 'Later' } as const;
        const read = async () => {
          const row = await store.findRequest(id);
          return [row?.state, row?.error, row?.finishedAt === null];
        };
        await store.setRequestState(id, 'running');
        expect(await read()).toEqual(['running', null, true]);
        await store.setRequestState(id, 'failed', error);
        expect(await read()).toEqual(['failed', error, false]);
        await store.setRequestState(id, 'running');
        expect(await read()).toEqual(['running', null, true]);
        await store.setRequestState(id, 'done');
        expect(await read()).toEqual(['done', null, false]);
      });

      test('a thread is set once, and every caller learns the one that holds', async () => {
        const { id } = await add();
        const threads = Array.from({ length: 10 }, (_, index) => `1700000000.00010${index}`);
        const held = await Promise.all(threads.map((thread) => store.setRequestThread(id, thread)));
        expect(new Set(held).size).toBe(1);
        expect(threads).toContain(held[0]);
        expect(await store.setRequestThread(id, '1800000000.000000')).toBe(held[0]);
        expect((await store.findRequest(id))?.threadTs).toBe(held[0]);
      });

      test('a thread that is gone is forgotten with where its messages stood, unless another holds', async () => {
        const { id } = await add({ threadTs: '1.1' });
        const other = await add({ threadTs: '1.1' });
        for (const requestId of [id, other.id]) {
          await store.writeMessage({ requestId, key: 'summary', kind: 'result', content: 'text' });
          await store.markDelivered(requestId, 'summary', { version: 1, slackTs: '1.2' });
        }
        await store.forgetThread(id, '9.9');
        expect(await store.findRequest(id)).toMatchObject({ threadTs: '1.1' });
        await store.forgetThread(id, '1.1');
        expect(await store.findRequest(id)).toMatchObject({ threadTs: null });
        expect(await store.listMessages(id)).toMatchObject([{ slackTs: null, deliveredVersion: 1 }]);
        expect(await store.listMessages(other.id)).toMatchObject([{ slackTs: '1.2' }]);
        expect(await store.setRequestThread(id, '2.2')).toBe('2.2');
      });

      test('a thread given at the start holds', async () => {
        const { id } = await add({ threadTs: '1.1' });
        expect(await store.setRequestThread(id, '2.2')).toBe('1.1');
      });

      test('requests are listed newest first, by state and age, and no more than asked for', async () => {
        const teamId = newId<string>();
        const ids: RequestId[] = [];
        for (const state of ['done', 'running', 'failed', 'accepted', 'running'] as const) {
          const { id } = await add({ teamId });
          if (state !== 'accepted') await store.setRequestState(id, state);
          ids.unshift(id);
          await sleep(2);
        }
        const list = async (filter: Parameters<Store['listRequests']>[0]) =>
          (await store.listRequests(filter)).filter((row) => row.teamId === teamId).map((row) => row.id);
        expect(await list({ limit: 1_000 })).toEqual(ids);
        expect(await list({ states: ['running'], limit: 1_000 })).toEqual([ids[0], ids[3]]);
        expect(await list({ states: ['done', 'failed'], limit: 1_000 })).toEqual([ids[2], ids[4]]);
        expect(await list({ states: [], limit: 1_000 })).toEqual([]);
        const { createdAt } = (await store.findRequest(ids[2]!))!;
        expect(await list({ createdAfter: createdAt, limit: 1_000 })).toEqual([ids[0], ids[1]]);
        expect(await list({ states: ['running'], createdAfter: createdAt, limit: 1_000 })).toEqual([ids[0]]);
        expect(await store.listRequests({ limit: 2 })).toHaveLength(2);
      });

      test('requests of one millisecond keep the order of their ids', async () => {
        const teamId = newId<string>();
        const requests = Array.from({ length: 20 }, () => newRequest({ teamId }));
        await Promise.all(requests.map((request) => store.addRequest(request)));
        const listed = (await store.listRequests({ limit: 1_000 })).filter((row) => row.teamId === teamId);
        const expected = [...listed].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
        expect(listed).toEqual(expected);
      });
    });

    describe('messages', () => {
      const progress = (requestId: RequestId, content: unknown, key = 'summary') =>
        store.writeMessage({ requestId, key, kind: 'progress', content });
      const result = (requestId: RequestId, content: unknown, key = 'summary') =>
        store.writeMessage({ requestId, key, kind: 'result', content });
      const isListed = async (id: RequestId) => (await store.listUndelivered(100_000)).includes(id);

      test('a first write is version 1, delivered nowhere', async () => {
        const { id } = await add();
        const message = await progress(id, { stage: 'capturing', title: '🏔' });
        expect(message).toEqual({
          requestId: id,
          key: 'summary',
          version: 1,
          kind: 'progress',
          content: { stage: 'capturing', title: '🏔' },
          createdAt: expect.any(Number),
          updatedAt: message.createdAt,
          deliveredVersion: 0,
          slackTs: null,
          slackFileId: null,
          deliveryError: null,
        });
        expect(await store.listMessages(id)).toEqual([message]);
      });

      test('other content is the next version, equal content changes nothing', async () => {
        const { id } = await add();
        const first = await progress(id, { a: 1, b: [{ c: null }] });
        expect(await progress(id, { b: [{ c: null }], a: 1 })).toEqual(first);
        expect(await progress(id, { b: [{ c: null }], a: 1, gone: undefined })).toEqual(first);
        const second = await progress(id, { a: 2 });
        expect(second.version).toBe(2);
        expect(await store.listMessages(id)).toEqual([second]);
      });

      test('content of any kind comes back equal', async () => {
        const { id } = await add();
        for (const content of [
          null,
          '',
          'a\0b\uD83D',
          0,
          [],
          {},
          { deep: [[['\0']]] },
          'x'.repeat(1_000_000),
        ]) {
          expect((await progress(id, content)).content).toEqual(content);
          expect((await store.listMessages(id))[0]?.content).toEqual(content);
        }
      });

      test('a result replaces progress and results, progress never replaces a result', async () => {
        const { id } = await add();
        await progress(id, 'half');
        const whole = await result(id, 'whole');
        expect([whole.version, whole.kind]).toEqual([2, 'result']);
        expect(await progress(id, 'late')).toEqual(whole);
        expect((await result(id, 'whole, corrected')).version).toBe(3);
      });

      test('a result that says what progress said is still news', async () => {
        const { id } = await add();
        await progress(id, 'all');
        const message = await result(id, 'all');
        expect([message.version, message.kind]).toEqual([2, 'result']);
        expect(await result(id, 'all')).toEqual(message);
      });

      test('parallel writers lose no version', async () => {
        const { id } = await add();
        const written = await Promise.all(Array.from({ length: 40 }, (_, index) => progress(id, { index })));
        const versions = written.map((message) => message.version).sort((a, b) => a - b);
        expect(versions).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
        const [last] = await store.listMessages(id);
        expect(last).toEqual(written.find((message) => message.version === 40));
      });

      test('parallel writers of different messages and requests do not hinder each other', async () => {
        const requests = await Promise.all(Array.from({ length: 4 }, () => add()));
        const keys = ['summary', 'flame-graph', 'suspects'];
        await Promise.all(
          requests.flatMap(({ id }) =>
            keys.flatMap((key) => [1, 2, 3].map((content) => progress(id, content, key))),
          ),
        );
        for (const { id } of requests) {
          const messages = await store.listMessages(id);
          expect(messages.map((message) => message.key).sort()).toEqual([...keys].sort());
          expect(messages.map((message) => message.version)).toEqual([3, 3, 3]);
        }
      });

      test('a result written among much progress is what remains', async () => {
        const { id } = await add();
        await Promise.all([
          ...Array.from({ length: 10 }, (_, index) => progress(id, index)),
          result(id, 'verdict'),
          ...Array.from({ length: 10 }, (_, index) => progress(id, index + 10)),
        ]);
        expect(await store.listMessages(id)).toMatchObject([{ kind: 'result', content: 'verdict' }]);
      });

      test('messages are listed in the order in which they were first written', async () => {
        const { id } = await add();
        for (const key of ['summary', 'flame-graph', 'answer']) {
          await progress(id, 1, key);
          await sleep(2);
        }
        await progress(id, 2, 'summary');
        expect((await store.listMessages(id)).map((message) => message.key)).toEqual([
          'summary',
          'flame-graph',
          'answer',
        ]);
      });

      test('a request is undelivered until its newest version is marked delivered', async () => {
        const { id } = await add();
        expect(await isListed(id)).toBe(false);
        await progress(id, 1);
        expect(await isListed(id)).toBe(true);
        await progress(id, 2);
        await store.markDelivered(id, 'summary', { version: 1, slackTs: '1700000000.000100' });
        expect(await isListed(id)).toBe(true);
        await store.markDelivered(id, 'summary', { version: 2 });
        expect(await isListed(id)).toBe(false);
        expect(await store.listMessages(id)).toMatchObject([
          { deliveredVersion: 2, slackTs: '1700000000.000100', slackFileId: null, deliveryError: null },
        ]);
        await progress(id, 3);
        expect(await isListed(id)).toBe(true);
      });

      test('what was asked in a terminal is not for Slack', async () => {
        const { id } = await add({ source: 'terminal', channelId: '' });
        await result(id, 1);
        expect(await isListed(id)).toBe(false);
        expect(await store.listMessages(id)).toMatchObject([{ version: 1, deliveredVersion: 0 }]);
      });

      test('equal content brings nothing back to delivery', async () => {
        const { id } = await add();
        await result(id, 1);
        await store.markDelivered(id, 'summary', { version: 1 });
        await result(id, 1);
        await progress(id, 2);
        expect(await isListed(id)).toBe(false);
      });

      test('a request with several messages waits until all are delivered, and is listed once', async () => {
        const { id } = await add();
        await result(id, 1, 'summary');
        await result(id, 1, 'flame-graph');
        await store.markDelivered(id, 'summary', { version: 1 });
        expect((await store.listUndelivered(100_000)).filter((listed) => listed === id)).toEqual([id]);
        await store.markDelivered(id, 'flame-graph', { version: 1, slackTs: '1.2', slackFileId: 'F1' });
        expect(await isListed(id)).toBe(false);
        const messages = await store.listMessages(id);
        expect(messages.find((message) => message.key === 'flame-graph')).toMatchObject({
          slackTs: '1.2',
          slackFileId: 'F1',
        });
      });

      test('a version that Slack refused for good is not listed until there is a newer one', async () => {
        const { id } = await add();
        await result(id, 1);
        await store.markDelivered(id, 'summary', { version: 1, error: 'channel_not_found\0' });
        expect(await isListed(id)).toBe(false);
        expect(await store.listMessages(id)).toMatchObject([{ deliveryError: 'channel_not_found\uFFFD' }]);
        await result(id, 2);
        expect(await isListed(id)).toBe(true);
        expect(await store.listMessages(id)).toMatchObject([{ deliveryError: null, version: 2 }]);
        await store.markDelivered(id, 'summary', { version: 2 });
        expect(await isListed(id)).toBe(false);
      });

      test('a refusal that arrives after a newer version does not stop that version', async () => {
        const { id } = await add();
        await result(id, 1);
        await result(id, 2);
        await store.markDelivered(id, 'summary', { version: 1, error: 'msg_too_long' });
        expect(await isListed(id)).toBe(true);
        expect(await store.listMessages(id)).toMatchObject([{ deliveryError: null, deliveredVersion: 1 }]);
      });

      test('an older delivery that is reported late changes nothing', async () => {
        const { id } = await add();
        await result(id, 1);
        await result(id, 2);
        await store.markDelivered(id, 'summary', { version: 2, slackTs: '2.2' });
        await store.markDelivered(id, 'summary', { version: 1, slackTs: '1.1', error: 'late' });
        expect(await store.listMessages(id)).toMatchObject([
          { deliveredVersion: 2, slackTs: '2.2', deliveryError: null },
        ]);
        expect(await isListed(id)).toBe(false);
      });

      test('the timestamp may follow the mark of the same version', async () => {
        const { id } = await add();
        await progress(id, 1);
        await store.markDelivered(id, 'summary', { version: 1 });
        await store.markDelivered(id, 'summary', { version: 1, slackTs: '1.1' });
        expect(await store.listMessages(id)).toMatchObject([{ deliveredVersion: 1, slackTs: '1.1' }]);
      });

      test('what waits longest is listed first, and no more than asked for', async () => {
        const ids: RequestId[] = [];
        for (let index = 0; index < 3; index++) {
          const { id } = await add();
          ids.push(id);
          await progress(id, 1);
          await sleep(2);
        }
        await progress(ids[0]!, 2);
        const listed = (await store.listUndelivered(100_000)).filter((id) => ids.includes(id));
        expect(listed).toEqual(ids);
        expect(await store.listUndelivered(2)).toHaveLength(2);
        await store.markDelivered(ids[0]!, 'summary', { version: 2 });
        await progress(ids[0]!, 3);
        expect((await store.listUndelivered(100_000)).filter((id) => ids.includes(id))).toEqual([
          ids[1],
          ids[2],
          ids[0],
        ]);
      });
    });

    describe('cancelling', () => {
      const error = { code: 'REQUEST_CANCELLED' as const, message: 'Cannot finish it', advice: 'Again' };
      const last = { message: { key: 'summary', content: { stage: 'cancelled' } }, error };
      const write = (requestId: RequestId, key: string, kind: 'progress' | 'result' = 'progress') =>
        store.writeMessage({ requestId, key, kind, content: { stage: key } });

      test('ends an open request with its last message, and what Slack has not seen goes with it', async () => {
        const { id } = await add();
        await store.setRequestState(id, 'running');
        await write(id, 'summary');
        await write(id, 'suspects');
        await write(id, 'flame-graph', 'result');
        await store.markDelivered(id, 'flame-graph', { version: 1, slackTs: '1.1' });
        expect(await store.cancelRequest(id, last)).toBe(true);
        const request = await store.findRequest(id);
        expect(request).toMatchObject({ state: 'cancelled', error, finishedAt: expect.any(Number) });
        const messages = await store.listMessages(id);
        expect(messages.map(({ key, kind, version }) => [key, kind, version]).sort()).toEqual([
          ['flame-graph', 'result', 1],
          ['summary', 'result', 2],
        ]);
        expect(messages.find(({ key }) => key === 'summary')?.content).toEqual({ stage: 'cancelled' });
        expect(await store.listUndelivered(100_000)).toContain(id);
      });

      test('is final: neither state nor messages change afterwards', async () => {
        const { id } = await add();
        await store.cancelRequest(id, last);
        for (const key of ['summary', 'suspects'])
          await expect(write(id, key, 'result')).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' });
        for (const state of ['running', 'done', 'failed'] as const) await store.setRequestState(id, state);
        expect(await store.findRequest(id)).toMatchObject({ state: 'cancelled', error });
        expect(await store.listMessages(id)).toMatchObject([{ key: 'summary', version: 1 }]);
      });

      test('comes too late for a request that has ended, and for one that is not there', async () => {
        for (const state of ['done', 'failed'] as const) {
          const { id } = await add();
          await store.setRequestState(id, state);
          expect(await store.cancelRequest(id, last)).toBe(false);
          expect(await store.findRequest(id)).toMatchObject({ state });
          expect(await store.listMessages(id)).toEqual([]);
        }
        await expect(store.cancelRequest(newId(), last)).rejects.toThrow(RangeError);
      });

      test('by many at once is done by one, and no writer comes after it', async () => {
        const { id } = await add();
        const [cancelled] = await Promise.all([
          Promise.all([1, 2, 3].map(() => store.cancelRequest(id, last))),
          Promise.allSettled(Array.from({ length: 20 }, () => write(id, 'summary', 'result'))),
        ]);
        expect(cancelled.filter(Boolean)).toHaveLength(1);
        expect(await store.listMessages(id)).toMatchObject([{ content: { stage: 'cancelled' } }]);
      });

      test('finds what is open in a channel, or in one thread of it', async () => {
        const teamId = newId<string>();
        const outside = await add({ teamId });
        const inside = await add({ teamId, threadTs: '7.7' });
        await add({ teamId, channelId: 'C2' });
        const open = async (place: { teamId: string; channelId: string; threadTs?: string }) =>
          (await store.listRequests({ states: ['accepted'], place, limit: 10 })).map(({ id }) => id);
        expect((await open({ teamId, channelId: 'C1' })).sort()).toEqual([outside.id, inside.id].sort());
        expect(await open({ teamId, channelId: 'C1', threadTs: '7.7' })).toEqual([inside.id]);
        expect(await open({ teamId: 'T-other', channelId: 'C1' })).toEqual([]);
      });
    });

    describe('delivery lease', () => {
      test('of many parallel takers exactly one wins', async () => {
        for (let round = 0; round < 3; round++) {
          const { id } = await add();
          const holders = Array.from({ length: 20 }, (_, index) => `bot-${index}`);
          const taken = await Promise.all(holders.map((holder) => store.leaseDelivery(id, holder, 60_000)));
          expect(taken.filter(Boolean)).toHaveLength(1);
        }
      });

      test('the holder renews, others wait until it is released', async () => {
        const { id } = await add();
        expect(await store.leaseDelivery(id, 'bot-1', 60_000)).toBe(true);
        expect(await store.leaseDelivery(id, 'bot-1', 60_000)).toBe(true);
        expect(await store.leaseDelivery(id, 'bot-2', 60_000)).toBe(false);
        await store.releaseDelivery(id, 'bot-2');
        expect(await store.leaseDelivery(id, 'bot-2', 60_000)).toBe(false);
        await store.releaseDelivery(id, 'bot-1');
        expect(await store.leaseDelivery(id, 'bot-2', 60_000)).toBe(true);
        expect(await store.leaseDelivery(id, 'bot-1', 60_000)).toBe(false);
      });

      test('a lease that ran out goes to exactly one of those who wait', async () => {
        const { id } = await add();
        expect(await store.leaseDelivery(id, 'bot-dead', 30.5)).toBe(true);
        await sleep(60);
        const taken = await Promise.all(
          Array.from({ length: 10 }, (_, index) => store.leaseDelivery(id, `bot-${index}`, 60_000)),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
        expect(await store.leaseDelivery(id, 'bot-dead', 60_000)).toBe(false);
      });

      test('holders are told apart exactly', async () => {
        const { id } = await add();
        expect(await store.leaseDelivery(id, 'bot-a', 60_000)).toBe(true);
        expect(await store.leaseDelivery(id, 'BOT-A', 60_000)).toBe(false);
      });

      test('a lease shows in no row', async () => {
        const request = await add();
        await store.leaseDelivery(request.id, 'bot-1', 60_000);
        expect(await store.findRequest(request.id)).toEqual(request);
      });
    });

    describe('snapshots', () => {
      test('a snapshot is found by its id as it was written', async () => {
        const snapshot = newSnapshot();
        await store.addSnapshot(snapshot);
        expect(await store.findSnapshot(snapshot.id)).toEqual(snapshot);
      });

      test('links to a snapshot are revoked from a moment on, again later, and forgotten with it', async () => {
        const [one, other] = [newSnapshot(), newSnapshot()];
        await store.addSnapshot(one);
        expect(await store.findLinkRevocation(one.id)).toBeNull();
        await store.revokeLinks(one.id);
        const first = await store.findLinkRevocation(one.id);
        expect(first).toBeGreaterThan(0);
        await store.revokeLinks(one.id);
        expect(await store.findLinkRevocation(one.id)).toBeGreaterThanOrEqual(first!);
        expect(await store.findLinkRevocation(other.id)).toBeNull();
        await store.removeSnapshot(one.id);
        expect(await store.findLinkRevocation(one.id)).toBeNull();
      });

      test('of processes that make a secret at the same time all get the same one', async () => {
        const name = newId<string>();
        const kept = await Promise.all(['a', 'b', 'c'].map((value) => store.keepSecret(name, value)));
        expect(new Set(kept).size).toBe(1);
        expect(await store.keepSecret(name, 'later')).toBe(kept[0]);
      });

      test('an agreement is changed by one process at a time, and not by a change that fails', async () => {
        const name = newId<string>();
        const join = (word: string) =>
          store.changeAgreement(name, (content) => [...((content as string[] | null) ?? []), word]);
        const words = Array.from({ length: 12 }, (_, index) => `word ${index}`);
        await Promise.all(words.map(join));
        const refused = store.changeAgreement(name, () => {
          throw new RangeError('not agreed');
        });
        await expect(refused).rejects.toThrow('not agreed');
        let kept: unknown;
        await store.changeAgreement(name, (content) => {
          kept = content;
          return content;
        });
        expect((kept as string[]).toSorted()).toEqual(words.toSorted());
      });

      test('the same snapshot added again, as by a job tried again, is one', async () => {
        const snapshot = newSnapshot();
        await Promise.all([store.addSnapshot(snapshot), store.addSnapshot(snapshot)]);
        await store.addSnapshot({ ...snapshot, verdict: 'another' });
        expect(await store.findSnapshot(snapshot.id)).toEqual(snapshot);
      });

      test('the newest snapshot of a thread is found, by team, channel and timestamp exactly', async () => {
        const thread = { teamId: newId<string>(), channelId: 'C1', threadTs: '1700000000.000100' };
        const take = async (changes: Partial<NewRequest>, createdAt: number) => {
          const { id: requestId } = await add({ ...thread, ...changes });
          const snapshot = newSnapshot({ requestId, createdAt });
          await store.addSnapshot(snapshot);
          return snapshot;
        };
        await take({}, 1_000);
        const newest = await take({}, 2_000);
        // Asked in the same thread later, as `suspects` is: no snapshot of its own.
        await add(thread);
        await take({ channelId: 'C2' }, 3_000);
        await take({ threadTs: '1700000000.0001' }, 3_000);
        await take({ channelId: 'c1' }, 3_000);
        await take({ threadTs: null }, 3_000);
        expect(await store.findSnapshotByThread(thread)).toEqual(newest);
        expect(
          await store.findSnapshotByThread({ ...thread, teamId: thread.teamId.toUpperCase() }),
        ).toBeUndefined();
        expect(await store.findSnapshotByThread({ ...thread, teamId: 'T2' })).toBeUndefined();
      });

      test.each([null, 'one', 'Διακοπή 🏔', 'x'.repeat(100_000)])(
        'the verdict %.20j is kept',
        async (verdict) => {
          const snapshot = newSnapshot({ verdict });
          await store.addSnapshot(snapshot);
          expect((await store.findSnapshot(snapshot.id))?.verdict).toBe(verdict);
        },
      );

      test('snapshots are listed newest first, by app and environment, and no more than asked for', async () => {
        const app = newId<string>();
        const make = async (environment: string, createdAt: number, ofApp = app) => {
          const snapshot = newSnapshot({ app: ofApp, environment, createdAt });
          await store.addSnapshot(snapshot);
          return snapshot;
        };
        const old = await make('prod', 1_000);
        const newest = await make('prod', 3_000);
        const middle = await make('test', 2_000);
        await make('prod', 4_000, `${app}-2`);
        await make('prod', 5_000, app.replace(/.$/, 'Z'));
        const list = (filter: Parameters<Store['listSnapshots']>[0]) => store.listSnapshots(filter);
        expect(await list({ app, limit: 10 })).toEqual([newest, middle, old]);
        expect(await list({ app, environment: 'prod', limit: 10 })).toEqual([newest, old]);
        expect(await list({ app, environment: 'Prod', limit: 10 })).toEqual([]);
        expect(await list({ app, limit: 2 })).toEqual([newest, middle]);
        expect(await list({ environment: 'test', limit: 1_000 })).toContainEqual(middle);
        expect((await list({ limit: 1_000 })).map((row) => row.id)).toContain(old.id);
      });

      test('times to the millisecond and counts beyond 32 bits are kept', async () => {
        const snapshot = newSnapshot({
          createdAt: 8.64e15,
          windowStartMs: 1,
          windowEndMs: 2 ** 40 + 1,
          sampleCount: 2 ** 33,
        });
        await store.addSnapshot(snapshot);
        expect(await store.findSnapshot(snapshot.id)).toEqual(snapshot);
      });
    });

    describe('the audit', () => {
      const target = { app: 'shop', environment: 'prod' };
      const find = async ({ id, teamId }: { id: RequestId; teamId: string }) =>
        (await store.listAudit({ teamId, limit: 500 })).find(({ requestId }) => requestId === id);

      test('has a row of every request from its first moment, and of a repetition none more', async () => {
        const teamId = newId<string>();
        const request = await add({ teamId, userId: 'U7', channelId: 'C7', source: 'button' });
        await store.addRequest(newRequest({ teamId, deduplicationKey: request.deduplicationKey }));
        expect(await store.listAudit({ teamId, limit: 10 })).toEqual([
          {
            ...{ requestId: request.id, source: 'button', command: 'snapshot', app: null, environment: null },
            ...{ teamId, channelId: 'C7', userId: 'U7', state: 'accepted', errorCode: null },
            ...{ createdAt: request.createdAt, finishedAt: null, breakGlass: null },
          },
        ]);
      });

      test('of a request that cannot be recorded has no row', async () => {
        const { id } = await add();
        const teamId = newId<string>();
        await expect(store.addRequest(newRequest({ id, teamId }))).rejects.toThrow();
        expect(await store.listAudit({ teamId, limit: 10 })).toEqual([]);
      });

      test('says what a request is about, the first time for good, and how it ended', async () => {
        const failed = await add({ teamId: newId<string>() });
        await store.setAuditTarget(failed.id, target);
        await store.setAuditTarget(failed.id, { app: 'ledger', environment: 'test' });
        await store.setAuditReason(failed.id, 'on call 🏔');
        await store.setRequestState(failed.id, 'running');
        const running = { ...target, state: 'running', finishedAt: null, breakGlass: 'on call 🏔' };
        expect(await find(failed)).toMatchObject(running);
        const error = { code: 'ARCHIVE_MISSING' as const, message: 'Cannot', advice: '' };
        await store.setRequestState(failed.id, 'failed', error);
        const row = await find(failed);
        expect(row).toMatchObject({ ...target, state: 'failed', errorCode: 'ARCHIVE_MISSING' });
        expect(row?.finishedAt).toBe((await store.findRequest(failed.id))?.finishedAt);
        await store.setRequestState(failed.id, 'done');
        expect(await find(failed)).toMatchObject({ state: 'done', errorCode: null });
      });

      test('a cancelled one stays so', async () => {
        const request = await add({ teamId: newId<string>() });
        const error = { code: 'REQUEST_CANCELLED' as const, message: 'Cannot', advice: '' };
        await store.cancelRequest(request.id, { message: { key: 'summary', content: 1 }, error });
        await store.setRequestState(request.id, 'done');
        expect(await find(request)).toMatchObject({ state: 'cancelled', errorCode: 'REQUEST_CANCELLED' });
      });

      test('is listed newest first, by workspace, person, app and time, and no more than asked for', async () => {
        const teamId = newId<string>();
        const [first, second, third] = [
          await add({ teamId, userId: 'U1' }),
          await add({ teamId, userId: 'U2' }),
          await add({ teamId, userId: 'U1' }),
        ];
        await add({ teamId: newId<string>() });
        await store.setAuditTarget(second.id, target);
        const list = async (filter: Partial<Parameters<Store['listAudit']>[0]>) =>
          (await store.listAudit({ teamId, limit: 10, ...filter })).map(({ requestId }) => requestId);
        expect(await list({})).toEqual([third.id, second.id, first.id]);
        expect(await list({ limit: 1 })).toEqual([third.id]);
        expect(await list({ userId: 'U1' })).toEqual([third.id, first.id]);
        expect(await list({ userId: 'u1' })).toEqual([]);
        expect(await list({ target })).toEqual([second.id]);
        expect(await list({ target, userId: 'U1' })).toEqual([]);
        expect(await list({ createdAfter: third.createdAt })).toEqual([]);
        expect(await list({ createdAfter: first.createdAt - 1 })).toHaveLength(3);
      });

      test('outlives its request, and is removed oldest first', async () => {
        const request = await add({ teamId: newId<string>() });
        const createdBefore = request.createdAt + 1;
        while ((await store.removeRequests({ createdBefore, limit: 100 })) === 100);
        expect(await find(request)).toBeDefined();
        expect(await store.removeAudit({ createdBefore: 0, limit: 10 })).toBe(0);
        while ((await store.removeAudit({ createdBefore, limit: 100 })) === 100);
        expect(await find(request)).toBeUndefined();
      });
    });

    describe('what is too old', () => {
      test('requests are removed oldest first with their messages, no more than asked for', async () => {
        const { id } = await add();
        await store.writeMessage({ requestId: id, key: 'summary', kind: 'result', content: null });
        const request = (await store.findRequest(id))!;
        expect(await store.removeRequests({ createdBefore: 0, limit: 10 })).toBe(0);
        expect(await store.listKnownRequests([id, newId()])).toEqual([id]);
        expect(await store.removeRequests({ createdBefore: request.createdAt, limit: 1 })).toBeLessThan(2);
        expect(await store.findRequest(id)).toBeDefined();
        const createdBefore = request.createdAt + 1;
        while ((await store.removeRequests({ createdBefore, limit: 100 })) === 100);
        expect(await store.findRequest(id)).toBeUndefined();
        expect(await store.listMessages(id)).toEqual([]);
        expect(await store.listKnownRequests([id])).toEqual([]);
        expect(await store.listKnownRequests([])).toEqual([]);
      });

      test('a pinned snapshot is kept with its request and messages, and does not count, until it is unpinned', async () => {
        const environment = newId<string>();
        const { id: requestId, createdAt } = await add();
        await store.writeMessage({ requestId, key: 'summary', kind: 'result', content: 'kept' });
        const pinned = newSnapshot({ requestId, environment, createdAt: 1 });
        const others = [2, 3].map((at) => newSnapshot({ environment, createdAt: at }));
        for (const snapshot of [pinned, ...others]) await store.addSnapshot(snapshot);
        const pins = await Promise.all(['U1', 'U2', 'U3'].map((by) => store.pinSnapshot(pinned.id, by)));
        expect(pins.toSorted()).toEqual([false, false, true]);
        const found = await store.findSnapshot(pinned.id);
        expect(found?.pinnedBy).toBe(['U1', 'U2', 'U3'][pins.indexOf(true)]);
        expect(found?.pinnedAt).toBeGreaterThan(0);
        const expired = async (createdBefore: number, keptPerApp: number) =>
          (await store.listExpiredSnapshots({ createdBefore, keptPerApp, limit: 1_000 }))
            .filter((row) => row.environment === environment)
            .map((row) => row.createdAt)
            .toSorted();
        expect(await expired(4, 1_000)).toEqual([2, 3]);
        expect(await expired(0, 2)).toEqual([]);
        expect(await expired(0, 1)).toEqual([2]);
        const removeOld = async () => {
          while ((await store.removeRequests({ createdBefore: createdAt + 1, limit: 100 })) === 100);
        };
        await removeOld();
        expect(await store.listMessages(requestId)).toHaveLength(1);
        expect(await store.listKnownRequests([requestId])).toEqual([requestId]);
        expect(await store.removeSnapshot(pinned.id)).toBe(false);
        expect(await store.findSnapshot(pinned.id)).toEqual(found);

        expect(await store.unpinSnapshot(pinned.id)).toBe(true);
        expect(await store.unpinSnapshot(pinned.id)).toBe(false);
        expect(await store.findSnapshot(pinned.id)).toEqual(pinned);
        expect(await expired(4, 1_000)).toEqual([1, 2, 3]);
        await removeOld();
        expect(await store.findRequest(requestId)).toBeUndefined();
        expect(await store.removeSnapshot(pinned.id)).toBe(true);
        expect(await store.removeSnapshot(pinned.id)).toBe(false);
        expect(await store.pinSnapshot(pinned.id, 'U1')).toBe(false);
      });

      test('snapshots are listed by age, and by how many newer ones their app has', async () => {
        const environment = newId<string>();
        const at = (days: number) => Date.UTC(2020, 0, days);
        const ids: SnapshotId[] = [];
        for (const days of [1, 2, 3, 4]) {
          const snapshot = newSnapshot({ environment, createdAt: at(days) });
          await store.addSnapshot(snapshot);
          ids.push(snapshot.id);
        }
        await store.addSnapshot(newSnapshot({ environment, app: 'ledger', createdAt: at(2) }));
        const expired = async (createdBefore: number, keptPerApp: number) =>
          (await store.listExpiredSnapshots({ createdBefore, keptPerApp, limit: 1_000 }))
            .filter((row) => row.environment === environment && row.app === 'shop')
            .map(({ id }) => ids.indexOf(id))
            .toSorted();
        expect(await expired(at(1), 1_000)).toEqual([]);
        expect(await expired(at(3), 1_000)).toEqual([0, 1]);
        expect(await expired(at(1), 3)).toEqual([0]);
        expect(await expired(at(2), 2)).toEqual([0, 1]);
        await store.removeSnapshot(ids[0]!);
        await store.removeSnapshot(ids[0]!);
        expect(await expired(at(9), 1_000)).toEqual([1, 2, 3]);
        expect(
          (await store.listExpiredSnapshots({ createdBefore: at(9), keptPerApp: 1, limit: 2 })).length,
        ).toBe(2);
      });
    });

    test('says which engine it is', async () => {
      expect(await store.describe()).toMatch(/\d+\.\d+/);
    });
  });
}
