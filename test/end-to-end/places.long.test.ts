import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { keepScreenshot, openBrowser } from '../support/browser.ts';
import { have } from '../support/prerequisites.ts';
import { packTar } from '../support/tar.ts';

const recording = join(import.meta.dirname, '../data/own/java-checkout.perf.txt.gz');

describe('what there is to take a snapshot of', { timeout: 90_000 }, () => {
  let avalanche: RunningAvalanche;

  beforeAll(async () => {
    avalanche = await startAvalanche({
      applications: [{ name: 'shop', environments: ['prod'] }, { name: 'cart' }],
    });
    const content = await readFile(recording);
    const archive = gzipSync(await packTar([{ name: 'tmp/perf.txt.gz', content }]));
    await avalanche.publish('shop', 'shop-1', archive);
  });
  afterAll(() => avalanche?.stop());

  test('is listed by app, environment and pod, and a button takes it', async () => {
    expect((await avalanche.ask('/avalanche apps')).private).toMatch(
      /2 applications[\s\S]*shop-prod[\s\S]*no snapshot yet/,
    );
    expect((await avalanche.ask('/avalanche env prod')).private).toContain(
      'path $env/$app/$pod/perf-record.tar.gz',
    );
    const { summary, thread } = await avalanche.ask('/avalanche pods shop');
    expect(summary).toContain('Pods of shop-prod: 1 can be recorded');
    expect(summary).toMatch(/shop-1: recorded \d+ seconds? ago/);
    const { playground } = avalanche;
    const { ts } = thread[0]!;
    await playground.press({ channel: 'incidents', ts, actionId: 'snapshot:1', user: 'jonas' });
    const replies = () => playground.thread('incidents', ts).map(({ text }) => text);
    await expect.poll(() => replies().join('\n'), { timeout: 40_000 }).toContain('Suspects in shop-prod');
    expect((await avalanche.ask('/avalanche apps shop')).private).toMatch(/• prod, just now: .*Checkout/);
  });

  test.skipIf(!have('chromium'))('fits a phone', async () => {
    const browser = await openBrowser();
    try {
      for (const viewport of [
        { width: 390, height: 844 },
        { width: 1280, height: 800 },
      ]) {
        const page = await browser.newPage({ viewport });
        await page.goto(avalanche.playground.url);
        await page.getByText('Pods of shop-prod').first().waitFor();
        const isWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
        expect(await page.evaluate(isWide)).toBe(false);
        await keepScreenshot(page, `places-${viewport.width}`);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});
