import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf } from '../../deploy/demo/thread-printer.ts';
import { limitsSchema } from '../../storage/config.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { have } from '../support/prerequisites.ts';
import { packTar, type TarEntry } from '../support/tar.ts';

const channel = 'incidents';
const recording = (name: string) => readFile(new URL(`../data/own/${name}`, import.meta.url));

let avalanche: RunningAvalanche;
const { ask, publish }: Pick<RunningAvalanche, 'ask' | 'publish'> = {
  ask: (text) => avalanche.ask(text),
  publish: (app, pod, archive) => avalanche.publish(app, pod, archive),
};

/** Where builds put what they recorded. */
const artifacts = createServer((_, response) =>
  response.end('main;handle;parse 300\nmain;handle;render 100\n'),
);

beforeAll(async () => {
  await new Promise<void>((resolve) => void artifacts.listen(0, '127.0.0.1', resolve));
  const names = [
    'checkout',
    'text',
    'quiet',
    'leaving',
    'absolute',
    'linking',
    'broken',
    'mixed',
    'odd',
    'uneven',
  ];
  avalanche = await startAvalanche({
    downloads: [{ url: artifactsUrl(), private: true }],
    applications: [
      ...names.map((name) => ({ name })),
      { name: 'web', environments: ['shop-prod'] },
      { name: 'web-shop', environments: ['prod'] },
    ],
  });
}, 60_000);
afterAll(async () => {
  await avalanche?.stop();
  artifacts.closeAllConnections();
  artifacts.close();
});

const artifactsUrl = () => `http://127.0.0.1:${(artifacts.address() as AddressInfo).port}/builds`;

const tarGz = async (entries: readonly TarEntry[]) => gzipSync(await packTar(entries));

