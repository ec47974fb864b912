import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../bot/run-command.ts';
import { type Config, limitsSchema } from '../../../storage/config.ts';
import type { RequestId, SnapshotId } from '../../../storage/database/store.ts';
import { type Engines, openEngines } from '../../../storage/open-engines.ts';
import { encodeProfile } from '../../../storage/profile/codec.ts';
import type { JobToAdd } from '../../../storage/queue.ts';
import { readConfig } from '../../../storage/read-config.ts';
import { type JobPayload, jobs } from '../../../workers/jobs.ts';
import { handleDifference } from '../../../workers/snapshot/handle-difference.ts';
import { profileOf } from '../../support/profiles.ts';

let folder: string;
let engines: Engines;
let config: Config;
const added: JobToAdd[] = [];
const log = pino({ level: 'silent' });
const night = Date.UTC(2026, 10, 24, 22, 5);
const morning = Date.UTC(2026, 10, 25, 3, 12);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-difference-'));
  const databaseUrl = `embedded:${folder}`;
  engines = await openEngines({
    databaseUrl,
    queueUrl: databaseUrl,
    blobUrl: `file:${join(folder, 'blobs')}`,
  });
  config = {
    ...readConfig({ directory: folder, environment: {} }),
    environments: [{ name: 'prod', logServers: [], clusters: [] }],
    applications: ['shop', 'lone', 'bare'].map((name) => ({ name, own: [] })),
    limits: limitsSchema.parse({}),
  };
  const healthy = '@0 main;parse 500\n@100 main;render 500';
  const now = '@0 main;parse 400\n@100 main;render 100\n@6000 main;computeDiscounts 900';
  await addSnapshot({ number: 1, app: 'shop', revision: 'aaa', createdAt: night, folded: healthy });
  await addSnapshot({ number: 2, app: 'shop', revision: 'bbb', createdAt: morning, folded: now });
  await addSnapshot({ number: 3, app: 'lone', revision: 'bbb', createdAt: morning, folded: now });
});
afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

const idOf = (number: number) => `01940000-0000-7000-8000-${String(number).padStart(12, '0')}` as SnapshotId;

async function addSnapshot(snapshot: {
  number: number;
  app: string;
  revision: string;
  createdAt: number;
  folded: string;
}): Promise<void> {
  const { number, app, revision, createdAt, folded } = snapshot;
  const { requestId } = await run(`snapshot ${app}-prod`, `snapshot ${number}`);
  const profileKey = `snapshots/${requestId}/profile`;
  await engines.blobs.write(profileKey, encodeProfile(profileOf(folded)));
  await engines.store.addSnapshot({
    ...{ id: idOf(number), requestId, app, environment: 'prod', createdAt, revision, profileKey },
    ...{ windowStartMs: null, windowEndMs: null, sampleCount: 0, event: 'samples', pods: [] },
    ...{ pictureKey: '', verdict: null },
  });
}

const run = (typed: string, identity: string) =>
  runCommand(
    {
      source: 'slash-command',
      typed,
      ...{ teamId: 'T1', channelId: 'C1', threadTs: null, userId: 'U1' },
      repeat: { identity: [identity], windowMs: null },
    },
    {
      config,
      store: engines.store,
      queue: {
        ...engines.queue,
        add: async (job) => void added.push(job),
        state: (names) => engines.queue.state(names),
        describe: () => engines.queue.describe(),
      },
      log,
      now: Date.now,
      wakeDelivery: () => {},
    },
  );

/** Types the command, does its job, and gives what then stands in the thread. */
async function diff(typed: string) {
  const { requestId } = await run(typed, typed);
  const payload = jobs.diff.payload.parse(added.at(-1)?.payload) satisfies JobPayload<'diff'>;
  await handleDifference({ ...engines, config, log, now: Date.now }, payload);
  const messages = await engines.store.listMessages(requestId);
  const contentOf = (key: string) =>
    messages.find((message) => message.key === key)?.content as Record<string, unknown>;
  return { requestId, payload, picture: contentOf('flame-graph'), answer: contentOf('answer') };
}

