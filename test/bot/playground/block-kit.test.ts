import type { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Playground } from '../../../bot/playground/start-playground.ts';
import { openScene, uploadPicture } from './scene.ts';

let playground: Playground;
let client: WebClient;
let channel: string;
let picture: string;

beforeAll(async () => {
  ({ playground, client, channel } = await openScene());
  picture = await uploadPicture(client);
});
afterAll(() => playground.stop());

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const button = (more: object = {}) => ({ type: 'button', text: plain(5), ...more });
const option = (more: object = {}) => ({ text: plain(5), value: 'a', ...more });
const section = (more: object) => ({ type: 'section', text: mrkdwn(5), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const rich = (...elements: object[]) => ({ type: 'rich_text', elements });
const richText = (...elements: object[]) => rich({ type: 'rich_text_section', elements });
const many = (count: number, element: object) => Array.from({ length: count }, () => element);
const image = (more: object = {}) => ({ type: 'image', alt_text: 'x', slack_file: { id: picture }, ...more });

/** What is just allowed, what is just not, and how Slack words it. A function where the picture's id is needed. */
const limits: [limit: string, allowed: () => object[], refused: () => object[], problem: string][] = [
  [
    '50 blocks',
    () => many(50, { type: 'divider' }),
    () => many(51, { type: 'divider' }),
    'no more than 50 items allowed [json-pointer:/blocks]',
  ],
  [
    'known block types',
    () => [{ type: 'divider' }],
    () => [{ type: 'video' }],
    'unsupported type: video [json-pointer:/blocks/0/type]',
  ],
  [
    'block_id of 255',
    () => [{ type: 'divider', block_id: 'b'.repeat(255) }],
    () => [{ type: 'divider', block_id: 'b'.repeat(256) }],
    'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
  ],
  [
    'block_id once',
    () => [
      { type: 'divider', block_id: 'a' },
      { type: 'divider', block_id: 'b' },
    ],
    () => many(2, { type: 'divider', block_id: 'a' }),
    '`block_id` a already exists [json-pointer:/blocks/1/block_id]',
  ],
  [
    'known properties',
    () => [{ type: 'divider' }],
    () => [{ type: 'divider', color: 'red' }],
    'invalid additional property: color [json-pointer:/blocks/0]',
  ],
  [
    'section text of 3000',
    () => [section({ text: mrkdwn(3000) })],
    () => [section({ text: mrkdwn(3001) })],
    'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'section text not empty',
    () => [section({ text: mrkdwn(1) })],
    () => [section({ text: mrkdwn(0) })],
    'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'section with text or fields',
    () => [{ type: 'section', fields: [mrkdwn(1)] }],
    () => [{ type: 'section' }],
    'missing required field: text [json-pointer:/blocks/0]',
  ],
  [
    '10 fields',
    () => [section({ fields: many(10, mrkdwn(5)) })],
    () => [section({ fields: many(11, mrkdwn(5)) })],
    'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
  ],
  [
    'field of 2000',
    () => [section({ fields: [mrkdwn(2000)] })],
    () => [section({ fields: [mrkdwn(2001)] })],
    'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
  ],
  [
    'header of 150',
    () => [{ type: 'header', text: plain(150) }],
    () => [{ type: 'header', text: plain(151) }],
    'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'header in code points',
    () => [{ type: 'header', text: { type: 'plain_text', text: '🔥'.repeat(150) } }],
    () => [{ type: 'header', text: { type: 'plain_text', text: '🔥'.repeat(151) } }],
    'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'header plain',
    () => [{ type: 'header', text: plain(5) }],
    () => [{ type: 'header', text: mrkdwn(5) }],
    'json-pointer:/blocks/0/text/type',
  ],
  [
    '10 context elements',
    () => [{ type: 'context', elements: many(10, mrkdwn(5)) }],
    () => [{ type: 'context', elements: many(11, mrkdwn(5)) }],
    'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [
    '25 actions',
    () => [actions(...many(25, button()))],
    () => [actions(...many(26, button()))],
    'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [
    'some action',
    () => [actions(button())],
    () => [actions()],
    'must have at least 1 item [json-pointer:/blocks/0/elements]',
  ],
  [
    'action_id once',
    () => [actions(button({ action_id: 'a' }), button({ action_id: 'b' }))],
    () => [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
    '`action_id` a already exists [json-pointer:/blocks/0]',
  ],
  [
    'button text of 75',
    () => [actions(button({ text: plain(75) }))],
    () => [actions(button({ text: plain(76) }))],
    'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ],
  [
    'button value of 2000',
    () => [actions(button({ value: 'v'.repeat(2000) }))],
    () => [actions(button({ value: 'v'.repeat(2001) }))],
    'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
  ],
  [
    'button url',
    () => [actions(button({ url: 'https://example.com/' }))],
    () => [actions(button({ url: 'javascript:alert(1)' }))],
    'must be a valid URL [json-pointer:/blocks/0/elements/0/url]',
  ],
  [
    'button style',
    () => [actions(button({ style: 'danger' }))],
    () => [actions(button({ style: 'pink' }))],
    'json-pointer:/blocks/0/elements/0/style',
  ],
  [
    '100 options',
    () => [actions({ type: 'static_select', options: many(100, option()) })],
    () => [actions({ type: 'static_select', options: many(101, option()) })],
    'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
  ],
  [
    '5 overflow options',
    () => [section({ accessory: { type: 'overflow', options: many(5, option()) } })],
    () => [section({ accessory: { type: 'overflow', options: many(6, option()) } })],
    'no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]',
  ],
  [
    'option value of 150',
    () => [actions({ type: 'static_select', options: [option({ value: 'v'.repeat(150) })] })],
    () => [actions({ type: 'static_select', options: [option({ value: 'v'.repeat(151) })] })],
    'must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]',
  ],
  [
    'image with alt_text',
    () => [image()],
    () => [{ type: 'image', slack_file: { id: picture } }],
    'missing required field: alt_text [json-pointer:/blocks/0]',
  ],
  [
    'alt_text of 2000',
    () => [image({ alt_text: 'x'.repeat(2000) })],
    () => [image({ alt_text: 'x'.repeat(2001) })],
    'must be less than 2001 characters [json-pointer:/blocks/0/alt_text]',
  ],
  [
    'one picture',
    () => [image()],
    () => [image({ image_url: 'https://example.com/a.png' })],
    'must have exactly one of: image_url, slack_file [json-pointer:/blocks/0]',
  ],
  [
    'one address of the file',
    () => [image()],
    () => [image({ slack_file: { id: picture, url: 'https://example.com' } })],
    'must have exactly one of: id, url [json-pointer:/blocks/0/slack_file]',
  ],
  [
    'a file that exists',
    () => [image()],
    () => [image({ slack_file: { id: 'F0NOTHING' } })],
    'invalid slack file [json-pointer:/blocks/0/slack_file]',
  ],
  [
    'no picture from elsewhere',
    () => [image()],
    () => [{ type: 'image', alt_text: 'x', image_url: 'https://example.com/a.png' }],
    'downloading image failed [json-pointer:/blocks/0/image_url]',
  ],
  [
    'rich text not empty',
    () => [richText({ type: 'text', text: 'x' })],
    () => [richText({ type: 'text', text: '' })],
    'must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]',
  ],
  [
    'rich text links',
    () => [richText({ type: 'link', url: 'https://example.com/', text: 'x' })],
    () => [richText({ type: 'link', url: 'data:text/html,x' })],
    'must be a valid URL [json-pointer:/blocks/0/elements/0/elements/0/url]',
  ],
  [
    'rich text lists',
    () => [
      rich({
        type: 'rich_text_list',
        style: 'bullet',
        elements: [{ type: 'rich_text_section', elements: [] }],
      }),
    ],
    () => [rich({ type: 'rich_text_list', style: 'stars', elements: [] })],
    'json-pointer:/blocks/0/elements/0/style',
  ],
];

const send = (blocks: object[]) =>
  client.chat.postMessage({ channel, text: 'fallback', blocks: blocks as never });

test.each(limits)('Block Kit allows %s and not more', async (_limit, allowed, refused, problem) => {
  expect((await send(allowed())).ok).toBe(true);
  const error = await send(refused()).then(
    () => expect.fail('was accepted'),
    (thrown: { data: { error: string; response_metadata: { messages: string[] } } }) => thrown.data,
  );
  expect(error.error).toBe('invalid_blocks');
  expect(error.response_metadata.messages.join('\n')).toContain(problem);
});

test('every problem of a message is named at once', async () => {
  const error = await send([
    { type: 'header', text: plain(151) },
    section({ text: mrkdwn(0), foo: 1 }),
  ]).catch((thrown) => thrown.data);
  expect(error.response_metadata.messages).toHaveLength(3);
});

test('blocks and elements without an id get one', async () => {
  const { message } = await send([actions(button())]);
  expect(message?.blocks?.[0]).toMatchObject({
    block_id: expect.any(String),
    elements: [{ action_id: expect.any(String) }],
  });
});
