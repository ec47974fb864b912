import type { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Playground, startPlayground } from '../../../bot/playground/start-playground.ts';
import { clientOf, drawPicture, openScene, uploadPicture, waitFor } from './scene.ts';

let playground: Playground;
let client: WebClient;
let channel: string;

beforeAll(async () => {
  const channels = [
    { id: 'C0INCIDENTS', name: 'incidents' },
    { id: 'C0PUBLIC', name: 'elsewhere', botIsMember: false },
    { id: 'C0SECRET', name: 'secret', isPrivate: true, botIsMember: false },
    { id: 'C0OLD', name: 'old', isArchived: true },
  ];
  ({ playground, client, channel } = await openScene({ channels }));
});
afterAll(() => playground.stop());

const refusal = (call: Promise<unknown>): Promise<Record<string, unknown>> =>
  call.then(
    () => expect.fail('was accepted'),
    (error: { data: Record<string, unknown> }) => error.data,
  );
const errorOf = async (call: Promise<unknown>) => (await refusal(call)).error;
const post = (text: string, more: object = {}) => client.chat.postMessage({ channel, text, ...more });
const textOf = (ts: string | undefined) =>
  playground.messages(channel).find((message) => message.ts === ts)?.text;

describe('tokens and methods', () => {
  test('the bot learns who it is and which scopes it has', async () => {
    const { user_id, team_id, response_metadata } = await client.auth.test();
    expect({ user_id, team_id }).toEqual({ user_id: 'U0AVALANCHE', team_id: 'T0PLAYGROUND' });
    expect(response_metadata?.scopes).toContain('chat:write');
  });

  test('a wrong token, no token and the wrong kind of token are told apart', async () => {
    expect(await errorOf(clientOf(playground, 'xoxb-wrong').auth.test())).toBe('invalid_auth');
    expect(await errorOf(clientOf(playground, '').auth.test())).toBe('not_authed');
    expect(await errorOf(clientOf(playground, playground.appToken).auth.test())).toBe(
      'not_allowed_token_type',
    );
    expect(await errorOf(client.apps.connections.open({}))).toBe('not_allowed_token_type');
  });

  test('tokens are new with every start', async () => {
    const other = await startPlayground();
    expect([other.botToken, other.appToken]).not.toEqual([playground.botToken, playground.appToken]);
    await other.stop();
  });

  test('an unknown method is refused', async () => {
    expect(await errorOf(client.apiCall('chat.shout'))).toBe('unknown_method');
  });

  test('a missing scope is named, with those there are', async () => {
    const poor = await openScene({ bot: { scopes: ['chat:write'] } });
    expect(await refusal(poor.client.files.info({ file: 'F1' }))).toMatchObject({
      error: 'missing_scope',
      needed: 'files:read',
      provided: 'chat:write',
    });
    await poor.playground.stop();
  });

  test('a JSON body is taken like a form', async () => {
    const response = await fetch(`${playground.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${playground.botToken}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify({ channel, text: 'as JSON', blocks: [{ type: 'divider' }] }),
    });
    expect(await response.json()).toMatchObject({
      ok: true,
      message: { text: 'as JSON', blocks: [{ type: 'divider' }] },
    });
  });

  test.each([
    ['{', 'application/json', 'invalid_json'],
    ['[]', 'application/json', 'json_not_object'],
    ['text', 'text/plain', 'invalid_post_type'],
  ])('the body %j sent as %s is refused as %s', async (body, type, error) => {
    const response = await fetch(`${playground.apiUrl}auth.test`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(await response.json()).toEqual({ ok: false, error });
  });
});

describe('messages', () => {
  test('the bot posts, replies in the thread and edits in place', async () => {
    const { ts } = await post('first');
    const reply = await post('reply', { thread_ts: ts });
    expect(reply.message).toMatchObject({ thread_ts: ts, parent_user_id: 'U0AVALANCHE' });
    await client.chat.update({ channel, ts: ts!, text: 'second' });
    expect(playground.thread(channel, ts!).map(({ text }) => text)).toEqual(['second', 'reply']);
  });

  test('a channel may be named by its name when posting, only by its id when editing', async () => {
    const { ts } = await client.chat.postMessage({ channel: '#incidents', text: 'by name' });
    expect(await errorOf(client.chat.update({ channel: 'incidents', ts: ts!, text: 'x' }))).toBe(
      'channel_not_found',
    );
  });

  test('timestamps are unique and ascending while the clock stands still', async () => {
    const still = await openScene({ clock: () => 1_764_028_800_000 });
    const posted = [];
    for (let row = 0; row < 5; row += 1)
      posted.push((await still.client.chat.postMessage({ channel, text: 'x' })).ts!);
    expect(posted).toEqual([...new Set(posted)].toSorted());
    expect(posted[0]).toBe('1764028800.000000');
    await still.playground.stop();
  });

  test('an edit with text alone drops the blocks', async () => {
    const { ts } = await post('x', { blocks: [{ type: 'divider' }] });
    await client.chat.update({ channel, ts: ts!, text: 'plain' });
    expect(playground.thread(channel, ts!)[0]?.blocks).toEqual([]);
  });

  test('rich text cannot be edited into another kind of block', async () => {
    const rich = [
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] }],
      },
    ];
    const { ts } = await post('x', { blocks: rich });
    const call = client.chat.update({ channel, ts: ts!, text: 'x', blocks: [{ type: 'divider' }] });
    expect(await errorOf(call)).toBe('block_mismatch');
  });

  test('the bot sends a whisper to one person', async () => {
    await client.chat.postEphemeral({ channel, user: 'U0MAYA', text: 'psst' });
    expect(playground.messages(channel).at(-1)).toMatchObject({ text: 'psst', visibleTo: 'U0MAYA' });
    expect(await errorOf(client.chat.postEphemeral({ channel, user: 'U0NOBODY', text: 'x' }))).toBe(
      'user_not_in_channel',
    );
  });

  test('a whisper cannot be edited', async () => {
    const { message_ts } = await client.chat.postEphemeral({ channel, user: 'U0MAYA', text: 'psst' });
    expect(await errorOf(client.chat.update({ channel, ts: message_ts!, text: 'x' }))).toBe(
      'message_not_found',
    );
  });

  test('a deleted parent leaves a tombstone, any other message nothing', async () => {
    const parent = (await post('parent')).ts!;
    await post('reply', { thread_ts: parent });
    const lonely = (await post('lonely')).ts!;
    await client.chat.delete({ channel, ts: parent });
    await client.chat.delete({ channel, ts: lonely });
    expect(playground.thread(channel, parent)[0]).toMatchObject({ isTombstone: true, text: '' });
    expect(textOf(lonely)).toBeUndefined();
  });

  test('a permalink leads to the page', async () => {
    const { ts } = await post('find me');
    const { permalink } = await client.chat.getPermalink({ channel, message_ts: ts! });
    expect(permalink).toBe(`${playground.url}/archives/${channel}/p${ts!.replace('.', '')}`);
    expect((await fetch(permalink!)).headers.get('content-type')).toContain('text/html');
  });

  test('metadata travels with the message', async () => {
    const metadata = { event_type: 'request', event_payload: { id: '7' } };
    const { ts } = await post('x', { metadata });
    expect(playground.thread(channel, ts!)[0]?.metadata).toEqual(metadata);
  });

  test('a reaction is added once', async () => {
    const { ts } = await post('x');
    await client.reactions.add({ channel, timestamp: ts!, name: 'eyes' });
    expect(playground.thread(channel, ts!)[0]?.reactions).toEqual([{ name: 'eyes', users: ['U0AVALANCHE'] }]);
    expect(await errorOf(client.reactions.add({ channel, timestamp: ts!, name: 'eyes' }))).toBe(
      'already_reacted',
    );
  });

  const someoneElses = async () => (await playground.mention({ channel, text: 'mine' })).ts;
  const reply = async () => (await post('reply', { thread_ts: (await post('parent')).ts })).ts!;
  const refused: [string, string, () => Promise<unknown>][] = [
    ['to a channel that is not there', 'channel_not_found', () => post('x', { channel: 'C0NOWHERE' })],
    ['to a private channel without the bot', 'channel_not_found', () => post('x', { channel: 'C0SECRET' })],
    ['to a public channel without the bot', 'not_in_channel', () => post('x', { channel: 'C0PUBLIC' })],
    ['to an archived channel', 'is_archived', () => post('x', { channel: 'C0OLD' })],
    ['without text and blocks', 'no_text', () => post('')],
    ['in a thread that is not there', 'thread_not_found', () => post('x', { thread_ts: '1.000001' })],
    ['in the thread of a reply', 'thread_not_found', async () => post('x', { thread_ts: await reply() })],
    ['with blocks that are not JSON', 'invalid_blocks_format', () => post('x', { blocks: '{' })],
    [
      'with more text than fits in its blocks',
      'msg_blocks_too_long',
      () => post('x', { blocks: manySections(4, 3000) }),
    ],
    ['with an argument the double does not know', 'invalid_arguments', () => post('x', { attachments: [] })],
    [
      'as an edit of 4001 characters',
      'msg_too_long',
      async () => client.chat.update({ channel, ts: (await post('x')).ts!, text: 'x'.repeat(4001) }),
    ],
    [
      'as an edit of what is not there',
      'message_not_found',
      () => client.chat.update({ channel, ts: '1.000001', text: 'x' }),
    ],
    [
      "as an edit of somebody else's words",
      'cant_update_message',
      async () => client.chat.update({ channel, ts: await someoneElses(), text: 'x' }),
    ],
    [
      "as a deletion of somebody else's words",
      'cant_delete_message',
      async () => client.chat.delete({ channel, ts: await someoneElses() }),
    ],
  ];
  test.each(refused)('a message %s is refused as %s', async (_what, error, call) => {
    expect(await errorOf(call())).toBe(error);
  });

  test('text beyond 40,000 characters is cut without a word', async () => {
    const { ts } = await post('x'.repeat(40_010));
    expect(textOf(ts)).toHaveLength(40_000);
  });
});

const manySections = (count: number, length: number) =>
  Array.from({ length: count }, () => ({
    type: 'section',
    text: { type: 'mrkdwn', text: 'x'.repeat(length) },
  }));

describe('channels and people', () => {
  test('the bot sees where it is a member', async () => {
    expect((await client.conversations.info({ channel })).channel).toMatchObject({
      name: 'incidents',
      is_member: true,
    });
    expect((await client.conversations.info({ channel: 'C0PUBLIC' })).channel).toMatchObject({
      is_member: false,
    });
    expect(await errorOf(client.conversations.info({ channel: 'C0SECRET' }))).toBe('channel_not_found');
  });

  test('the bot looks a person up', async () => {
    expect((await client.users.info({ user: 'U0MAYA' })).user).toMatchObject({
      real_name: 'Maya Chen',
      is_bot: false,
    });
    expect(await errorOf(client.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found');
  });
});

describe('files', () => {
  test('a picture uploaded with the SDK appears in the thread a little later, byte for byte', async () => {
    const parent = (await post('parent')).ts!;
    const id = await uploadPicture(client, { channel_id: channel, thread_ts: parent });
    const { file } = await client.files.info({ file: id });
    expect(file).toMatchObject({
      mimetype: 'image/png',
      original_w: 1200 as never,
      title: 'Flame graph of shop-demo, 60 s',
    });
    expect(file?.shares?.public?.[channel]?.[0]).toMatchObject({ thread_ts: parent });
    expect(playground.thread(channel, parent)[1]?.fileIds).toEqual([id]);
    expect(Buffer.from(playground.file(id)!.bytes).equals(drawPicture())).toBe(true);
  });

  test('Slack answers before it has looked at the file', async () => {
    const { upload_url, file_id } = await client.files.getUploadURLExternal({
      filename: 'a.png',
      length: drawPicture().length,
    });
    await fetch(upload_url!, { method: 'POST', body: new Uint8Array(drawPicture()) });
    const { files } = await client.files.completeUploadExternal({ files: [{ id: file_id! }] });
    expect(files?.[0]).toMatchObject({ mimetype: '', is_public: false });
  });

  test('a picture shown in a block too early is refused, once ready it is taken', async () => {
    const slow = await openScene({ timing: { readyMs: 1_000 } });
    const { upload_url, file_id } = await slow.client.files.getUploadURLExternal({
      filename: 'a.png',
      length: drawPicture().length,
    });
    await fetch(upload_url!, { method: 'POST', body: new Uint8Array(drawPicture()) });
    await slow.client.files.completeUploadExternal({ files: [{ id: file_id! }] });
    const show = () =>
      slow.client.chat.postMessage({
        channel,
        text: 'x',
        blocks: [{ type: 'image', alt_text: 'x', slack_file: { id: file_id! } }],
      });
    expect(await refusal(show())).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]'] },
    });
    await waitFor(
      'the picture',
      async () => (await slow.client.files.info({ file: file_id! })).file?.mimetype,
    );
    expect((await show()).ok).toBe(true);
    await slow.playground.stop();
  });

  const reserve = (length = 3) => client.files.getUploadURLExternal({ filename: 'a.txt', length });
  const complete = (id: string | undefined, more: object = {}) =>
    client.apiCall('files.completeUploadExternal', { files: [{ id }], ...more });

  test('an upload of another length than announced is refused and cannot be completed', async () => {
    const { upload_url, file_id } = await reserve(3);
    expect((await fetch(upload_url!, { method: 'POST', body: 'four' })).status).toBe(400);
    expect(await errorOf(complete(file_id))).toBe('file_not_found');
  });

  test('an upload address is good for one upload, a file is completed once', async () => {
    const { upload_url, file_id } = await reserve();
    expect((await fetch(upload_url!, { method: 'POST', body: 'abc' })).status).toBe(200);
    expect((await fetch(upload_url!, { method: 'POST', body: 'abc' })).status).toBe(400);
    await complete(file_id);
    expect(await errorOf(complete(file_id))).toBe('file_not_found');
  });

  test('an empty file and a channel by name are refused', async () => {
    expect(await errorOf(reserve(0))).toBe('missing_argument');
    const { upload_url, file_id } = await reserve();
    await fetch(upload_url!, { method: 'POST', body: 'abc' });
    expect(await errorOf(complete(file_id, { channel_id: 'incidents' }))).toBe('channel_not_found');
    expect(await errorOf(complete(file_id, { channel_id: 'C0PUBLIC' }))).toBe('not_in_channel');
    expect(await errorOf(complete(file_id, { channel_id: channel, thread_ts: '1.000001' }))).toBe(
      'thread_not_found',
    );
  });

  test('a file with alt_txt is taken and never shared', async () => {
    const { upload_url, file_id } = await client.files.getUploadURLExternal({
      filename: 'a.txt',
      length: 3,
      alt_txt: 'x',
    } as never);
    await fetch(upload_url!, { method: 'POST', body: 'abc' });
    await complete(file_id, { channel_id: channel });
    const { file } = await waitFor('the file', async () => {
      const info = await client.files.info({ file: file_id! });
      return info.file?.mimetype ? info : undefined;
    });
    expect(file?.shares).toEqual({});
  });

  test('what is no picture is handed over as a download that cannot run', async () => {
    await client.filesUploadV2({
      channel_id: channel,
      filename: 'evil.html',
      content: '<script>alert(1)</script>',
    });
    const file = await waitFor('the file', () =>
      playground.files().find(({ name, state }) => name === 'evil.html' && state === 'ready'),
    );
    const response = await fetch(`${playground.url}/files-pri/T0PLAYGROUND/${file.id}/evil.html`);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