describe('diff', () => {
  test('compares the newest snapshot of an app with the last revision before', async () => {
    const { requestId, payload, picture, answer } = await diff('diff shop-prod');
    expect(payload).toEqual({ requestId, snapshotId: idOf(2), baselineId: null, window: {} });
    expect(answer).toMatchObject({
      report: 'text',
      title: 'computeDiscounts grew most: +64 points (0 % to 64 %)',
      lines: [
        'shop-prod 03:12 UTC against 2026-11-24 22:05 UTC (aaa)',
        '1,400 samples against 1,000 · share of samples',
        '    before     after    change  95 % interval',
        expect.stringMatching(/^ +0 % +64 % +\+64 .*computeDiscounts$/),
        expect.stringMatching(/render$/),
        expect.stringMatching(/parse$/),
      ],
    });
    expect(picture).toMatchObject({
      report: 'flame-graph',
      title: 'Differential flame graph: shop-prod 03:12 UTC against 2026-11-24 22:05 UTC (aaa)',
      altText: expect.stringContaining('Grew most, in percentage points: computeDiscounts +64 (0 % to 64 %)'),
      pictureKey: `snapshots/${requestId}/difference.png`,
    });
    const png = await engines.blobs.read(`snapshots/${requestId}/difference.png`);
    expect(Buffer.from(png.subarray(1, 4)).toString()).toBe('PNG');
    expect(await engines.store.findRequest(requestId)).toMatchObject({ state: 'done' });
  });

  test('tells what changed of the later of two, whichever is named first', async () => {
    for (const names of [
      [idOf(1), idOf(2)],
      [idOf(2), idOf(1)],
    ]) {
      const typed = `diff ${names.join(' ')}`;
      await run(typed, typed);
      expect(added.at(-1)?.payload).toMatchObject({ snapshotId: idOf(2), baselineId: idOf(1) });
    }
  });

  test('names app and revision of a baseline that is of another app', async () => {
    const { answer } = await diff(`diff ${idOf(2)} lone-prod`);
    expect(answer?.lines).toMatchObject({ 0: 'shop-prod 03:12 UTC against lone-prod 03:12 UTC (bbb)' });
    expect(answer?.title).toBe('Nothing grew above the noise');
  });

  test('compares a part with the rest where there is no baseline', async () => {
    const { answer } = await diff('diff lone-prod --from 5s --to 8s');
    expect(answer?.lines).toMatchObject({ 0: 'lone-prod 03:12 UTC, 5 s to 8 s against the rest of it' });
    expect(answer?.title).toBe('computeDiscounts grew most: +100 points (0 % to 100 %)');
  });

  test('says that there is nothing to compare with', async () => {
    await expect(diff('diff lone-prod')).rejects.toMatchObject({
      code: 'SNAPSHOT_UNKNOWN',
      message: expect.stringContaining('no earlier one of another revision is kept'),
    });
  });

  test.each([
    ['diff', 'COMMAND_USAGE'],
    ['diff bare-prod', 'SNAPSHOT_UNKNOWN'],
    ['diff shop-prod 01940000-0000-7000-8000-00000000dead', 'SNAPSHOT_UNKNOWN'],
    ['diff shop-prod shop-prod shop-prod', 'COMMAND_USAGE'],
  ])('%s is answered with %s', async (typed, code) => {
    expect((await run(typed, typed)).report.error?.code).toBe(code);
  });

  test('says what it does before it is done', async () => {
    const outcome = await run('diff shop-prod --from 5s --to 8s', 'sign of life');
    expect(outcome).toMatchObject({
      state: 'started',
      report: { title: 'Comparing shop-prod, from 5 s to 8 s' },
    });
    const [message] = await engines.store.listMessages(outcome.requestId as RequestId);
    expect(message).toMatchObject({
      key: 'answer',
      kind: 'progress',
      content: { lines: [`Snapshot ${idOf(2)}`] },
    });
  });
});
