import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Playground } from '../../../bot/playground/start-playground.ts';
import { clientOf, openScene } from './scene.ts';

let playground: Playground;

beforeAll(async () => {
  ({ playground } = await openScene({
    routes: { '/code/': (_request, response) => void response.end('code host') },
  }));
});
afterAll(() => playground.stop());

/** A request with headers that fetch would not let through. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { method = 'GET', headers = {}, body = '' } = options;
    const asked = request(`${playground.url}${path}`, { method, headers }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const port = () => new URL(playground.url).port;
const say = (headers: Record<string, string>) =>
  ask('/page/say', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ channel: 'C0INCIDENTS', text: 'hello' }),
  });

test.each(['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example'])(
  'a page that was pointed here by DNS as "%s" gets nothing',
  async (host) => {
    for (const path of ['/', '/page/events', '/files-pri/T0PLAYGROUND/F1/a.png', '/code/x']) {
      expect((await ask(path, { headers: { host } })).status).toBe(403);
    }
  },
);

test('the machine itself is let in by any of its names', async () => {
  for (const host of [`127.0.0.1:${port()}`, `localhost:${port()}`, `[::1]:${port()}`, '127.0.0.1:3000']) {
    expect((await ask('/', { headers: { host } })).status).toBe(200);
  }
});

test.each([
  ['another site', { origin: 'https://evil.example' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['a site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
])('%s cannot write in the channel', async (_who, headers) => {
  expect((await say(headers as Record<string, string>)).status).toBe(403);
  expect(playground.messages('incidents')).toEqual([]);
});

test('a form of another site cannot write in the channel', async () => {
  expect((await say({ 'content-type': 'text/plain' })).status).toBe(415);
});

test('another site cannot open a socket', async () => {
  const { url } = await clientOf(playground, playground.appToken).apps.connections.open({});
  const socket = new WebSocket(url!, { origin: 'https://evil.example' });
  const status = await new Promise((resolve) =>
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
  );
  expect(status).toBe(403);
});

test('the page itself writes', async () => {
  expect((await say({ origin: playground.url })).status).toBe(200);
  expect(playground.messages('incidents')).toMatchObject([{ user: 'U0MAYA', text: 'hello' }]);
});

test('what the page sends is checked', async () => {
  const post = (body: string) =>
    ask('/page/say', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect((await post('{')).status).toBe(400);
  expect(JSON.parse((await post('{"channel":"C0NOWHERE","text":"x"}')).body)).toEqual({
    ok: false,
    error: 'channel_not_found',
  });
  expect(JSON.parse((await post('{"channel":"C0INCIDENTS","text":" "}')).body)).toEqual({
    ok: false,
    error: 'no_text',
  });
  expect((await post(JSON.stringify({ channel: 'C0INCIDENTS', text: 'x'.repeat(70_000) }))).status).toBe(413);
});

test('the page allows scripts from its own files only, and no markup made of text', async () => {
  const { headers } = await fetch(playground.url);
  const policy = headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("require-trusted-types-for 'script'");
});

test('no file beside the page is served', async () => {
  for (const path of [
    '/page/../start-playground.ts',
    '/page/%2e%2e/start-playground.ts',
    '/start-playground.ts',
    '/page/',
  ]) {
    expect((await ask(path)).status).toBe(404);
  }
});

test('extra routes are served behind the same guard', async () => {
  expect((await ask('/code/9f2c1ab/src/cart.ts')).body).toBe('code host');
  expect((await ask('/nowhere')).status).toBe(404);
});
