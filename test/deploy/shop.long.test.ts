import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startShop } from '../../deploy/demo/run-shop.ts';
import { loadCatalogue } from '../../deploy/demo/shop/catalogue.ts';
import { applyPriceRules as applyDeployed } from '../../deploy/demo/shop/deployed/discounts.ts';
import { applyPriceRules as applyHealthy } from '../../deploy/demo/shop/discounts.ts';
import { loadPriceRules } from '../../deploy/demo/shop/price-rules.ts';
import { buildShopHistory } from '../../deploy/demo/shop-history.ts';
import { have } from '../support/prerequisites.ts';
import { perfWorks, readRecorded, shareBelow } from './recorded.ts';

const now = Date.parse('2026-11-25T03:00:00Z');
let folder: string;
let history: Awaited<ReturnType<typeof buildShopHistory>>;

const git = (...words: string[]) =>
  execFileSync('git', ['-C', join(folder, 'shop'), ...words], { encoding: 'utf8' }).trim();

describe.skipIf(!have('git'))('the demo shop', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-shop-'));
    history = await buildShopHistory(join(folder, 'shop'), now);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('has a history of its own, the same each time', async () => {
    expect(await buildShopHistory(join(folder, 'again'), now)).toEqual(history);
    const commits = git('log', '--format=%an|%at')
      .split('\n')
      .map((line) => line.split('|'));
    expect(commits).toHaveLength(9);
    expect(new Set(commits.map(([author]) => author)).size).toBe(4);
    for (const [, seconds] of commits) expect(Number(seconds) * 1000).toBeLessThan(now - 20 * 3_600_000);
    expect(git('rev-parse', 'HEAD')).toBe(history.deployedRevision);
    expect(git('status', '--porcelain')).toBe('');
  });

  test('was made slow by one commit of the deploy, which wrote the lines of the planted function', () => {
    const { healthyRevision, deployedRevision, plantedFile, plantedFunction, plantedRevision } = history;
    const deploy = git('log', '--format=%H', `${healthyRevision}..${deployedRevision}`).split('\n');
    expect(deploy).toContain(plantedRevision);
    expect(git('log', '--format=%H', `${healthyRevision}..${deployedRevision}`, '--', plantedFile)).toBe(
      plantedRevision,
    );
    const blame = git('blame', '-s', '-l', `-L:${plantedFunction}`, deployedRevision, '--', plantedFile);
    expect(blame).toContain(plantedRevision);
  });

  test('gives discounts after the deploy that differ only where campaigns exclude each other', () => {
    const catalogue = loadCatalogue();
    const rules = loadPriceRules(catalogue.values());
    const plain = rules.map((rule) => ({ ...rule, excludes: [] }));
    const lines = [...catalogue.values()].slice(0, 60).map(({ sku, category, priceCents }, index) => {
      return { sku, category, quantity: 1 + (index % 5), cents: priceCents };
    });
    expect(applyDeployed(lines, plain)).toEqual(applyHealthy(lines, plain));
    expect(applyDeployed(lines, rules)).toHaveLength(lines.length);
  });

  test('starts nothing that stays when it cannot start', async () => {
    await expect(startShop({ ...shopOptions('v8', 'shop-broken'), port: 65_536 })).rejects.toThrow(
      /Cannot start the shop: it ended/,
    );
  });

  test.skipIf(!perfWorks)(
    'recorded with perf after the deploy, is hot in the planted function',
    () => expectPlantedHot('perf'),
    60_000,
  );

  test(
    'recorded with v8 after the deploy, is hot in the planted function',
    () => expectPlantedHot('v8'),
    60_000,
  );

  function shopOptions(engine: 'perf' | 'v8', podName: string) {
    return {
      repository: join(folder, 'shop'),
      revision: history.deployedRevision,
      checkoutFolder: join(folder, 'app'),
      logDirectory: join(folder, 'logs'),
      podName,
      engine,
      port: 0,
    };
  }

  async function expectPlantedHot(engine: 'perf' | 'v8'): Promise<void> {
    const podName = `shop-5d9c7b6f4-${engine}x8q`;
    const shop = await startShop(shopOptions(engine, podName));
    expect(shop.pod).toBe(podName);
    expect(await (await fetch(`${shop.url}/healthz`)).text()).toBe('ok');
    await setTimeout(6_500);
    const archive = join(folder, 'logs/shop', podName, 'perf-record.tar.gz');
    expect(existsSync(archive)).toBe(true);
    await shop.stop();
    await expect(fetch(`${shop.url}/healthz`)).rejects.toThrow();
    const recorded = await readRecorded(archive, history.plantedFunction);
    expect(recorded.description.revision).toBe(history.deployedRevision);
    expect(shareBelow(recorded)).toBeGreaterThan(0.3);
    expect(shareBelow(recorded)).toBeLessThan(0.85);
    expect(await readFile(join(folder, 'app', history.plantedFile), 'utf8')).toContain(
      history.plantedFunction,
    );
  }
});
