import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { RequestId, SnapshotId } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import { readConfig } from '../../storage/read-config.ts';
import { removeOld } from '../../workers/retention/remove-old.ts';
import { scheduleRetention } from '../../workers/retention/schedule-retention.ts';
import type { WorkerContext } from '../../workers/worker-context.ts';

const dayMs = 24 * 3_600_000;

let folder: string;
let engines: Engines;
let context: WorkerContext;
let startedAt: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-retention-'));
  const config = readConfig({ directory: folder, environment: {} });
  engines = await openEngines(config);
  const retention = { days: 30, snapshotsPerApp: 3, auditDays: 365 };
  const log = pino({ level: 'silent' });
  context = { config: { ...config, retention }, ...engines, log, now: Date.now };
}, 90_000);

afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  startedAt = Date.now();
  await removeOld(afterDays(1_000));
  expect(await keys()).toEqual([]);
});

const afterDays = (days: number, blobs: BlobStore = engines.blobs): WorkerContext => ({
  ...context,
  blobs,
  now: () => Date.now() + days * dayMs,
});
const keys = async () => (await Array.fromAsync(engines.blobs.list('snapshots/'))).toSorted();
const filesOf = (id: string) => ['flame-graph.png', 'profile'].map((name) => `snapshots/${id}/${name}`);

/** A snapshot as the report leaves it, so many milliseconds after the test began. */
async function addSnapshot({ app = 'shop', atMs = 0 } = {}): Promise<SnapshotId> {
  const id = await addRequest();
  const snapshotId = id as string as SnapshotId;
  for (const key of filesOf(id)) await engines.blobs.write(key, Buffer.from('bytes'));
  await engines.store.addSnapshot({
    ...{ id: snapshotId, requestId: id, app, environment: 'prod', createdAt: startedAt + atMs },
    ...{ windowStartMs: null, windowEndMs: null, sampleCount: 1, event: 'cycles', revision: null },
    ...{ pods: [], profileKey: `snapshots/${id}/profile`, pictureKey: `snapshots/${id}/flame-graph.png` },
    verdict: null,
  });
  return snapshotId;
}

async function addRequest(): Promise<RequestId> {
  const id = randomUUIDv7() as RequestId;
  await engines.store.addRequest({
    ...{ id, deduplicationKey: id, source: 'slash-command', command: 'snapshot', arguments: {}, text: '' },
    ...{ teamId: 'T1', channelId: 'C1', threadTs: null, userId: 'U1' },
  });
  await engines.store.writeMessage({ requestId: id, key: 'summary', kind: 'result', content: {} });
  return id;
}

