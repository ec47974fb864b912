import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openExplorerServer } from '../../../bot/explorer/open-explorer-server.ts';
import type { Subject } from '../../../bot/explorer/subject.ts';
import { limitsSchema } from '../../../storage/config.ts';
import { encodeProfile } from '../../../storage/profile/codec.ts';
import { createFileTools } from '../../../workers/file-tools.ts';
import { keepScreenshot, openBrowser } from '../../support/browser.ts';
import { have } from '../../support/prerequisites.ts';
import { profileOf } from '../../support/profiles.ts';

const desktop = { viewport: { width: 1360, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const hostile = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>"\'\u202e\u0000';

describe.skipIf(!have('chromium'))('the explorer page', { timeout: 90_000 }, () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof openExplorerServer>>;
  const closing: (() => Promise<void>)[] = [];
  let page: Page;
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    const tools = createFileTools(limitsSchema.parse({}));
    const recorded = 'test/data/own/java-checkout.perf.txt.gz';
    const settings = { signal: new AbortController().signal, terminalDirectory: process.cwd() };
    const { exploration, ...found } = await tools.explore(recorded, { baseline: recorded }, settings);
    const checkout: Subject = { ...found, title: 'checkout-prod', fileName: 'checkout-prod' };
    const nasty = profileOf(`@0 web/1: main;${hostile.replaceAll(/[;\s]/g, '')} 3\n@900 web/1: main 1`);
    nasty.frames.name[1] = hostile;
    nasty.threads[0]!.comm = hostile;
    const suspect = {
      rank: 1,
      function: hostile,
      file: hostile,
      line: 1,
      share: 0.75,
      baselineShare: null,
      sampleCount: 3,
      confidence: 'weak' as const,
      evidence: [hostile],
      commit: { id: hostile, subject: hostile, author: hostile, date: hostile },
      url: 'javascript:window.hit=1',
      snippet: null,
    };
    const hostileSubject: Subject = {
      recording: {
        key: 'hostile',
        read: async () => encodeProfile(nasty),
        application: null,
        baseline: null,
        suspects: [suspect],
      },
      title: hostile,
      fileName: 'x',
      verdict: hostile,
      suspects: [suspect],
      bursts: [
        {
          fromMs: 0,
          toMs: 500,
          busyRatio: 3,
          functions: [{ function: hostile, share: 1, shareElsewhere: 0 }],
        },
      ],
    };
    const subjects: Record<string, Subject> = { checkout, hostile: hostileSubject };
    server = await openExplorerServer({
      host: '127.0.0.1',
      port: 0,
      exploration,
      openSubject: async (token) => subjects[token] ?? null,
      log: pino({ level: 'silent' }),
    });
    closing.push(
      () => server.close(),
      () => exploration.close(),
    );
  });
  afterAll(async () => {
    await browser.close();
    for (const close of closing) await close();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  async function visit(options: BrowserContextOptions = desktop, path = 'checkout/'): Promise<void> {
    complaints = [];
    page = await (await browser.newContext(options)).newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${server.url}/s/${path}`);
    await painted();
  }

  const poll = <Value>(read: () => Value | Promise<Value>) => expect.poll(read, { timeout: 15_000 });
  const painted = () => page.waitForFunction(() => performance.getEntriesByName('first-flame').length > 0);
  const flame = () => page.getByRole('application', { name: /^Flame graph/ });
  const heatmap = () => page.getByRole('application', { name: /^Heatmap/ });
  const detail = () => page.locator('#frame');
  const note = () => page.locator('#flame .note');
  const query = () => new URL(page.url()).searchParams;

  /** Serious and worse; the page's policy allows no script of ours from here, so axe comes through the debugger. */
  async function findBarriers(): Promise<string[]> {
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const runner = (
        globalThis as unknown as {
          axe: {
            run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        }
      ).axe;
      return (await runner.run()).violations;
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  }

  test('opens with heatmap, burst and flame graph, and nothing stands in the way of anybody', async () => {
    await visit();
    await page.getByRole('heading', { name: 'checkout-prod' }).waitFor();
    await page.getByRole('button', { name: /^Burst 1/ }).waitFor();
    expect(await note().textContent()).toMatch(/1,557 samples/);
    await keepScreenshot(page, 'explorer-desktop');
    expect(await findBarriers()).toEqual([]);
  });

  test('a range drawn over the heatmap is what the flame graph shows, and stands in the address', async () => {
    await visit();
    await heatmap().scrollIntoViewIfNeeded();
    const box = (await heatmap().boundingBox())!;
    const second = box.width / 19;
    await page.mouse.move(box.x + second * 4.5, box.y + box.height - 2);
    await page.mouse.down();
    await page.mouse.move(box.x + second * 6.5, box.y + 2, { steps: 4 });
    await page.mouse.up();
    await poll(() => query().get('from')).toBe('4000');
    expect(query().get('to')).toBe('7000');
    await poll(() => note().textContent()).not.toMatch(/1,557/);
    const shown = await note().textContent();
    await page.reload();
    await painted();
    await poll(() => note().textContent()).toBe(shown);
    await page.goBack();
    await poll(() => note().textContent()).toMatch(/1,557/);
  });

  test('a burst is one press away', async () => {
    await visit();
    await page.getByRole('button', { name: /^Burst 1/ }).click();
    await poll(() => query().get('from')).toMatch(/^4/);
    await page.getByRole('button', { name: /^Remove: 4/ }).click();
    await poll(() => query().size).toBe(0);
  });

  test('everything can be reached with the keyboard alone', async () => {
    await visit();
    await flame().focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowLeft'])
      await page.keyboard.press(key);
    await poll(() => detail().textContent()).toMatch(/start_thread/);
    await page.keyboard.press('Enter');
    await poll(() => query().get('zoom')).not.toBeNull();
    // Out to the next caller that is wider, and from there to all.
    while (query().get('zoom') !== null) await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('discount');
    await poll(() => note().textContent()).toMatch(/match/);
    await keepScreenshot(page, 'explorer-desktop-search');
    await page.keyboard.press('Escape');
    await poll(() => query().get('search')).toBeNull();
    await heatmap().focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Enter'])
      await page.keyboard.press(key);
    await poll(() => query().get('from')).toBe('2000');
    expect(query().get('to')).toBe('4020');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Help' }).waitFor();
    expect(await findBarriers()).toEqual([]);
    await keepScreenshot(page, 'explorer-desktop-help');
    await page.keyboard.press('Escape');
    await page.keyboard.press('2');
    await page.getByRole('table').waitFor();
  });

  test('a click zooms, and the graph is asked for again at that zoom', async () => {
    await visit();
    const box = (await flame().boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.85, box.y + 30);
    await poll(() => query().get('zoom')).not.toBeNull();
    await poll(() => detail().textContent()).toMatch(/C2 Compiler/);
    await keepScreenshot(page, 'explorer-desktop-zoom');
    const shared = page.url();
    await page.goto('about:blank');
    await page.goto(shared);
    await painted();
    expect(await note().textContent()).toMatch(/too narrow|1,557/);
  });

  test('callers, difference, table, timeline', async () => {
    await visit();
    await page.getByText('Callers', { exact: true }).click();
    await poll(() => query().get('kind')).toBe('callers');
    await keepScreenshot(page, 'explorer-desktop-callers');
    await page.getByText('Difference', { exact: true }).click();
    await poll(() => note().textContent()).toMatch(/against java-checkout/);
    await keepScreenshot(page, 'explorer-desktop-difference');
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.getByRole('button', { name: 'Sort by Total, change' }).click();
    await page.getByText('Calls', { exact: true }).click();
    await page.getByRole('button', { name: 'Sort by Self', exact: true }).waitFor();
    await keepScreenshot(page, 'explorer-desktop-table');
    expect(await findBarriers()).toEqual([]);
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByRole('button', { name: /^Only http/ }).waitFor();
    await keepScreenshot(page, 'explorer-desktop-timeline');
    expect(await findBarriers()).toEqual([]);
    await page.getByRole('button', { name: /^Only http/ }).click();
    await poll(() => note().textContent()).not.toMatch(/1,557/);
  });

  test('pictures are saved as they stand in a thread, and speedscope opens with the same recording', async () => {
    await visit();
    const menu = page.locator('summary', { hasText: 'Save' });
    for (const [label, beginning] of [
      ['PNG picture', '\u0089PNG'],
      ['SVG picture', '<?xml'],
      ['folded stacks', ''],
    ] as const) {
      await menu.click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByText(label, { exact: true }).click(),
      ]);
      const content = readFileSync((await download.path())!);
      expect(content.length).toBeGreaterThan(1_000);
      if (beginning !== '') expect(content.toString('latin1').slice(0, 200)).toMatch(/PNG|<svg|<\?xml/);
      if (label !== 'folded stacks')
        await download.saveAs(`test/output/explorer-saved.${label.slice(0, 3).toLowerCase()}`);
      else await page.keyboard.press('Escape');
    }
    await menu.click();
    const [opened] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByText('Open in speedscope').click(),
    ]);
    opened.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await poll(() => opened.title()).toMatch(/checkout/);
    await opened.waitForTimeout(1_000);
    await keepScreenshot(opened, 'explorer-speedscope');
  });

  test('on a phone, in the dark: a tap tells, a second one zooms, and nothing is wider than the screen', async () => {
    await visit({ ...phone, colorScheme: 'dark' });
    await page.getByRole('button', { name: /^Burst 1/ }).waitFor();
    await keepScreenshot(page, 'explorer-phone');
    expect(await findBarriers()).toEqual([]);
    await flame().scrollIntoViewIfNeeded();
    const box = (await flame().boundingBox())!;
    await page.touchscreen.tap(box.x + 40, box.y + 40);
    await poll(() => detail().textContent()).toMatch(/http-nio/);
    expect(query().get('zoom')).toBeNull();
    await page.touchscreen.tap(box.x + 40, box.y + 40);
    await poll(() => query().get('zoom')).not.toBeNull();
    await keepScreenshot(page, 'explorer-phone-flame');
    for (const name of ['Table', 'Timeline', 'Flame graph']) {
      await page.getByRole('tab', { name }).tap();
      await page.waitForTimeout(300);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      if (name !== 'Flame graph') await keepScreenshot(page, `explorer-phone-${name.toLowerCase()}`);
    }
  });

  test('what names say is text and nothing else, everywhere', async () => {
    await visit(desktop, 'hostile/');
    await page.getByRole('button', { name: /^Burst 1/ }).waitFor();
    await flame().focus();
    for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowDown');
    await page.getByRole('button', { name: /^Find suspect 1/ }).click();
    await page.getByRole('searchbox').fill('');
    await poll(() => query().get('search')).toBeNull();
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.getByRole('table').waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByRole('button', { name: /^Only/ }).waitFor();
    await keepScreenshot(page, 'explorer-desktop-hostile');
    expect(await page.evaluate(() => (globalThis as { hit?: number }).hit)).toBeUndefined();
    expect(await page.locator('img, a[href^=javascript]').count()).toBe(0);
  });

  test('a search that cannot be is told, and the page goes on', async () => {
    await visit();
    await page.getByRole('searchbox').fill('(');
    await page
      .getByRole('alert')
      .getByText(/Cannot search/)
      .waitFor();
    await page.getByRole('searchbox').fill('Discount');
    await poll(() => note().textContent()).toMatch(/match/);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    // Two refusals stand in the browser's console, as they should.
    complaints = complaints.filter((complaint) => !complaint.includes('422'));
  });
});