describe('a snapshot asked for in Slack', () => {
  test('is of a recording named by its URL, from where that is allowed', async () => {
    const url = `${artifactsUrl()}/7/cpu.folded`;
    const answer = await ask(`/avalanche snapshot odd-prod --url ${url}`);
    expect(answer.private).toContain(`from ${url}`);
    expect(answer.summary).toMatch(/Recorded: cpu\.folded, 400 samples/);
    const elsewhere = await ask('/avalanche snapshot odd-prod --url https://evil.example/x.perf');
    expect(elsewhere.summary).toContain(`it lies below none of ${artifactsUrl()}`);
    expect(elsewhere.summary).toContain('DOWNLOAD_REFUSED');
  });

  test.skipIf(!have('perf'))('answers with verdict, picture and suspects in one thread', async () => {
    await publish('checkout', 'checkout-7d9f8b6c5-abcde', await recording('perf-record.tar.gz'));
    const answer = await ask('/avalanche snapshot checkout-prod');

    expect(answer.private).toContain('checkout');
    expect(answer.summary).toContain('checkout-7d9f8b6c5-abcde');
    expect(answer.summary).toMatch(/1,7\d\d samples/);
    const picture = answer.thread
      .flatMap((message) => message.fileIds)
      .map((id) => avalanche.playground.file(id))[0];
    expect(picture?.mimetype).toBe('image/png');
    expect(answer.replies.some((reply) => /Checkout|Orders|Shop/.test(reply))).toBe(true);
    expect(answer.thread.length).toBeLessThanOrEqual(5);
  });

  test.skipIf(!have('perf'))('of a time range names what was hot in it', async () => {
    await publish('checkout', 'checkout-7d9f8b6c5-abcde', await recording('perf-record.tar.gz'));
    const answer = await ask('/avalanche snapshot checkout-prod --from 5s --to 8s');
    expect(answer.replies.join('\n')).toContain('recomputeDiscounts');
  });

  test('takes an archive of text recordings, and names the pod that fails beside one that does not', async () => {
    const text = await recording('java-checkout.perf.txt.gz');
    await publish('mixed', 'good', await tarGz([{ name: 'tmp/perf.txt.gz', content: text }]));
    await publish(
      'mixed',
      'cut',
      (await tarGz([{ name: 'tmp/perf.txt.gz', content: text }])).subarray(0, 20_000),
    );
    const answer = await ask('/avalanche snapshot mixed-prod');
    expect(answer.summary).toContain('1,557 samples');
    expect(answer.summary).toMatch(/cut\b/);
    expect(answer.summary).toMatch(/second 4\.5 to 7\.0, mostly Checkout\.recomputeDiscounts/);
    expect(answer.summary).toContain('@avalanche suspects --from 4.4s --to 7s');
    const pictures = answer.thread.flatMap((message) => message.fileIds);
    expect(pictures.map((id) => avalanche.playground.file(id)?.name).sort()).toEqual([
      'flame-graph-mixed-prod.png',
      'heatmap-mixed-prod.png',
    ]);
  });

  test('shows the pod that does something else than the others', async () => {
    const java = await recording('java-checkout.perf.txt.gz');
    const node = await recording('node26-orders.perf.txt.gz');
    for (const [pod, content] of [
      ['even-1', java],
      ['even-2', java],
      ['odd-1', node],
    ] as const) {
      await publish('uneven', pod, await tarGz([{ name: 'tmp/perf.txt.gz', content }]));
    }
    const answer = await ask('/avalanche snapshot uneven-prod');
    const captions = answer.replies.filter((reply) => reply.includes('Pods of uneven in prod'));
    expect(captions.join()).toMatch(/One stands out. odd-1: .*elsewhere 0 %/);
    expect(answer.thread.length).toBeLessThanOrEqual(5);
  });

  test('goes on with buttons and short words in its thread', async () => {
    const { playground } = avalanche;
    const shown = playground
      .messages(channel)
      .find(
        (message) => message.visibleTo === null && linesOf(message, playground).join().includes('mixed-prod'),
      )!;
    const thread = () => playground.thread(channel, shown.ts);
    const said = () => thread().map((message) => linesOf(message, playground).join('\n'));
    const pressed = thread().find(
      ({ blocks, fileIds }) => fileIds.length > 0 && JSON.stringify(blocks).includes('zoom:1'),
    )!;
    await playground.press({ channel, ts: pressed.ts, actionId: 'zoom:1', user: 'jonas' });
    await expect
      .poll(() => said().join('\n'), { timeout: 20_000 })
      .toMatch(
        /burst 1, 4\.4 s to 7 s: mostly Checkout.recomputeDiscounts, 64 % \(elsewhere 0 %\)[\s\S]*Suspects in this part/,
      );
    for (const words of ['@avalanche 4.4s-7s only good without recompute', '@avalanche without sunshine']) {
      await playground.mention({ channel, threadTs: shown.ts, text: words });
    }
    // Whichever is answered first.
    for (const answer of ['only pod good, without "recompute": ', 'no function or module is called so']) {
      await expect.poll(() => said().join('\n'), { timeout: 20_000 }).toContain(answer);
    }
    await expect
      .poll(
        () =>
          thread()
            .flatMap(({ fileIds }) => fileIds)
            .map((id) => playground.file(id)?.name),
        { timeout: 20_000 },
      )
      .toEqual([...Array(2).fill(expect.anything()), ...Array(2).fill('flame-graph-mixed-prod-part.png')]);
  }, 60_000);

  test('compares a part of it with the rest, in one thread with the picture', async () => {
    const answer = await ask('/avalanche diff mixed-prod --from 5s --to 8s');
    expect(answer.summary).toContain('Checkout.recomputeDiscounts grew most');
    // Slack shows a file a moment after it was shared.
    const { thread, file } = avalanche.playground;
    const pictures = () => thread(channel, answer.thread[0]!.ts).flatMap((message) => message.fileIds);
    await expect
      .poll(() => pictures().map((id) => file(id)?.name), { timeout: 10_000 })
      .toEqual(['difference-mixed-prod.png']);
  });

  test('is packed for the post-mortem: report, pictures, profiles that other tools read', async () => {
    const { playground } = avalanche;
    const answer = await ask('/avalanche export mixed-prod');
    expect(answer.summary).toMatch(/mixed-prod is packed for the post-mortem: 6 files, \d+ kB/);
    const uploaded = () =>
      playground
        .thread(channel, answer.thread[0]!.ts)
        .flatMap(({ fileIds }) => fileIds.map((id) => playground.file(id)!));
    await expect.poll(() => uploaded().length, { timeout: 10_000 }).toBe(1);
    const bundle = uploaded()[0]!;
    expect(bundle.name).toMatch(/^mixed-prod-\d{4}-\d\d-\d\d-\d{4}\.zip$/);

    const folder = bundle.name.slice(0, -'.zip'.length);
    const entries = unzipSync(bundle.bytes);
    expect(Object.keys(entries)).toEqual(
      [
        'report.md',
        'flame-graph.png',
        'heatmap.png',
        'flame-graph.svg',
        'cpu.pb.gz',
        'profile.speedscope.json.gz',
      ].map((name) => `${folder}/${name}`),
    );
    const report = Buffer.from(entries[`${folder}/report.md`]!).toString();
    expect(report).toMatch(/^# `mixed-prod`, snapshot of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n\n\*\*.+\*\*\n/);
    expect(report).toMatch(/## Suspects\n\n[\s\S]*1\. `Checkout\.\w+`: \d+ %.*\n {3}- place unknown\n/);
    expect(report).toMatch(/## Bursts\n\n1\. second 4\.5 to 7\.0.*: `Checkout\.recomputeDiscounts`/);
    expect(report).toMatch(/- `cut`: not captured\. Cannot/);
    expect(report).toMatch(
      /## Who asked what\n\n[\s\S]*: `snapshot mixed-prod`, done[\s\S]*only good without/,
    );
    for (const name of ['cpu.pb.gz', 'profile.speedscope.json.gz']) {
      const path = join(avalanche.folder, name);
      await writeFile(path, entries[`${folder}/${name}`]!);
      const limits = limitsSchema.parse({});
      const profile = await ingestFile(path, { limits, workDirectory: avalanche.folder });
      expect(sumSamples(profile)).toBe(1_557);
    }
  }, 60_000);

  test('is pinned by button, listed as pinned, and unpinned by the button of the answer', async () => {
    const { playground } = avalanche;
    const [snapshot] = await avalanche.engines.store.listSnapshots({ app: 'mixed', limit: 1 });
    const stored = () => avalanche.engines.store.findSnapshot(snapshot!.id);
    const { threadTs } = (await avalanche.engines.store.findRequest(snapshot!.requestId))!;
    const press = async (actionId: string, user: string) => {
      const [shown] = playground
        .thread(channel, threadTs!)
        .filter(({ blocks }) => JSON.stringify(blocks).includes(`"${actionId}"`));
      await playground.press({ channel, ts: shown!.ts, actionId, user });
    };
    const said = () => playground.thread(channel, threadTs!).map((one) => linesOf(one, playground).join());
    await press('pin:1', 'jonas');
    await expect
      .poll(() => said().join('\n'), { timeout: 10_000 })
      .toMatch(/mixed-prod of .* is pinned: it is kept until somebody unpins it/);
    expect((await stored())?.pinnedBy).toBe('U0JONAS');
    expect((await ask('/avalanche list mixed-prod')).private).toMatch(/pinned just now/);
    expect((await ask('/avalanche pin mixed-prod')).private).toMatch(/was pinned already, just now/);
    await press('unpin:1', 'maya');
    await expect.poll(() => said().join('\n'), { timeout: 10_000 }).toContain('is not pinned any more');
    expect((await stored())?.pinnedAt).toBeNull();
    expect((await ask('/avalanche unpin mixed-prod')).private).toContain('was not pinned');
  }, 60_000);

  test('leaves nothing half-written behind', async () => {
    expect(
      await readdir(join(avalanche.folder, '.avalanche', 'captures', String(process.pid))).catch(() => []),
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
    await publish(
      app,
      'pod-1',
      await tarGz([{ name, content: 'x', type, ...(type === 'symlink' ? { linkname: '/etc/passwd' } : {}) }]),
    );
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
    await publish('odd', 'pod-1', await tarGz([{ name: 'tmp/notes.txt', content: 'hello\nthere\n' }]));
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
    const { ts } = await avalanche.playground.mention({ channel, text: '@avalanche status' });
    const answers = () =>
      avalanche.playground.thread(channel, ts).filter(({ user }) => user === avalanche.playground.bot.userId);
    await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(1);
  });
});
