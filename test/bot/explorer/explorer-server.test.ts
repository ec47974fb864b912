import { get } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LinkSigner } from '../../../bot/explorer/link-signer.ts';
import { openExplorerServer } from '../../../bot/explorer/open-explorer-server.ts';
import type { Subject } from '../../../bot/explorer/subject.ts';
import { encodeProfile } from '../../../storage/profile/codec.ts';
import type {
  Exploration,
  HeatmapAnswer,
  TimelineAnswer,
  TopAnswer,
  TreeAnswer,
} from '../../../workers/exploration.ts';
import { openExploration } from '../../../workers/explore/open-exploration.ts';
import { profileOf } from '../../support/profiles.ts';

const hostile = '<img src=x onerror=alert(1)>';
const recorded = profileOf(`
  @0    web/1: main;handle;parse 3
  @40   web/1: main;handle;render 1
  @1000 web/2: main;handle;parse 2
  @2500 db/3:  main;query;${hostile} 4`);
const healthy = profileOf(`
  @0    web/1: main;handle;parse 1
  @1000 web/1: main;handle;render 9`);

describe('the explorer over HTTP', () => {
  const signer = new LinkSigner(['key']);
  let exploration: Exploration;
  let server: Awaited<ReturnType<typeof openExplorerServer>>;
  let revoked = false;
  let page: string;

  const subject: Subject = {
    recording: {
      key: 'a',
      read: async () => encodeProfile(recorded),
      application: null,
      baseline: { key: 'b', name: 'the day before', read: async () => encodeProfile(healthy) },
      suspects: [{ rank: 1, function: 'parse' }],
    },
    title: `shop-prod ${hostile}`,
    fileName: 'shop-prod',
    verdict: null,
    suspects: [],
    bursts: [],
  };

  beforeAll(async () => {
    exploration = openExploration({ cacheBytes: 1e8 });
    server = await openExplorerServer({
      host: '127.0.0.1',
      port: 0,
      exploration,
      openSubject: async (token) =>
        !revoked && signer.verify(token, Date.now())?.subject === 'snapshot-1' ? subject : null,
      log: pino({ level: 'silent' }),
    });
    const now = Date.now();
    page = `${server.url}/s/${signer.sign({ subject: 'snapshot-1', issuedAt: now, expiresAt: now + 60_000 })}/`;
  });
  afterAll(async () => {
    await server.close();
    await exploration.close();
  });

  const ask = async <Answer>(path: string): Promise<Answer> => {
    const response = await fetch(`${page}api/${path}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  };
  const shapeOf = ({ names, label, total, parent }: TreeAnswer) =>
    label.map((of, row) => `${row} ${names[of]} ${total[row]} on ${parent[row]}`);

  test('the page has no script in it, and may run none but ours', async () => {
    const response = await fetch(page);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
    expect(html).not.toMatch(/\son\w+=|style=|https?:/);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test('every module that the page names is there, as JavaScript', async () => {
    const html = await (await fetch(page)).text();
    const modules = [...html.matchAll(/href="(\.\.\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(modules.length).toBeGreaterThan(20);
    const answers = await Promise.all(modules.map((path) => fetch(new URL(path, page))));
    expect(answers.map(({ status }) => status)).toEqual(modules.map(() => 200));
    const main = await (await fetch(new URL('../assets/bot/explorer/page/main.ts', page))).text();
    expect(main).not.toMatch(/import type|: PageState/);
  });

  test('assets are of a list: nothing else of the machine is one', async () => {
    for (const path of [
      'package.json',
      'bot/explorer/link-signer.ts',
      '../../package.json',
      '%2e%2e/package.json',
    ]) {
      expect((await fetch(`${server.url}/s/assets/${path}`)).status).toBe(404);
    }
  });

  test('a link that opens nothing looks like any path that is not there', async () => {
    const past = signer.sign({ subject: 'snapshot-1', issuedAt: 0, expiresAt: 1_000 });
    const other = signer.sign({ subject: 'snapshot-2', issuedAt: 0, expiresAt: Date.now() + 60_000 });
    const forged = new LinkSigner(['guess']).sign({ subject: 'snapshot-1', issuedAt: 0, expiresAt: 1e13 });
    const answers: string[] = [];
    for (const path of [past, other, forged, 'nonsense', `${past}/api/tree`, '../nowhere']) {
      const response = await fetch(`${server.url}/s/${path}/`);
      answers.push(`${response.status} ${await response.text()}`);
    }
    revoked = true;
    const gone = await fetch(page);
    revoked = false;
    answers.push(`${gone.status} ${await gone.text()}`);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^404 /);
  });

  test('an address that is none at all is not there either', async () => {
    const { hostname, port } = new URL(server.url);
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    // What `fetch` would not send.
    get({ hostname, port, path: '//' }, (response) => resolve(response.resume().statusCode)).on(
      'error',
      reject,
    );
    expect(await promise).toBe(404);
  });

  test('only GET is answered', async () => {
    expect((await fetch(page, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(page, { method: 'HEAD' })).status).toBe(200);
  });

  test('the tree of all, of a time range, and of one thread', async () => {
    expect(shapeOf(await ask('tree'))).toEqual([
      '0 all 10 on -1',
      '1 web 6 on 0',
      '2 main 6 on 1',
      '3 handle 6 on 2',
      '4 parse 5 on 3',
      '5 render 1 on 3',
      '6 db 4 on 0',
      '7 main 4 on 6',
      '8 query 4 on 7',
      `9 ${hostile} 4 on 8`,
    ]);
    const range = await ask<TreeAnswer>('tree?from=40&to=1000');
    expect(shapeOf(range).at(-1)).toBe('4 render 1 on 3');
    expect((await ask<TreeAnswer>('tree?tid=2')).sampleCount).toBe(2);
    expect((await ask<TreeAnswer>('tree?comm=db&comm=web')).sampleCount).toBe(10);
  });

  test('callers: what ran first, then who called it', async () => {
    const tree = await ask<TreeAnswer>('tree?kind=callers&comm=web');
    expect(shapeOf(tree)).toEqual([
      '0 all 6 on -1',
      '1 parse 5 on 0',
      '2 handle 5 on 1',
      '3 main 5 on 2',
      '4 render 1 on 0',
      '5 handle 1 on 4',
      '6 main 1 on 5',
    ]);
  });

  test('a search counts each sample once, and marks what it finds', async () => {
    const tree = await ask<TreeAnswer>('tree?search=PARSE');
    expect(tree.matchedRatio).toBe(0);
    const lower = await ask<TreeAnswer>('tree?search=parse|handle');
    expect(lower.matchedRatio).toBeCloseTo(0.6);
    expect(lower.names.filter((_, label) => lower.matches[label] === 1)).toEqual(['handle', 'parse']);
    expect(lower.marks[lower.names.indexOf('parse')]).toBe(1);
    const heatmap = await ask<HeatmapAnswer>('heatmap?search=render');
    expect(heatmap.counts.reduce((sum, count) => sum + count)).toBe(1);
    expect(heatmap.counts[2]).toBe(1);
  });

  test('a hostile or wrong regular expression is refused in words, and does not stop the next question', async () => {
    const patterns = ['(', `${'(a+)+'.repeat(9)}$`, '(.*.*)*y', 'x'.repeat(501), '(?<n>a)\\k<m>'];
    for (const pattern of patterns) {
      const response = await fetch(`${page}api/tree?search=${encodeURIComponent(pattern)}`);
      expect([200, 400, 422]).toContain(response.status);
    }
    const response = await fetch(`${page}api/tree?search=(`);
    expect(await response.json()).toMatchObject({ error: { code: 'SEARCH_INVALID' } });
    expect((await ask<TreeAnswer>('tree')).sampleCount).toBe(10);
  });

  test('what cannot be asked is refused, and what is out of bounds gives nothing or all', async () => {
    for (const path of [
      'nothing',
      'tree?from=-1',
      'tree?from=x',
      'tree?zoom=-3',
      'tree?kind=up',
      'download?format=exe',
      'tree?event=1e9',
      '__proto__',
      'constructor',
    ]) {
      expect([path, (await fetch(`${page}api/${path}`)).status]).toEqual([path, 400]);
    }
    expect((await ask<TreeAnswer>('tree?from=99999')).sampleCount).toBe(0);
    expect((await ask<TreeAnswer>('tree?zoom=4000000')).zoomed).toBe(0);
    expect((await ask<TreeAnswer>('tree?event=7')).sampleCount).toBe(0);
    expect((await fetch(`${page}api/tree?${'comm=x&'.repeat(60)}`)).status).toBe(400);
    expect((await fetch(`${page}api/tree?search=${'x'.repeat(9_000)}`)).status).toBe(414);
  });

  test('a zoom keeps the way to it, and counts what is left out', async () => {
    const tree = await ask<TreeAnswer>('tree?zoom=3');
    expect(shapeOf(tree).map((line) => line.split(' ')[1])).toEqual([
      'all',
      'web',
      'main',
      'handle',
      'parse',
      'render',
    ]);
    expect(tree.zoomed).toBe(3);
    expect(tree.prunedCount).toBe(4);
  });

  test('the table, the timeline and the difference', async () => {
    const top = await ask<TopAnswer>('top');
    expect(top.rows.map(({ name, self }) => `${name} ${self}`).slice(0, 3)).toEqual([
      'parse 0.5',
      `${hostile} 0.4`,
      'render 0.1',
    ]);
    const timeline = await ask<TimelineAnswer>('timeline?by=comm');
    expect(timeline.lanes.map(({ name, sampleCount }) => `${name} ${sampleCount}`)).toEqual([
      'web 6',
      'db 4',
    ]);
    const difference = await ask<TreeAnswer>('tree?kind=difference');
    expect(difference.baselineName).toBe('the day before');
    expect(difference.total[0]).toBeCloseTo(1);
    const changes = await ask<TopAnswer>('top?compared=true');
    const render = changes.rows.find(({ name }) => name === 'render')!;
    expect([render.self, render.baselineSelf]).toEqual([0.1, 0.9]);
  });

  test('downloads are files of the part that is looked at', async () => {
    const folded = await fetch(`${page}api/download?format=folded&comm=web`);
    expect(folded.headers.get('content-disposition')).toBe('attachment; filename="shop-prod.folded"');
    expect((await folded.text()).trim().split('\n').sort()).toEqual([
      'web;main;handle;parse 5',
      'web;main;handle;render 1',
    ]);
    for (const format of ['pprof', 'speedscope', 'perf-script']) {
      expect(
        (await (await fetch(`${page}api/download?format=${format}`)).arrayBuffer()).byteLength,
      ).toBeGreaterThan(100);
    }
  });

  test('whoever takes no gzip gets the same unpacked', async () => {
    const { request } = await import('node:http');
    const body = await new Promise<string>((resolve, reject) => {
      request(`${page}api/top`, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      })
        .on('error', reject)
        .end();
    });
    expect((JSON.parse(body) as TopAnswer).functionCount).toBe(6);
  });
});
