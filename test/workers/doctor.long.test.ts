import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { linesOf } from '../../deploy/demo/thread-printer.ts';
import { ApiServerDouble } from '../support/api-server.ts';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { keepScreenshot, openBrowser } from '../support/browser.ts';
import { type Container, canMakeContainers, startContainer } from '../support/containers.ts';
import { have } from '../support/prerequisites.ts';

const program = join(import.meta.dirname, '../../avalanche.ts');
const sleeper = [process.execPath, '-e', 'setInterval(() => {}, 1_000)'];

/** A real container with perf and a real node in it, a real bot, real workers; the cluster alone is a double. */
describe.skipIf(!canMakeContainers || !have('perf'))('doctor', { timeout: 180_000 }, () => {
  let cluster: ApiServerDouble;
  let container: Container;
  let avalanche: RunningAvalanche;
  let folder: string;
  let clusters: object[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-doctor-'));
    cluster = new ApiServerDouble();
    await cluster.start();
    container = await startContainer(sleeper);
    const record = { ephemeral: { image: 'perf:1' } };
    clusters = [{ kubeconfig: await cluster.kubeconfig(), namespaces: ['shop'], record }];
    avalanche = await startAvalanche({ applications: [{ name: 'shop' }], clusters });
  });
  afterAll(async () => {
    await avalanche?.stop();
    await container?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    cluster.forbidden.clear();
    cluster.pods = [{ name: 'shop-1', labels: { 'app.kubernetes.io/name': 'shop' }, enter: container.enter }];
  });

  // The tests spell the command differently: the same words within a few seconds are one command.

  /** Files in its /tmp, and processes, dead ones too. */
  const around = () =>
    container.run(
      'ls -A /tmp; ps -e -o stat=,comm= | sed "s/^[^Z]\\S* */alive /" | grep -vE "(ps|sh|grep|sed)$"',
    );

  test('typed in Slack leaves a container as it was, and says that node writes no symbol map', async () => {
    const before = around();
    const { summary, replies } = await avalanche.ask('/avalanche doctor shop-demo');
    expect(summary).toMatch(/^shop-demo: .*\d doubtful/);
    expect(summary).toMatch(/in order +perf by exec/);
    expect(summary).toContain('no /tmp/perf-PID.map of node');
    expect(summary).toContain('Start node with --perf-basic-prof');
    expect(replies.join('\n')).toContain('perf version');
    expect(replies.join('\n')).toContain('Nothing was recorded and nothing changed');
    expect(around()).toBe(before);
  });

  test('is asked again with its button once the right that was missing is there', async () => {
    cluster.forbidden.add('patch pods/ephemeralcontainers');
    const { summary, thread } = await avalanche.ask('/avalanche doctor shop --env demo');
    expect(summary).toMatch(/broken +rights in the cluster/);
    expect(summary).toContain('resources: ["pods/ephemeralcontainers"], verbs: ["patch"]');
    cluster.forbidden.clear();
    const { playground } = avalanche;
    const { ts } = thread[0]!;
    await playground.press({ channel: 'incidents', ts, actionId: 'doctor:1', user: 'jonas' });
    const answers = () =>
      playground.thread('incidents', ts).map((message) => linesOf(message, playground).join('\n'));
    await expect
      .poll(answers, { timeout: 30_000 })
      .toContainEqual(expect.stringMatching(/in order +rights in the cluster/));
  });

  test('of a cluster that answers nothing ends in time, and shows how far it is meanwhile', async () => {
    const { playground } = avalanche;
    cluster.delayMs = 60_000;
    try {
      const asked = avalanche.ask('/avalanche doctor shop -e demo', 90_000);
      const shown = () =>
        playground.messages('incidents').map((message) => linesOf(message, playground).join('\n'));
      await expect
        .poll(shown, { timeout: 15_000 })
        .toContainEqual(
          expect.stringMatching(/Looking at shop-demo: \d of 1\d steps done\n(.*\n)*looking +cluster/),
        );
      const { summary } = await asked;
      expect(summary).toMatch(/broken +cluster\n/);
      expect(summary).toMatch(/not tried +pods/);
      expect(summary).toContain('no answer in time');
      expect(summary).toMatch(/in order +files/);
    } finally {
      cluster.delayMs = 0;
    }
  });

  test('ends soon after it is cancelled', async () => {
    cluster.delayMs = 60_000;
    try {
      const asked = avalanche.ask('/avalanche doctor --env demo shop', 60_000);
      await expect
        .poll(async () => (await avalanche.engines.store.listRequests({ limit: 1 }))[0]?.state)
        .toBe('running');
      const [request] = await avalanche.engines.store.listRequests({ limit: 1 });
      await avalanche.playground.typeCommand({
        channel: 'incidents',
        text: `/avalanche cancel ${request!.id}`,
      });
      expect((await asked).summary).toContain('Cancelled: doctor');
    } finally {
      cluster.delayMs = 0;
    }
  });

  test('in a terminal prints the same, and exits with 1 while something is broken', async () => {
    const logs = join(folder, 'logs', 'shop', 'shop-1');
    await mkdir(logs, { recursive: true });
    const place = { kind: 'disk', root: join(folder, 'logs'), template: '$app/$pod/perf-record.tar.gz' };
    await writeFile(
      join(folder, 'avalanche.yaml'),
      stringify({
        environments: [
          { name: 'prod', logServers: [place] },
          { name: 'demo', clusters },
        ],
        applications: [{ name: 'shop' }],
      }),
    );
    const run = async (target: string) => {
      const child = spawn(process.execPath, [program, 'doctor', target], { cwd: folder });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      return { stdout, stderr, code };
    };
    const broken = await run('shop-prod');
    expect(broken.stdout).toMatch(/^shop-prod: 1 broken/);
    expect(broken.stdout).toMatch(/broken +log server: no recording of "shop"/);
    expect(broken.stderr).toContain('Looking at shop-prod');
    expect(broken.code).toBe(1);
    await writeFile(
      join(logs, 'perf-record.tar.gz'),
      await readFile(new URL('../data/own/perf-record.tar.gz', import.meta.url)),
    );
    const mended = await run('shop-prod');
    expect(mended.stdout).toMatch(/in order +newest recording/);
    expect(mended.code).toBe(0);
  });

  describe.skipIf(!have('chromium'))('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser.close());

    test.each([
      ['desktop', { viewport: { width: 1360, height: 1100 } }],
      [
        'phone',
        { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
      ],
    ])('fits the width of a %s', async (name, options) => {
      cluster.forbidden.add('create pods/exec');
      await avalanche.ask(`/avalanche doctor ${name === 'phone' ? '--env=demo shop' : 'shop --env=demo'}`);
      const page = await (await browser.newContext(options)).newPage();
      await page.goto(avalanche.playground.url);
      const message = page.getByRole('article').filter({ hasText: 'rights in the cluster' }).last();
      await message.getByRole('button', { name: 'Look again' }).scrollIntoViewIfNeeded();
      const table = message.locator('pre').first();
      const [inner, outer] = await table.evaluate((element) => [element.scrollWidth, element.clientWidth]);
      expect(inner).toBeLessThanOrEqual(outer!);
      await keepScreenshot(page, `doctor-${name}`);
      await page.context().close();
    });
  });
});
