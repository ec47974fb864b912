import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startBot } from '../../bot/bot.ts';
import type { Message } from '../../bot/playground/model.ts';
import { type Playground, startPlayground } from '../../bot/playground/start-playground.ts';
import { linesOf } from '../../deploy/demo/thread-printer.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { readConfig } from '../../storage/read-config.ts';
import { startWorkers } from '../../workers/start-workers.ts';
import { have } from '../support/prerequisites.ts';

/** Real bot over real Socket Mode, real workers, real engines: the playground is only the other end of the wire. */
const data = new URL('../data/own/', import.meta.url);
const channel = 'incidents';

let folder: string;
let logs: string;
let playground: Playground;
let engines: Engines;
let stopBot: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-e2e-'));
  logs = join(folder, 'logs');
  const logServer = { kind: 'disk', root: logs, template: '$env/$app/$pod/perf-record.tar.gz' };
  await mkdir(logs);
  await writeFile(
    join(folder, 'avalanche.yaml'),
    stringify({
      environments: [
        { name: 'prod', logServers: [logServer] },
        { name: 'shop-prod', logServers: [logServer] },
      ],
      applications: [
        { name: 'checkout' },
        { name: 'text' },
        { name: 'quiet' },
        { name: 'leaving' },
        { name: 'absolute' },
        { name: 'linking' },
        { name: 'broken' },
        { name: 'mixed' },
        { name: 'odd' },
        { name: 'web', environments: ['shop-prod'] },
        { name: 'web-shop', environments: ['prod'] },
      ],
    }),
  );
  playground = await startPlayground();
  const config = readConfig({
    directory: folder,
    environment: {
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_APP_TOKEN: playground.appToken,
      SLACK_API_URL: playground.apiUrl,
    },
  });
  const log = pino({ level: 'silent' });
  engines = await openEngines(config);
  await startWorkers({ config, ...engines, log, now: Date.now });
  const bot = await startBot({ config, engines, log });
  stopBot = () => bot.stop();
}, 60_000);

