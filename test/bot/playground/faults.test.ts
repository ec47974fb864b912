import { WebClient } from '@slack/web-api';
import { afterEach, expect, test } from 'vitest';
import type { Playground } from '../../../bot/playground/start-playground.ts';
import { clientOf, drawPicture, openScene, silent, uploadPicture, waitFor } from './scene.ts';

let playground: Playground;
let client: WebClient;
let channel: string;

afterEach(() => playground.stop());

async function open(): Promise<void> {
  ({ playground, client, channel } = await openScene());
}

const post = (with_ = client) => with_.chat.postMessage({ channel, text: 'x' });
const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('was accepted'),
    (error: Record<string, unknown>) => error,
  );

test('a rate limit tells when to come back, and nothing was done', async () => {
  await open();
  await playground.inject({ kind: 'rate-limit', method: 'chat.postMessage', retryAfterSeconds: 7 });
  expect(await failure(post())).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 7 });
  expect(playground.messages(channel)).toEqual([]);
  expect((await post()).ok).toBe(true);
});

test('a fault hits its own method only, as often as it says', async () => {
  await open();
  await playground.inject({ kind: 'server-error', method: 'chat.postMessage', status: 503, times: 2 });
  expect((await client.auth.test()).ok).toBe(true);
  for (let row = 0; row < 2; row += 1)
    expect(await failure(post())).toMatchObject({ code: 'slack_webapi_http_error', statusCode: 503 });
  expect((await post()).ok).toBe(true);
});

test('a call that is accepted and never answered makes a retrying client post twice', async () => {
  await open();
  await playground.inject({ kind: 'timeout-after-accept', method: 'chat.postMessage' });
  const retrying = new WebClient(playground.botToken, {
    slackApiUrl: playground.apiUrl,
    timeout: 1_000,
    retryConfig: { retries: 1, minTimeout: 1 },
    logger: silent,
  });
  expect((await post(retrying)).ok).toBe(true);
  expect(playground.messages(channel)).toHaveLength(2);
});

test('Slack refuses for reasons of its own', async () => {
  await open();
  await playground.inject({ kind: 'refusal', method: '*', error: 'fatal_error' });
  expect(await failure(post())).toMatchObject({ data: { error: 'fatal_error' } });
});

test('a slow answer comes, late', async () => {
  await open();
  await playground.inject({ kind: 'slow', method: 'chat.postMessage', delayMs: 120 });
  const begunMs = performance.now();
  await post();
  expect(performance.now() - begunMs).toBeGreaterThan(110);
});

test('an injected fault may be given at the start', async () => {
  ({ playground, client, channel } = await openScene({ faults: [{ kind: 'server-error', method: '*' }] }));
  expect(await failure(client.auth.test())).toMatchObject({ statusCode: 500 });
});

async function uploadQuickly(): Promise<string> {
  const bytes = drawPicture(40, 20);
  const { upload_url, file_id } = await client.files.getUploadURLExternal({
    filename: 'a.png',
    length: bytes.length,
  });
  await fetch(upload_url!, { method: 'POST', body: new Uint8Array(bytes) });
  await client.files.completeUploadExternal({ files: [{ id: file_id! }], channel_id: channel });
  return file_id!;
}

test('a file may be ready late, or never be shared, or never be ready', async () => {
  await open();
  await playground.inject({ kind: 'file-late', delayMs: 300 });
  const begunMs = performance.now();
  const late = await uploadQuickly();
  await waitFor('the late file', () => playground.file(late)?.state === 'ready');
  expect(performance.now() - begunMs).toBeGreaterThan(290);
  await playground.inject({ kind: 'file-never-shared' });
  const unshared = await uploadQuickly();
  await waitFor('the unshared file', () => playground.file(unshared)?.state === 'ready');
  expect(playground.file(unshared)?.shares).toEqual([]);
  await playground.inject({ kind: 'file-never-ready' });
  const never = await uploadQuickly();
  await uploadPicture(client); // long enough for any other file
  expect(playground.file(never)).toMatchObject({ state: 'processing', mimetype: '', shares: [{ channel }] });
});

test('redelivering before anything was sent says so', async () => {
  await open();
  await expect(playground.inject({ kind: 'redeliver' })).rejects.toThrow(
    'Cannot redeliver "the latest event"',
  );
});

test('changes can be awaited one by one until the playground stops', async () => {
  await open();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const change of playground.events) {
      seen.push(change.kind === 'message' ? `${change.change} ${change.message.text}` : change.kind);
      if (seen.length === 1) await new Promise((resolve) => setTimeout(resolve, 30)); // a slow reader misses nothing
    }
  })();
  const { ts } = await post();
  await client.chat.update({ channel, ts: ts!, text: 'y' });
  await client.chat.update({ channel, ts: ts!, text: 'z' });
  await playground.stop();
  await watching;
  expect(seen).toEqual(['posted x', 'updated y', 'updated z']);
  ({ playground } = await openScene());
});

test('the playground stops while calls and sockets hang', async () => {
  await open();
  await playground.inject({ kind: 'timeout-after-accept', method: '*' });
  const hanging = failure(client.auth.test());
  const begunMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await playground.stop();
  expect(performance.now() - begunMs).toBeLessThan(2_000);
  expect(await hanging).toMatchObject({ code: 'slack_webapi_request_error' });
  await expect(clientOf(playground).auth.test()).rejects.toThrow();
  ({ playground } = await openScene());
});
