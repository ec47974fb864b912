import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawDifferentialPicture, drawFlameGraphPicture } from '../../workers/snapshot/picture.ts';
import { keepScreenshot, openBrowser } from '../support/browser.ts';
import { differentialOf, differentialOptionsOf } from './differential-input.ts';
import { inputOf, optionsOf } from './flame-graph-input.ts';

const stacks = `
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts;lib:Decimal.round 38
  rt:start;rt:loop;handleCheckout;applyRules;computeDiscounts 17
  rt:start;rt:loop;handleCheckout;lib:Decimal.round 5
  rt:start;rt:loop;handleSearch;lib:Index.find 32
  rt:start;?:[unknown] 8`;

let browser: Browser;
let folder: string;
let problems: string[];

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), 'avalanche-svg-'));
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openSvg(bytes: Uint8Array): Promise<Page> {
  const path = join(folder, `${crypto.randomUUID()}.svg`);
  await writeFile(path, bytes);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => problems.push(message.text()));
  await page.goto(pathToFileURL(path).href);
  return page;
}

const openShop = async () =>
  await openSvg((await drawFlameGraphPicture({ input: inputOf(stacks), kind: 'svg', ...optionsOf() })).bytes);

/** Names of the frames that the script draws, with their width as a share of the widest. */
async function zoomedFrames(page: Page): Promise<Map<string, number>> {
  const boxes = await page.locator('g[role=button]').evaluateAll((groups) =>
    groups.map((group) => ({
      name: group.getAttribute('aria-label')!.split(' · ')[0]!,
      widthPx: group.querySelector('rect')!.getBoundingClientRect().width,
    })),
  );
  const widest = Math.max(...boxes.map(({ widthPx }) => widthPx));
  return new Map(boxes.map(({ name, widthPx }) => [name, widthPx / widest]));
}

describe('a flame graph as SVG, in a browser', () => {
  test('takes a clicked frame to the full width, and goes back', async () => {
    const page = await openShop();
    await page.locator('.box', { hasText: 'handleCheckout' }).click();
    const frames = await zoomedFrames(page);
    expect(frames.get('handleCheckout')).toBeCloseTo(1, 2);
    expect(frames.get('computeDiscounts')).toBeCloseTo(55 / 60, 1);
    expect(frames.get('start')).toBeCloseTo(1, 2);
    expect(frames.has('handleSearch')).toBe(false);
    await page.mouse.move(0, 0);
    expect(await page.locator('text', { hasText: 'handleCheckout · 60 %' }).count()).toBe(1);
    await keepScreenshot(page, 'flame-graph-svg-zoomed');

    await page.keyboard.press('Escape');
    expect(await page.locator('g[role=button]').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('counts what matches once, wherever it is called from', async () => {
    const page = await openShop();
    await page.keyboard.press('/');
    await page.keyboard.type('compute|round');
    expect(await page.locator('text', { hasText: /^60 % match$/ }).count()).toBe(1);
    await keepScreenshot(page, 'flame-graph-svg-search');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('[unk');
    expect(await page.locator('text', { hasText: /^8.0 % match$/ }).count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('can be walked with the keyboard', async () => {
    const page = await openShop();
    await page.locator('.box', { hasText: 'start' }).click();
    await page.locator('g[role=button]', { hasText: 'handleSearch' }).focus();
    expect(await page.locator('text', { hasText: 'handleSearch · 32 %' }).count()).toBe(1);
    await page.keyboard.press('Enter');
    expect((await zoomedFrames(page)).get('Index.find')).toBeCloseTo(1, 2);
    expect(problems).toEqual([]);
  });

  test('says what became of a frame in a differential', async () => {
    const input = differentialOf('main;parse 600\nmain;sort 400', 'main;sort 400\nmain;sum 600', ['sum']);
    const page = await openSvg(
      (await drawDifferentialPicture({ input, kind: 'svg', ...differentialOptionsOf() })).bytes,
    );
    await page.locator('.box', { hasText: 'sum' }).hover();
    expect(await page.locator('text', { hasText: 'was 0 %, +60 points' }).count()).toBe(1);
    await keepScreenshot(page, 'differential-svg');
    expect(problems).toEqual([]);
  });
});