afterAll(async () => {
  await stopBot?.();
  await engines?.close();
  await playground?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function publish(app: string, pod: string, archive: URL | Buffer): Promise<void> {
  const target = join(logs, 'prod', app, pod);
  await mkdir(target, { recursive: true });
  const path = join(target, 'perf-record.tar.gz');
  if (archive instanceof URL) await copyFile(archive, path);
  else await writeFile(path, archive);
}

async function tarGz(
  entries: { name: string; content: Buffer; type?: 'file' | 'symlink' }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, type = 'file' } of entries) {
    if (type === 'symlink') archive.entry({ name, type, linkname: '/etc/passwd' });
    else archive.entry({ name }, content);
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** Types a command and waits until its thread is complete or its answer is there. */
async function ask(
  text: string,
): Promise<{ summary: string; thread: Message[]; replies: string[]; private: string }> {
  const before = new Set(playground.messages(channel).map((message) => message.ts));
  await playground.typeCommand({ channel, text });
  const news = () => playground.messages(channel).filter((message) => !before.has(message.ts));
  for (const endAt = Date.now() + 30_000; Date.now() < endAt; await wait(50)) {
    const parent = news().find(
      (message) => message.visibleTo === null && message.user === playground.bot.userId,
    );
    const requests = await engines.store.listRequests({ limit: 1 });
    const isOver = requests[0]?.state === 'done' || requests[0]?.state === 'failed';
    const undelivered = await engines.store.listUndelivered(10);
    if (!isOver || undelivered.length > 0) continue;
    const thread = parent === undefined ? [] : playground.thread(channel, parent.ts);
    const [summary, ...replies] = thread.map((message) => linesOf(message, playground).join('\n'));
    const whispers = news().filter((message) => message.visibleTo !== null);
    return {
      summary: summary ?? '',
      thread,
      replies,
      private: whispers.map((message) => linesOf(message, playground).join('\n')).join('\n'),
    };
  }
  throw new Error(`Cannot wait longer for the answer to "${text}"`);
}

describe('a snapshot asked for in Slack', () => {
  test.skipIf(!have('perf'))('answers with verdict, picture and suspects in one thread', async () => {
    await publish('checkout', 'checkout-7d9f8b6c5-abcde', new URL('perf-record.tar.gz', data));
    const answer = await ask('/avalanche snapshot checkout-prod');

    expect(answer.private).toContain('checkout');
    expect(answer.summary).toContain('checkout-7d9f8b6c5-abcde');
    expect(answer.summary).toMatch(/1,7\d\d samples/);
    const picture = answer.thread.flatMap((message) => message.fileIds).map((id) => playground.file(id))[0];
    expect(picture?.mimetype).toBe('image/png');
    expect(answer.replies.some((reply) => /Checkout|Orders|Shop/.test(reply))).toBe(true);
    expect(answer.thread.length).toBeLessThanOrEqual(5);
  });

  test.skipIf(!have('perf'))('of a time range names what was hot in it', async () => {
    await publish('checkout', 'checkout-7d9f8b6c5-abcde', new URL('perf-record.tar.gz', data));
    const answer = await ask('/avalanche snapshot checkout-prod --from 5s --to 8s');
    expect(answer.replies.join('\n')).toContain('recomputeDiscounts');
  });

  test('takes an archive of text recordings, and names the pod that fails beside one that does not', async () => {
    const text = await readFile(new URL('java-checkout.perf.txt.gz', data));
    await publish('mixed', 'good', await tarGz([{ name: 'tmp/perf.txt.gz', content: text }]));
    await publish(
      'mixed',
      'cut',
      (await tarGz([{ name: 'tmp/perf.txt.gz', content: text }])).subarray(0, 20_000),
    );
    const answer = await ask('/avalanche snapshot mixed-prod');
    expect(answer.summary).toContain('1,557 samples');
    expect(answer.summary).toMatch(/cut\b/);
    expect(answer.thread.flatMap((message) => message.fileIds)).toHaveLength(1);
  });

  test('leaves nothing half-written behind', async () => {
    expect(
      await readdir(join(folder, '.avalanche', 'captures', String(process.pid))).catch(() => []),
    ).toEqual([]);
  });
});

describe('bad input ends in an answer that says what, why and what to do', () => {
  test.each([
    ['/avalanche snapshot chekout-prod', /checkout-prod/],
    ['/avalanche snapshot checkout-prdo', /checkout-prod/],
    ['/avalanche snapshot web-shop-prod', /web.*shop-prod|two ways|--env/s],
    ['/avalanche snapshot checkout-prod --befor 5m', /--before/],
    ['/avalanche snapsot checkout-prod', /snapshot/],
    ['/avalanche suspects 0192aaaa-0000-7000-8000-000000000000', /snapshot/i],
  ])('%s', async (typed, expected) => {
    const answer = await ask(typed);
    expect(`${answer.private}\n${answer.summary}`).toMatch(expected);
    expect(`${answer.private}\n${answer.summary}`).not.toMatch(/\bat .*\.ts:\d+/);
  });

  test('no archive: where it looked and what it found', async () => {
    const answer = await ask('/avalanche snapshot quiet-prod');
    expect(answer.summary).toContain('quiet');
    expect(answer.summary).toMatch(/Cannot find a recording/);
    expect(answer.summary).toContain('recorder');
  });

  test.each([
    ['leaving', '../../etc/cron.d/x', 'file' as const],
    ['absolute', '/etc/cron.d/x', 'file' as const],
    ['linking', 'tmp/perf/perf.data.1', 'symlink' as const],
  ])('hostile archive: %s', async (app, name, type) => {
    await publish(app, 'pod-1', await tarGz([{ name, content: Buffer.from('x'), type }]));
    const answer = await ask(`/avalanche snapshot ${app}-prod`);
    expect(answer.summary).toMatch(/Cannot/);
    expect(answer.summary).toContain('Look at who may write to the log volume');
    expect(answer.thread.flatMap((message) => message.fileIds)).toEqual([]);
  });

  test('no archive at all, but something else under its name', async () => {
    await publish('broken', 'pod-1', Buffer.from('<html>404</html>'));
    expect((await ask('/avalanche snapshot broken-prod')).summary).toMatch(/Cannot/);
  });

  test('an archive of an unknown format names what was tried', async () => {
    await publish(
      'odd',
      'pod-1',
      await tarGz([{ name: 'tmp/notes.txt', content: Buffer.from('hello\nthere\n') }]),
    );
    const answer = await ask('/avalanche snapshot odd-prod');
    expect(answer.summary).toMatch(/Cannot/);
  });
});

describe('the other commands', () => {
  test.each([
    ['/avalanche help', /snapshot[\s\S]*suspects[\s\S]*list[\s\S]*status/],
    ['/avalanche help snapshot', /--before/],
    ['/avalanche status', /embedded|PGlite|pglite/i],
    ['/avalanche list', /mixed|checkout/],
  ])('%s', async (typed, expected) => {
    expect((await ask(typed)).private).toMatch(expected);
  });

  test('a mention in a thread is answered in that thread', async () => {
    const { ts } = await playground.mention({ channel, text: '@avalanche status' });
    await expect
      .poll(
        () =>
          playground.thread(channel, ts).filter((message) => message.user === playground.bot.userId).length,
        {
          timeout: 10_000,
        },
      )
      .toBe(1);
  });
});