describe('retention', () => {
  test('removes by age: rows, messages and files, and nothing that is young', async () => {
    const id = await addSnapshot();
    const requestId = id as string as RequestId;
    expect(await removeOld(afterDays(29))).toEqual({ snapshots: 0, requests: 0, audit: 0, leftovers: 0 });
    expect(await keys()).toEqual(filesOf(id));
    expect(await removeOld(afterDays(31))).toEqual({ snapshots: 1, requests: 1, audit: 0, leftovers: 0 });
    expect(await keys()).toEqual([]);
    expect(await engines.store.findSnapshot(id)).toBeUndefined();
    expect(await engines.store.findRequest(requestId)).toBeUndefined();
    expect(await engines.store.listMessages(requestId)).toEqual([]);
    expect(await removeOld(afterDays(31))).toEqual({ snapshots: 0, requests: 0, audit: 0, leftovers: 0 });
  });

  test('remembers who did what for longer than what was done', async () => {
    const requestId = (await addSnapshot()) as string as RequestId;
    await removeOld(afterDays(364));
    const remembered = async () =>
      (await engines.store.listAudit({ limit: 100 })).some((row) => row.requestId === requestId);
    expect(await remembered()).toBe(true);
    expect((await removeOld(afterDays(366))).audit).toBeGreaterThan(0);
    expect(await remembered()).toBe(false);
  });

  test('leaves what is pinned whole, by age and by count, until it is unpinned', async () => {
    const pinned = await addSnapshot({ atMs: -1 });
    const others: SnapshotId[] = [];
    for (const atMs of [0, 1, 2]) others.push(await addSnapshot({ atMs }));
    await engines.store.pinSnapshot(pinned, 'U1');
    expect(await removeOld(context)).toEqual({ snapshots: 0, requests: 0, audit: 0, leftovers: 0 });
    expect(await removeOld(afterDays(400))).toEqual({ snapshots: 3, requests: 3, audit: 4, leftovers: 0 });
    expect(await keys()).toEqual(filesOf(pinned));
    expect(await engines.store.listMessages(pinned as string as RequestId)).toHaveLength(1);
    await engines.store.unpinSnapshot(pinned);
    expect(await removeOld(afterDays(400))).toEqual({ snapshots: 1, requests: 1, audit: 0, leftovers: 0 });
    expect(await keys()).toEqual([]);
  });

  test('that finds one pinned since it looked leaves its files', async () => {
    const id = await addSnapshot();
    const late = afterDays(31);
    const store = {
      listExpiredSnapshots: async (filter: Parameters<typeof late.store.listExpiredSnapshots>[0]) => {
        const expired = await engines.store.listExpiredSnapshots(filter);
        await engines.store.pinSnapshot(id, 'U1');
        return expired;
      },
      removeSnapshot: (one: SnapshotId) => engines.store.removeSnapshot(one),
      removeRequests: (filter: { createdBefore: number; limit: number }) =>
        engines.store.removeRequests(filter),
      removeAudit: (filter: { createdBefore: number; limit: number }) => engines.store.removeAudit(filter),
      listKnownRequests: (ids: RequestId[]) => engines.store.listKnownRequests(ids),
    } as unknown as WorkerContext['store'];
    expect(await removeOld({ ...late, store })).toEqual({
      snapshots: 0,
      requests: 0,
      audit: 0,
      leftovers: 0,
    });
    expect(await keys()).toEqual(filesOf(id));
    await engines.store.unpinSnapshot(id);
  });

  test('keeps so many of each app, the newest', async () => {
    const shop: SnapshotId[] = [];
    for (const atMs of [0, 1, 2, 3, 4]) shop.push(await addSnapshot({ atMs }));
    const ledger = await addSnapshot({ app: 'ledger' });
    expect(await removeOld(context)).toEqual({ snapshots: 2, requests: 0, audit: 0, leftovers: 0 });
    const left = (await engines.store.listSnapshots({ limit: 10 })).map(({ id }) => id);
    expect(left.toSorted()).toEqual([...shop.slice(2), ledger].toSorted());
    expect(await keys()).toEqual([...shop.slice(2), ledger].flatMap(filesOf).toSorted());
    expect(await engines.store.findRequest(shop[0] as string as RequestId)).toBeDefined();
  });

  test('that dies between row and files never leaves a row without files, and finds the files later', async () => {
    const id = await addSnapshot();
    const dying: BlobStore = {
      ...engines.blobs,
      remove: async () => {
        expect(await engines.store.findSnapshot(id)).toBeUndefined();
        throw new Error('The process dies here');
      },
    };
    await expect(removeOld(afterDays(31, dying))).rejects.toThrow('dies here');
    expect(await keys()).toEqual(filesOf(id));
    expect(await removeOld(afterDays(31))).toEqual({ snapshots: 0, requests: 1, audit: 0, leftovers: 2 });
    expect(await keys()).toEqual([]);
  });

  test('leaves the files of a running job alone, and of other things that lie there', async () => {
    const young = randomUUIDv7();
    await engines.blobs.write(`snapshots/${young}/capture.profile`, Buffer.from('x'));
    await engines.blobs.write('snapshots/by-hand/notes', Buffer.from('x'));
    expect((await removeOld(context)).leftovers).toBe(0);
    expect((await removeOld(afterDays(2))).leftovers).toBe(1);
    expect(await keys()).toEqual(['snapshots/by-hand/notes']);
    await engines.blobs.remove('snapshots/by-hand/notes');
  });

  test('is done once an hour, however many workers ask', async () => {
    const id = await addSnapshot();
    const finished: unknown[] = [];
    const log = { ...context.log, info: (fields: unknown) => finished.push(fields), warn: () => {} };
    const later = { ...afterDays(31), log: log as unknown as WorkerContext['log'] };
    await Promise.all([scheduleRetention(later), scheduleRetention(later), scheduleRetention(later)]);
    await expect.poll(() => finished.length, { timeout: 10_000 }).toBe(1);
    expect(finished).toEqual([{ snapshots: 1, requests: 1, audit: 0, leftovers: 0 }]);
    expect(await engines.store.findSnapshot(id)).toBeUndefined();
    const { retention } = await engines.queue.state(['retention']);
    expect(retention).toMatchObject({ waiting: 0, failed: 0, workers: 3 });
  });
});
