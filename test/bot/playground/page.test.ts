import type { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Playground } from '../../../bot/playground/start-playground.ts';
import { keepScreenshot, openBrowser } from '../../support/browser.ts';
import { have } from '../../support/prerequisites.ts';
import { connectBolt, openScene, uploadPicture } from './scene.ts';

const desktop = { viewport: { width: 1360, height: 860 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

describe.skipIf(!have('chromium'))('the channel page', { timeout: 60_000 }, () => {
  let browser: Browser;
  let playground: Playground;
  let client: WebClient;
  let channel: string;
  let app: App | undefined;
  let page: Page;
  /** Errors of the page, refusals of its policy included: there may be none. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    ({ playground, client, channel } = await openScene());
    complaints = [];
  });
  afterEach(async () => {
    await page?.context().close();
    await app?.stop();
    app = undefined;
    await playground.stop();
    expect(complaints).toEqual([]);
  });

  async function visit(options: BrowserContextOptions = desktop, path = '/'): Promise<void> {
    page = await (await browser.newContext(options)).newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${playground.url}${path}`);
    await page.getByRole('log').first().waitFor();
  }

  const composer = () => page.getByRole('textbox', { name: 'Message #incidents' });
  const message = (text: string) => page.getByRole('article').filter({ hasText: text });
  const thread = () => page.getByRole('complementary', { name: 'Thread' });

  test('a person runs a command and sees the answer that only they can see', async () => {
    app = await connectBolt(playground, (bot) =>
      bot.command('/avalanche', ({ ack, command }) => ack(`understood *${command.text}*`)),
    );
    await visit();
    await composer().pressSequentially('/ava');
    await page.getByRole('option', { name: /\/avalanche/ }).waitFor();
    await composer().press('Tab');
    await composer().pressSequentially('status');
    await composer().press('Enter');
    const answer = message('understood status');
    await answer.waitFor();
    expect(await answer.textContent()).toContain('Only visible to you');
    expect(await answer.locator('b', { hasText: 'status' }).count()).toBe(1);
    expect(await answer.getByText('APP').count()).toBe(1);
    expect(await composer().inputValue()).toBe('');
  });

  test('a person mentions the bot in a thread and the answer grows there', async () => {
    app = await connectBolt(playground, (bot) =>
      bot.event('app_mention', async ({ event, say }) => {
        await say({ text: 'looking', thread_ts: event.thread_ts ?? event.ts });
      }),
    );
    await visit();
    await composer().fill('checkout is slow');
    await composer().press('Enter');
    await message('checkout is slow').hover();
    await page.getByRole('button', { name: 'Reply in thread' }).click();
    await thread().getByRole('textbox').fill('@avalanche snapshot shop-demo');
    await thread().getByRole('textbox').press('Enter');
    await thread().getByRole('article').filter({ hasText: 'looking' }).waitFor();
    await page.getByRole('button', { name: '2 replies, open thread' }).waitFor();
    const [parent] = playground.messages(channel);
    expect(playground.thread(channel, parent!.ts).map(({ text }) => text)).toEqual([
      'checkout is slow',
      '<@U0AVALANCHE> snapshot shop-demo',
      'looking',
    ]);
  });

  test('a command in a thread is refused as in Slack', async () => {
    await client.chat.postMessage({ channel, text: 'parent' });
    await visit();
    await message('parent').hover();
    await page.getByRole('button', { name: 'Reply in thread' }).click();
    await thread().getByRole('textbox').fill('/avalanche status');
    await thread().getByRole('textbox').press('Enter');
    await thread().getByText('is not supported in threads. Sorry!').waitFor();
    expect(playground.acks).toEqual([]);
  });

  test('Escape closes the thread, the permalink opens it again', async () => {
    const { ts } = await client.chat.postMessage({ channel, text: 'parent' });
    const reply = await client.chat.postMessage({ channel, text: 'the reply', thread_ts: ts! });
    const { permalink } = await client.chat.getPermalink({ channel, message_ts: reply.ts! });
    await visit(desktop, permalink!.slice(playground.url.length));
    await thread().getByText('the reply').waitFor();
    await page.keyboard.press('Escape');
    await thread().waitFor({ state: 'hidden' });
    await page.goBack();
    await thread().getByText('the reply').waitFor();
  });

  test('edits and deletions appear by themselves, without an edited mark, and a reload shows the same', async () => {
    const { ts } = await client.chat.postMessage({ channel, text: 'locating pods' });
    await visit();
    await message('locating pods').waitFor();
    await client.chat.update({ channel, ts: ts!, text: 'done' });
    await message('done').waitFor();
    expect(await message('locating pods').count()).toBe(0);
    expect(await message('done').textContent()).not.toContain('edited');
    await page.reload();
    await message('done').waitFor();
    await client.chat.delete({ channel, ts: ts! });
    await message('done').waitFor({ state: 'detached' });
  });

  test('a list that was scrolled up stays where it is when something comes', async () => {
    for (let row = 0; row < 60; row += 1) await client.chat.postMessage({ channel, text: `message ${row}` });
    await visit();
    await message('message 59').waitFor();
    const scroller = page.locator('.scroller').first();
    await scroller.evaluate((node) => node.scrollTo(0, 100));
    await page.getByRole('button', { name: 'Jump to the latest' }).waitFor({ state: 'hidden' });
    await page.waitForTimeout(100);
    await client.chat.postMessage({ channel, text: 'news' });
    await page.getByRole('button', { name: 'Jump to the latest message' }).click();
    await expect
      .poll(() => scroller.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight))
      .toBeLessThan(2);
  });

  test('a picture is enlarged by a click, Escape closes it and not the thread', async () => {
    const { ts } = await client.chat.postMessage({ channel, text: 'parent' });
    await uploadPicture(client, { channel_id: channel, thread_ts: ts! });
    await visit(desktop, `/#${channel}/thread/${ts}`);
    const small = thread().getByRole('button', { name: 'Enlarge picture: Flame graph of shop-demo, 60 s' });
    await small.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const image = dialog.getByRole('img');
    await expect
      .poll(() => image.evaluate((node: HTMLImageElement) => node.complete && node.naturalWidth))
      .toBe(1200);
    expect((await image.boundingBox())!.width).toBeGreaterThan((await small.boundingBox())!.width * 1.8);
    await keepScreenshot(page, 'playground-desktop-picture');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await thread().isVisible()).toBe(true);
  });

  test('a button asks first where it should, then reaches the app', async () => {
    const pressed: (string | undefined)[] = [];
    app = await connectBolt(playground, (bot) =>
      bot.action(/.*/, async ({ ack, action }) => {
        await ack();
        pressed.push(
          'value' in action
            ? (action.value as string)
            : 'selected_option' in action
              ? action.selected_option?.value
              : undefined,
        );
      }),
    );
    const plain = (text: string) => ({ type: 'plain_text' as const, text });
    const confirm = {
      title: plain('Stop?'),
      text: plain('It is nearly done'),
      confirm: plain('Stop it'),
      deny: plain('Leave it'),
    };
    await client.chat.postMessage({
      channel,
      text: 'x',
      blocks: [
        {
          type: 'actions',
          elements: [
            { type: 'button', action_id: 'stop', value: 'job-7', text: plain('Stop'), confirm },
            {
              type: 'static_select',
              action_id: 'pod',
              placeholder: plain('Pod'),
              options: [{ text: plain('shop-1'), value: 'pod-1' }],
            },
          ],
        },
      ],
    });
    await visit();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('combobox', { name: 'Pod' }).selectOption('shop-1');
    await expect.poll(() => pressed).toEqual(['pod-1']);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await expect.poll(() => pressed).toEqual(['pod-1', 'job-7']);
  });

  test('hostile text is inert in every field', async () => {
    const hostile =
      '<img src=x onerror="window.hit=1"><script>window.hit=1</script><a href="javascript:window.hit=1">x</a>"\'><svg onload=window.hit=1>';
    await playground.stop();
    ({ playground, client, channel } = await openScene({
      team: { name: hostile },
      channels: [{ id: 'C0INCIDENTS', name: `incidents${hostile}`, topic: hostile }],
      users: [{ id: 'U0MAYA', name: 'maya', realName: hostile }],
      commands: [{ command: '/avalanche', description: hostile, usageHint: hostile, shouldEscape: true }],
    }));
    const plain = (length = 3000) => ({ type: 'plain_text' as const, text: hostile.slice(0, length) });
    const mrkdwn = {
      type: 'mrkdwn' as const,
      text: `${hostile} <javascript:window.hit=1|link> \`${hostile}\` <@U0MAYA|${hostile}> :${hostile}:`,
    };
    const option = { text: plain(75), value: hostile.slice(0, 150), description: plain(75) };
    const { files } = (await client.filesUploadV2({
      channel_id: channel,
      content: hostile,
      filename: `${hostile.replaceAll('/', '')}.txt`,
      title: hostile,
      initial_comment: hostile,
    })) as unknown as { files: { files: { id: string }[] }[] };
    expect(files).toHaveLength(1);
    const picture = await uploadPicture(client, { channel_id: channel });
    const { ts } = await client.chat.postMessage({
      channel,
      text: hostile,
      blocks: [
        { type: 'header', text: plain(150) },
        {
          type: 'section',
          text: mrkdwn,
          fields: [mrkdwn],
          accessory: { type: 'overflow', options: [option] },
        },
        {
          type: 'context',
          elements: [mrkdwn, { type: 'image', alt_text: hostile, slack_file: { id: picture } }],
        },
        { type: 'image', alt_text: hostile, title: plain(), slack_file: { id: picture } },
        {
          type: 'actions',
          elements: [
            { type: 'button', text: plain(75), value: hostile },
            { type: 'static_select', placeholder: plain(150), options: [option] },
          ],
        },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'text', text: hostile, style: { code: true } },
                { type: 'link', url: 'https://example.com/"onclick="window.hit=1', text: hostile },
                { type: 'emoji', name: hostile.slice(0, 100) },
                { type: 'user', user_id: hostile.slice(0, 100) },
              ],
            },
            { type: 'rich_text_preformatted', elements: [{ type: 'text', text: hostile }] },
          ],
        },
      ] as never,
    });
    await client.chat.postMessage({ channel, thread_ts: ts!, text: `${hostile} \`\`\`${hostile}\`\`\`` });
    await client.chat.postEphemeral({ channel, user: 'U0MAYA', text: hostile });
    await playground.mention({ channel, text: hostile });
    await visit(desktop, `/#${channel}/thread/${ts}`);
    await page.getByRole('button', { name: '1 reply, open thread' }).waitFor();
    await page.locator('figure .picture-button').first().click();
    await page.getByRole('dialog').waitFor();
    const found = await page.evaluate(() => ({
      hit: 'hit' in window,
      scripts: document.querySelectorAll(
        'body script, iframe, object, embed, base, style, link:not([href^="/page/"])',
      ).length,
      handlers: [...document.querySelectorAll('*')].filter((node) =>
        node.getAttributeNames().some((name) => name.startsWith('on')),
      ).length,
      links: [...document.querySelectorAll('a')]
        .map((link) => link.protocol)
        .filter((protocol) => !/^https?:$/.test(protocol)),
      pictures: [...document.querySelectorAll('img')]
        .map((image) => new URL(image.src).pathname)
        .filter((path) => !/^\/(files-pri|page)\//.test(path)),
      drawings: document.querySelectorAll('svg:not(.icon)').length,
      shownAsText: document.body.textContent.includes('<script>window.hit=1</script>'),
    }));
    expect(found).toEqual({
      hit: false,
      scripts: 0,
      handlers: 0,
      links: [],
      pictures: [],
      drawings: 0,
      shownAsText: true,
    });
  });

  test('a lost playground is noticed, and what could not be sent stays in the composer', async () => {
    await visit();
    await playground.stop();
    await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
    await composer().fill('are you there');
    await composer().press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Not sent' }).waitFor();
    expect(await composer().inputValue()).toBe('are you there');
    complaints = complaints.filter(
      (text) =>
        !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(text),
    );
    ({ playground } = await openScene());
  });

  test('a phone shows one pane at a time, with a way back', async () => {
    await fillScene();
    await visit(phone);
    await message('Snapshot of shop-demo').waitFor();
    expect(await page.getByRole('navigation').isVisible()).toBe(false);
    await keepScreenshot(page, 'playground-phone-channel');
    await page.getByRole('button', { name: /open thread/ }).tap();
    await thread().getByText('computeDiscounts').first().waitFor();
    expect(await page.getByRole('main').isVisible()).toBe(false);
    await page.waitForTimeout(200);
    await keepScreenshot(page, 'playground-phone-thread');
    await page.getByRole('link', { name: 'Back to the channel', exact: true }).tap();
    await page.getByRole('main').waitFor();
    await message('checkout is slow').getByRole('button', { name: 'Reply in thread' }).tap();
    await thread().getByRole('article').filter({ hasText: 'checkout is slow' }).waitFor();
    await page.getByRole('link', { name: 'Back to the channel', exact: true }).tap();
    await page.getByRole('link', { name: 'Back to the channels' }).tap();
    await page.getByRole('link', { name: 'general' }).tap();
    await page.getByRole('textbox', { name: 'Message #general' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  test.each([
    ['light', 'playground-desktop'],
    ['dark', 'playground-desktop-dark'],
  ] as const)('in %s everything can be named, focused and read', async (colorScheme, name) => {
    const { ts } = await fillScene();
    await visit({ ...desktop, colorScheme }, `/#${channel}/thread/${ts}`);
    await thread().getByText('computeDiscounts').first().waitFor();
    await page.waitForTimeout(200);
    await keepScreenshot(page, name);
    expect(await page.evaluate(findUnnamed)).toEqual([]);
    expect(await page.evaluate(findFaint)).toEqual([]);
    for (const role of ['navigation', 'main', 'complementary'] as const)
      expect(await page.getByRole(role).count()).toBe(1);
  });

  /** What a thread looks like when all went well. */
  async function fillScene(): Promise<{ ts: string }> {
    app = await connectBolt(playground, (bot) =>
      bot.command('/avalanche', ({ ack, command }) => ack(`On it: \`${command.text}\``)),
    );
    await playground.mention({
      channel,
      user: 'jonas',
      text: 'checkout is slow since 10:20, p99 is at 4 s. @maya can you look?',
    });
    await playground.typeCommand({ channel, text: '/avalanche snapshot shop-demo' });
    const { ts } = await client.chat.postMessage({
      channel,
      text: 'Snapshot of shop-demo',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Snapshot of shop-demo' } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '*computeDiscounts* takes *61 %* of the samples, 3 % when all was well.',
          },
        },
        {
          type: 'section',
          fields: [
            '*Pods*\n3 of 3',
            '*Samples*\n17,820 of `cpu-clock`',
            '*Window*\n60 s until 10:31',
            '*Lost*\n0.1 %',
          ].map((text) => ({ type: 'mrkdwn' as const, text })),
        },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: 'complete in 4.2 s · revision `9f2c1ab` · <https://example.com/x|open in explorer>',
            },
          ],
        },
        {
          type: 'actions',
          elements: [
            { type: 'button', style: 'primary', text: { type: 'plain_text', text: 'Compare' } },
            { type: 'button', style: 'danger', text: { type: 'plain_text', text: 'Stop' } },
          ],
        },
      ],
    });
    await uploadPicture(client, { channel_id: channel, thread_ts: ts! });
    await client.chat.postMessage({
      channel,
      thread_ts: ts!,
      text: 'Suspects',
      blocks: [
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '*1.* `computeDiscounts` 61 % (3 % when all was well)\n<https://example.com/src/cart.ts#L42|src/cart.ts:42> · _likely_',
          },
        },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_preformatted',
              elements: [
                {
                  type: 'text',
                  text: 'function computeDiscounts(cart) {\n  for (const item of cart.items)\n    for (const rule of rules) apply(item, rule);',
                },
              ],
            },
            {
              type: 'rich_text_quote',
              elements: [
                { type: 'text', text: 'Apply every rule to every item', style: { bold: true } },
                { type: 'text', text: '\nJonas Weber, 2 hours ago' },
              ],
            },
          ],
        },
      ],
    });
    await playground.mention({ channel, threadTs: ts!, text: 'that is mine, rolling back' });
    return { ts: ts! };
  }
});

