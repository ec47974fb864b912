import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { type Explorer, startExplorer } from '../../../bot/explorer/start-explorer.ts';
import { renderReport } from '../../../bot/replies/render-report.ts';
import type { BlobStore } from '../../../storage/blobs/blob-store.ts';
import type { SnapshotId, SnapshotRow, Store } from '../../../storage/database/store.ts';
import { encodeProfile } from '../../../storage/profile/codec.ts';
import type { TreeAnswer } from '../../../workers/exploration.ts';
import { openExploration } from '../../../workers/explore/open-exploration.ts';
import { profileOf } from '../../support/profiles.ts';
import { nowMs, reports } from '../reports.ts';

const now = Date.now();
const row = (id: string, changes: Partial<SnapshotRow> = {}) =>
  ({
    id: id as SnapshotId,
    requestId: id,
    app: 'shop',
    environment: 'prod',
    createdAt: now - 1_000,
    revision: 'new',
    profileKey: `profiles/${id}`,
    verdict: 'parse takes 75 % of the CPU samples',
    ...changes,
  }) as SnapshotRow;

const rows = [
  row('0192-new'),
  row('0192-old', { createdAt: now - 90_000, revision: 'old' }),
  row('0192-other', { app: 'till' }),
];
const revoked = new Map<string, number>();
const kept = new Map<string, string>();

/** What the explorer asks of a store. */
const store = {
  findSnapshot: async (id: SnapshotId) => rows.find((one) => one.id === id),
  findLinkRevocation: async (id: SnapshotId) => revoked.get(id) ?? null,
  listSnapshots: async ({ app }: { app?: string }) => rows.filter((one) => one.app === app),
  listMessages: async () => reports.map((content) => ({ content })),
  keepSecret: async (name: string, value: string) => {
    if (!kept.has(name)) kept.set(name, value);
    return kept.get(name)!;
  },
} as unknown as Store;
const profile = encodeProfile(profileOf('@0 web/1: main;parse 3\n@500 web/1: main 1'));
const blobs = { read: async () => profile } as unknown as BlobStore;

let explorer: Explorer | undefined;
afterEach(async () => {
  await explorer?.close();
  explorer = undefined;
  revoked.clear();
});

async function start(settings: { keys?: string[]; linkDays?: number } = {}): Promise<Explorer> {
  const config = {
    applications: [],
    explorer: {
      url: 'https://a.example',
      linkDays: 7,
      cacheBytes: 1e8,
      host: '127.0.0.1',
      port: 0,
      keys: [],
      ...settings,
    },
  };
  explorer = await startExplorer({ config, store, blobs, log: pino({ level: 'silent' }), openExploration });
  return explorer;
}

/** A link as people get it, at the address where this machine serves it. */
function here({ url, link }: Explorer, snapshotId: string, issuedAt = now): string {
  return link!(snapshotId, issuedAt).replace('https://a.example', url!);
}

test('a link opens its snapshot with verdict, suspects, bursts and baseline, and no other', async () => {
  const served = await start();
  const page = here(served, '0192-new');
  const subject = await (await fetch(`${page}api/subject`)).json();
  expect(subject).toMatchObject({ title: 'shop-prod', verdict: rows[0]!.verdict, hasBaseline: true });
  const tree = (await (await fetch(`${page}api/tree`)).json()) as TreeAnswer;
  expect(tree.sampleCount).toBe(4);
  const elsewhere = page.replace('0192-new', '0192-other');
  expect((await fetch(elsewhere)).status).toBe(404);
});

test('a link that is revoked opens nothing from then on; one made later does', async () => {
  const served = await start();
  const page = here(served, '0192-new', now - 10_000);
  expect((await fetch(`${page}api/subject`)).status).toBe(200);
  revoked.set('0192-new', now - 5_000);
  expect((await fetch(`${page}api/subject`)).status).toBe(404);
  expect((await fetch(page)).status).toBe(404);
  expect((await fetch(here(served, '0192-new', now))).status).toBe(200);
});

test('a link expires after the days configured', async () => {
  const served = await start({ linkDays: 1 });
  expect((await fetch(here(served, '0192-new', now - 86_000_000))).status).toBe(200);
  expect((await fetch(here(served, '0192-new', now - 87_000_000))).status).toBe(404);
});

test('a snapshot that is no longer kept looks like one that never was', async () => {
  const served = await start();
  expect((await fetch(here(served, '0192-gone'))).status).toBe(404);
});

test('the key is made once for all processes, and one of the environment replaces it', async () => {
  const first = (await start()).link!('0192-new', now);
  await explorer!.close();
  expect((await start()).link!('0192-new', now)).toBe(first);
  await explorer!.close();
  const other = await start({ keys: ['k'.repeat(32)] });
  expect(other.link!('0192-new', now)).not.toBe(first);
  expect((await fetch(first.replace('https://a.example', other.url!))).status).toBe(404);
});

test('messages link to the snapshot, to each burst and to each suspect, the same each time', async () => {
  const { link } = await start();
  const context = {
    requestId: '0192-new',
    nowMs,
    explorerLink: (id: string, chosen?: Record<string, string>) => link!(id, now, chosen),
  };
  const linksOf = (kind: string) =>
    reports
      .filter(({ report }) => report === kind)
      .flatMap((report) => [
        ...JSON.stringify(renderReport(report, context).blocks).matchAll(
          /"url":"(https:\/\/a\.example[^"]+)"/g,
        ),
      ])
      .map(([, url]) => new URL(url!));
  expect(linksOf('summary').length).toBeGreaterThan(1);
  expect(linksOf('heatmap')[0]!.searchParams.get('from')).toMatch(/^\d+$/);
  expect(linksOf('suspects')[0]!.searchParams.get('search')).toMatch(/^\^.*\$$/);
  expect(linksOf('summary').map(String)).toEqual(linksOf('summary').map(String));
});

test('without an address there are no links', () => {
  for (const report of reports) {
    expect(JSON.stringify(renderReport(report, { requestId: '0192-new', nowMs }).blocks)).not.toContain(
      '/s/',
    );
  }
});