/** Runs in the page: controls without a name, pictures without alternative text, ids used twice. */
function findUnnamed(): string[] {
  const name = (node: Element) =>
    node.getAttribute('aria-label') ?? (node.textContent?.trim() || node.getAttribute('alt'));
  const nameless = [
    ...document.querySelectorAll('button, a, textarea, select, [role], nav, main, aside'),
  ].filter((node) => node.checkVisibility() && !name(node));
  const pictures = [...document.querySelectorAll('img:not([alt])')];
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return [...nameless, ...pictures]
    .map((node) => node.outerHTML.slice(0, 120))
    .concat(ids.filter((id, row) => ids.indexOf(id) !== row));
}

/** Runs in the page: text with less contrast than WCAG AA asks of small text (4.5), against the nearest painted background. */
function findFaint(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const paint = (color: string) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]: number[]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = (value ?? 0) / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const background = (node: Element | null): number[] => {
    if (node === null) return paint(getComputedStyle(document.documentElement).backgroundColor);
    const color = paint(getComputedStyle(node).backgroundColor);
    return color[3] === 255 ? color : background(node.parentElement);
  };
  const hasText = (node: Element) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent?.trim());
  return [...document.querySelectorAll('body *')]
    .filter((node) => hasText(node) && node.checkVisibility({ opacityProperty: true }))
    .flatMap((node) => {
      const [light, dark] = [
        luminance(paint(getComputedStyle(node).color)),
        luminance(background(node)),
      ].toSorted((a, b) => b - a);
      const contrast = (light! + 0.05) / (dark! + 0.05);
      return contrast < 4.5 ? [`${contrast.toFixed(2)} ${node.outerHTML.slice(0, 100)}`] : [];
    });
}
