import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatReport } from '../../bot/replies/render-report.ts';
import { beginAgain, type CommandInput, runCommand } from '../../bot/run-command.ts';
import { beginUnqueuedRequests, endOverdueRequests } from '../../bot/watch-requests.ts';
import { type AccessRule, limitsSchema } from '../../storage/config.ts';
import type { RequestId, RequestRow, SnapshotId, Store } from '../../storage/database/store.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import type { JobQueue, JobToAdd } from '../../storage/queue.ts';
import { reportSchema, type TextReport } from '../../workers/jobs.ts';

let folder: string;
let engines: Engines;
let added: JobToAdd[];
let woken: RequestId[];
let nowMs: number;
let serial = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-commands-'));
  const databaseUrl = `embedded:${folder}`;
  engines = await openEngines({
    databaseUrl,
    queueUrl: databaseUrl,
    blobUrl: `file:${join(folder, 'blobs')}`,
  });
}, 60_000);

beforeEach(() => {
  added = [];
  woken = [];
  nowMs = Date.now();
  serial += 1;
});

afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true, force: true });
});

const config = () => ({
  file: '/etc/avalanche.yaml',
  databaseUrl: '',
  queueUrl: '',
  blobUrl: '',
  workDirectory: '',
  slack: { mode: null, botToken: null, appToken: null, signingSecret: null, apiUrl: '', port: 0 },
  health: { host: '127.0.0.1', port: null },
  access: { sharedChannels: 'refuse' as const, rules: [] as AccessRule[] },
  explorer: { linkDays: 7, cacheBytes: 1, host: '127.0.0.1', port: null, keys: [] },
  retention: { days: 30, snapshotsPerApp: 200, auditDays: 365 },
  environments: [
    { name: 'prod', logServers: [], clusters: [] },
    { name: 'test', logServers: [], clusters: [] },
  ],
  applications: [
    { name: 'shop', own: [] },
    { name: 'ledger', own: [] },
  ],
  limits: limitsSchema.parse({}),
});

/** The real queue, but that jobs are looked at instead of being worked on. */
const recordingQueue = (): JobQueue => ({
  ...engines.queue,
  add: async (job) => void added.push(job),
  state: (names) => engines.queue.state(names),
  describe: () => engines.queue.describe(),
});

/** As a way in does it: the person is told, then the request is closed. */
const run = async (...given: Parameters<typeof runUntold>) => {
  const outcome = await runUntold(...given);
  await outcome.close();
  return outcome;
};

const runUntold = (
  typed: string | string[],
  given: Partial<CommandInput> = {},
  store: Store = engines.store,
) =>
  runCommand(
    {
      source: 'slash-command',
      typed,
      teamId: 'T1',
      channelId: `C${serial}`,
      threadTs: null,
      userId: 'U1',
      repeat: { identity: ['T1', 'U1', `C${serial}`, String(typed)], windowMs: 3_000 },
      ...given,
    },
    {
      config: config(),
      store,
      queue: recordingQueue(),
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      wakeDelivery: (id) => woken.push(id),
    },
  );

const mention = (typed: string, ts: string) =>
  run(typed, {
    source: 'mention',
    threadTs: '1.0',
    repeat: { identity: ['T1', `C${serial}`, ts], windowMs: null },
  });

async function addSnapshot(requestId: RequestId, number: number) {
  const id = `01940000-0000-7000-8000-${String(number).padStart(12, '0')}` as SnapshotId;
  await engines.store.addSnapshot({
    id,
    requestId,
    app: 'shop',
    environment: 'prod',
    createdAt: nowMs,
    windowStartMs: null,
    windowEndMs: null,
    sampleCount: 4_740,
    event: 'cpu-clock',
    revision: null,
    pods: [{ name: 'shop-1', state: 'captured', sampleCount: 4_740, error: null }],
    profileKey: 'a',
    pictureKey: 'b',
    verdict: 'computeDiscounts takes 61 %',
  });
  return id;
}

describe('snapshot', () => {
  test('writes the first sign of life, adds the job and wakes the delivery', async () => {
    const outcome = await run('snapshot shop-prod --before 2m');
    expect(outcome).toMatchObject({
      state: 'started',
      report: { title: 'Taking a snapshot of shop-prod, the last 2 min' },
    });
    const [message] = await engines.store.listMessages(outcome.requestId);
    expect(message).toMatchObject({
      key: 'summary',
      kind: 'progress',
      content: { stage: 'accepted', app: 'shop', environment: 'prod' },
    });
    expect(added).toMatchObject([
      {
        name: 'snapshot',
        payload: {
          requestId: outcome.requestId,
          app: 'shop',
          environment: 'prod',
          window: { beforeMs: 120_000 },
        },
      },
    ]);
    expect(woken).toEqual([outcome.requestId]);
  });

  test('of an unknown app ends as failed, with the nearest names', async () => {
    const outcome = await run('snapshot shpo-prod');
    expect(outcome).toMatchObject({
      state: 'failed',
      report: { error: { code: 'APP_UNKNOWN', message: expect.stringContaining('shop') } },
    });
    expect(await engines.store.findRequest(outcome.requestId)).toMatchObject({
      state: 'failed',
      error: { code: 'APP_UNKNOWN' },
    });
    expect(added).toEqual([]);
  });

  test('that cannot be queued does not leave a message saying that work goes on', async () => {
    const broken: Store = engines.store;
    const outcome = await runCommand(
      {
        source: 'slash-command',
        typed: 'snapshot shop-prod',
        teamId: 'T1',
        channelId: `C${serial}`,
        threadTs: null,
        userId: 'U1',
        repeat: { identity: [`broken ${serial}`], windowMs: null },
      },
      {
        config: config(),
        store: broken,
        log: pino({ level: 'silent' }),
        now: () => nowMs,
        wakeDelivery: (id) => woken.push(id),
        queue: {
          ...recordingQueue(),
          add: async () => {
            throw new Error('connect ECONNREFUSED redis.internal');
          },
        },
      },
    );
    expect(outcome.report.error).toMatchObject({
      code: 'INTERNAL',
      message: expect.not.stringContaining('redis.internal'),
    });
    const [message] = await engines.store.listMessages(outcome.requestId);
    expect(message).toMatchObject({
      kind: 'result',
      content: { stage: 'failed', error: { code: 'INTERNAL' } },
    });
  });
});

describe('a repetition', () => {
  test('within three seconds is the same request', async () => {
    const first = await run('snapshot shop-prod');
    await engines.store.setRequestState(first.requestId, 'running');
    nowMs += 2_900;
    const second = await run('snapshot shop-prod');
    expect(second).toMatchObject({ state: 'repeated', requestId: first.requestId });
    expect(added).toHaveLength(1);
  });

  test('at the same moment is the same request', async () => {
    const outcomes = await Promise.all([
      run('snapshot shop-prod'),
      run('snapshot shop-prod'),
      run('snapshot shop-prod'),
    ]);
    expect(new Set(outcomes.map(({ requestId }) => requestId)).size).toBe(1);
    expect(new Set(added.map(({ id }) => id)).size).toBe(1);
  });

  test('after that, or by somebody else, is a new one', async () => {
    const first = await run('snapshot shop-prod');
    const other = await run('snapshot shop-prod', {
      userId: 'U2',
      repeat: { identity: ['T1', 'U2'], windowMs: 3_000 },
    });
    nowMs += 6_000;
    const later = await run('snapshot shop-prod');
    expect(new Set([first, other, later].map(({ requestId }) => requestId)).size).toBe(3);
  });

  test('of a mention is the same request, however late', async () => {
    const first = await mention('snapshot shop-prod', '5.0');
    await engines.store.setRequestState(first.requestId, 'running');
    nowMs += 300_000;
    expect(await mention('snapshot shop-prod', '5.0')).toMatchObject({
      state: 'repeated',
      requestId: first.requestId,
    });
  });

  test('of a command that only looks, or that was wrong, is answered again', async () => {
    const [first, second] = [await run('list'), await run('list')];
    expect(second).toMatchObject({ state: 'answered', requestId: first.requestId });
    await run('lsit');
    expect(await run('lsit')).toMatchObject({
      state: 'failed',
      report: { error: { code: 'COMMAND_UNKNOWN' } },
    });
  });

  test('of one that was recorded and never begun begins it', async () => {
    const first = await mention('snapshot shop-prod', '6.0');
    added = [];
    await mention('snapshot shop-prod', '6.0');
    expect(added).toMatchObject([{ id: `snapshot-${first.requestId}` }]);
    expect(await engines.store.listMessages(first.requestId)).toHaveLength(1);
  });
});

describe('answers', () => {
  test('to a mention are messages of its thread, to a slash command the report itself', async () => {
    const mentioned = await mention('help', '7.0');
    expect(await engines.store.listMessages(mentioned.requestId)).toMatchObject([
      { key: 'answer', kind: 'result' },
    ]);
    expect(woken).toEqual([mentioned.requestId]);
    const slashed = await run('help');
    expect(await engines.store.listMessages(slashed.requestId)).toEqual([]);
    expect(await engines.store.findRequest(slashed.requestId)).toMatchObject({
      state: 'done',
      command: 'help',
    });
  });

  test('come even when the store is gone', async () => {
    const gone = { ...engines.store, listRequests: () => Promise.reject(new Error('gone')) } as Store;
    expect(await run('help', {}, gone)).toMatchObject({
      state: 'failed',
      isRecorded: false,
      report: { error: { code: 'INTERNAL' } },
    });
  });

  test('help explains each command', async () => {
    const { report } = await run('help snapshot');
    const text = formatReport(report);
    expect(text).toMatch(/^snapshot <app-env>/);
    expect(text).toContain('-b, --before 10m  only the last so many minutes of the recording');
    expect(text).toContain('  snapshot shop-prod --before 2m');
  });

  test('status tells that no worker is alive, and the last failures', async () => {
    await run('snapshot nothing-prod');
    const text = formatReport((await run('status')).report);
    expect(text).toContain('no worker is: commands wait until one starts');
    expect(text).toMatch(/capture +0 +0 +0 +0/);
    expect(text).toContain('nothing-prod');
  });
});

describe('apps, env and pods', () => {
  const text = async (typed: string) => formatReport((await run(typed)).report);

  test('apps says where each runs, and how its last snapshot ended', async () => {
    const { requestId } = await mention('snapshot shop-prod', '8.0');
    await addSnapshot(requestId, 801);
    const all = await text('apps');
    expect(all).toContain('2 applications');
    expect(all).toMatch(/shop-prod, shop-test\n• prod, .*computeDiscounts/);
    expect(all).toMatch(/ledger-prod, ledger-test\n• no snapshot yet\n• code: not known/);
    expect(await text('apps led')).toContain('1 of 2 applications with "led" in the name');
    expect(await text('apps ledgre')).toContain('did you mean "ledger"?');
  });

  test('env says where recordings come from', async () => {
    expect(await text('env')).toContain('test: 0 log servers, 0 clusters, 2 applications');
    expect(await text('env prod')).toContain('Applications: shop, ledger');
    expect(await text('env pord')).toContain('did you mean "prod"?');
  });

  test('pods asks the workers', async () => {
    expect(await run('pods shop-prod')).toMatchObject({
      state: 'started',
      report: { title: expect.stringContaining('Looking for the pods of shop-prod') },
    });
    expect(added).toMatchObject([{ name: 'pods', payload: { app: 'shop', environment: 'prod' } }]);
  });
});

describe('audit', () => {
  const by = (userId: string, teamId = 'T1') => ({
    ...{ userId, teamId },
    repeat: { identity: [teamId, userId, String(serial), String(Math.random())], windowMs: null },
  });

  test('tells who did what, about which app, and how it ended', async () => {
    const maya = `U1MAYA${serial}`;
    const taken = await run('snapshot shop-prod', by(maya));
    await run('snapshto shop-prod', by(maya));
    await run('list ledger-test', { ...by(maya), source: 'button', threadTs: '1.0' });
    await run('help', by('U2'));
    await engines.store.setRequestState(taken.requestId, 'failed', {
      ...{ code: 'ARCHIVE_MISSING', message: 'Cannot fetch', advice: '' },
    });
    const { report } = await run(`audit --user <@${maya}|maya> --since 1d`, by('U2'));
    const who = `${maya} of T1 in C${serial}`;
    expect(report).toMatchObject({
      title: 'Commands, newest first',
      lines: [
        `just now, ${who}: list ledger-test (by button), done`,
        expect.stringMatching(/^ {2}[0-9a-f-]{36}$/),
        `just now, ${who}: not understood, failed with COMMAND_UNKNOWN`,
        expect.anything(),
        `just now, ${who}: snapshot shop-prod, failed with ARCHIVE_MISSING`,
        `  ${taken.requestId}`,
      ],
    });
    const ofLedger = await run('audit ledger-test --limit 1', by('U3'));
    expect(ofLedger.report.title).toBe('Commands about ledger-test, newest first');
    expect(ofLedger.report.lines[0]).toContain('U3 of T1');
  });

  test('of a command that died before its work began has a row all the same', async () => {
    const dying: Store = { ...engines.store, writeMessage: () => new Promise(() => {}) } as Store;
    const store = Object.setPrototypeOf(dying, engines.store) as Store;
    for (const name of ['addRequest', 'setAuditTarget', 'listMessages', 'listRequests'] as const)
      Object.assign(store, { [name]: (engines.store[name] as () => unknown).bind(engines.store) });
    const userId = `U9${serial}`;
    void run('snapshot shop-prod', by(userId), store);
    await expect
      .poll(() => engines.store.listAudit({ teamId: 'T1', userId, limit: 5 }))
      .toMatchObject([{ command: 'snapshot', app: 'shop', environment: 'prod', state: 'accepted' }]);
  });

  test('shows nothing of another workspace', async () => {
    await run('snapshot shop-prod', by('U1', 'T2'));
    const { report } = await run('audit --limit 25', by('U1', `T3${serial}`));
    expect(report.lines).toHaveLength(2);
    expect(report.lines[0]).toContain(`U1 of T3${serial}`);
    const { report: all } = await run(['audit', '--limit', '25'], { ...by('root', ''), source: 'terminal' });
    expect(all.lines.join()).toContain('U1 of T2');
  });
});

describe('break-glass', () => {
  const lockedUp = {
    ...config(),
    access: { sharedChannels: 'refuse' as const, rules: [{ apps: ['shop-test'] }] },
  };
  const engagedBy = (typed: string, source: CommandInput['source'] = 'mention') =>
    runCommand(
      {
        ...{ source, typed, teamId: 'T1', channelId: `C${serial}`, threadTs: '1.0', userId: 'U1' },
        repeat: { identity: [String(Math.random())], windowMs: null },
      },
      {
        config: lockedUp,
        store: engines.store,
        queue: recordingQueue(),
        log: pino({ level: 'silent' }),
        now: () => nowMs,
        wakeDelivery: (id) => woken.push(id),
      },
    );

  test('without a reason, or where it is not given, nothing is begun', async () => {
    expect((await engagedBy('snapshot shop-prod --break-glass')).report.error).toMatchObject({
      code: 'COMMAND_USAGE',
      message: expect.stringContaining('needs a reason'),
    });
    const refused = await engagedBy('snapshot shop-prod');
    expect(refused.report.error).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(added).toEqual([]);
    const [row] = await engines.store.listAudit({ teamId: 'T1', limit: 1 });
    expect(row).toMatchObject({
      app: 'shop',
      environment: 'prod',
      state: 'failed',
      errorCode: 'NOT_ALLOWED',
    });
  });

  test('runs the command, before everybody, and stands in the audit; begun again it still does', async () => {
    const { requestId } = await engagedBy('snapshot shop-prod --break-glass "on call, all others asleep"');
    expect(added).toMatchObject([{ name: 'snapshot' }]);
    const messages = await engines.store.listMessages(requestId);
    expect(messages.map(({ key }) => key).toSorted()).toEqual(['break-glass', 'summary']);
    const said = messages.find(({ key }) => key === 'break-glass')?.content as TextReport;
    expect(formatReport(said)).toContain('Reason: on call, all others asleep');
    expect(said.brokenBy).toBe('U1');
    const { report } = await engagedBy('audit shop-test --limit 1');
    expect(report.error).toBeNull();
    const [, row] = await engines.store.listAudit({ teamId: 'T1', limit: 2 });
    expect(row).toMatchObject({ requestId, breakGlass: 'on call, all others asleep' });
    const request = (await engines.store.findRequest(requestId))!;
    added = [];
    await beginAgain(request, {
      config: lockedUp,
      store: engines.store,
      queue: recordingQueue(),
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      wakeDelivery: () => {},
    });
    expect(added).toMatchObject([{ name: 'snapshot' }]);
  });

  test('what is not allowed is not allowed by trying again either, and a terminal is trusted', async () => {
    const { requestId } = await engagedBy('snapshot shop-prod');
    expect((await engagedBy(`retry ${requestId}`)).report.error).toMatchObject({
      code: 'NOT_ALLOWED',
      message: expect.stringContaining('"snapshot" for "shop-prod"'),
    });
    expect(await engagedBy('snapshot shop-prod', 'terminal')).toMatchObject({ state: 'started' });
  });
});

describe('list and suspects', () => {
  test('list shows what is kept, with ids', async () => {
    const { requestId } = await run('snapshot shop-prod');
    const id = await addSnapshot(requestId, 100);
    const text = formatReport((await run('list shop-prod')).report);
    expect(text).toContain('shop-prod, just now: 1 pod, 4,740 samples. computeDiscounts takes 61 %');
    expect(text).toContain(id);
    expect(formatReport((await run('list ledger-prod')).report)).toBe('No snapshot of ledger-prod is kept');
  });

  test('suspects in the thread of a snapshot is about that snapshot', async () => {
    const { requestId } = await mention('snapshot shop-prod', '8.0');
    const id = await addSnapshot(requestId, 200);
    const outcome = await mention('suspects --from 5s --to 8s', '9.0');
    expect(outcome).toMatchObject({
      state: 'started',
      report: { title: 'Looking for suspects in shop-prod, from 5 s to 8 s' },
    });
    expect(added.at(-1)).toMatchObject({
      name: 'suspects',
      payload: { snapshotId: id, window: { fromMs: 5_000, toMs: 8_000 } },
    });
  });

  test('suspects takes an id or an app', async () => {
    const { requestId } = await run('snapshot shop-prod');
    nowMs += 10_000;
    const id = await addSnapshot(requestId, 300);
    await run(`suspects ${id}`);
    await run('suspects shop-prod');
    expect(added.slice(-2).map(({ payload }) => (payload as { snapshotId: string }).snapshotId)).toEqual([
      id,
      id,
    ]);
  });

  test.each([
    ['suspects', 'COMMAND_USAGE'],
    ['suspects 01940000-0000-7000-8000-00000000dead', 'SNAPSHOT_UNKNOWN'],
    ['suspects ledger-test', 'SNAPSHOT_UNKNOWN'],
  ])('%s is answered with %s', async (typed, code) => {
    expect((await run(typed)).report.error?.code).toBe(code);
  });
});

test('a request that nobody works on ends after a quarter of an hour, visibly', async () => {
  const { requestId } = await run('snapshot shop-prod');
  const watched = { store: engines.store, wakeDelivery: (id: RequestId) => woken.push(id) };
  await endOverdueRequests({ ...watched, now: () => nowMs + 60_000 });
  expect(await engines.store.findRequest(requestId)).toMatchObject({ state: 'accepted' });
  await endOverdueRequests({ ...watched, now: () => nowMs + 16 * 60_000 });
  expect(await engines.store.findRequest(requestId)).toMatchObject({
    state: 'failed',
    error: { code: 'REQUEST_TIMED_OUT' },
  });
  const [message] = await engines.store.listMessages(requestId);
  expect(message).toMatchObject({
    kind: 'result',
    content: { stage: 'failed', error: { code: 'REQUEST_TIMED_OUT' } },
  });
});

describe('a request that was recorded and whose process died', () => {
  const record = (typed: string, given: Partial<RequestRow>) => {
    const id = randomUUIDv7() as RequestId;
    const [command = '', target = ''] = typed.split(' ');
    return engines.store.addRequest({
      ...{ id, deduplicationKey: id, source: 'slash-command', command, text: typed, teamId: 'T1' },
      ...{ arguments: { target, window: {} }, channelId: `C${serial}`, threadTs: null, userId: 'U1' },
      ...given,
    });
  };
  const sweep = (afterMs: number, queue: JobQueue = recordingQueue()) => {
    const now = () => nowMs + afterMs;
    const log = pino({ level: 'silent' });
    const wakeDelivery = (id: RequestId) => void woken.push(id);
    const begin = (request: RequestRow) =>
      beginAgain(request, { config: config(), store: engines.store, queue, log, now, wakeDelivery });
    return beginUnqueuedRequests({ store: engines.store, queue, now, begin });
  };
  const endAll = async () => {
    for (const { id } of await engines.store.listRequests({ states: ['accepted'], limit: 100 }))
      await engines.store.setRequestState(id, 'done');
  };
  beforeEach(endAll);

  test('is begun again once it is old enough, with the arguments it was recorded with', async () => {
    const { request } = await record('snapshot shop-prod', {
      arguments: { target: 'shop-prod', window: { beforeMs: 60_000 } },
    });
    expect(await sweep(9_000)).toBe(0);
    expect(await sweep(11_000)).toBe(1);
    expect(added).toMatchObject([
      {
        id: `snapshot-${request.id}`,
        payload: { app: 'shop', environment: 'prod', window: { beforeMs: 60_000 } },
      },
    ]);
    const [summary] = await engines.store.listMessages(request.id);
    expect(summary).toMatchObject({ key: 'summary', kind: 'progress', content: { stage: 'accepted' } });
    expect(woken).toEqual([request.id]);
  });

  test('is left alone while its job waits for a worker', async () => {
    const { request } = await record('snapshot shop-prod', {});
    const name = 'snapshot';
    await engines.queue.add({ name, id: `${name}-${request.id}`, payload: null });
    expect(await sweep(60_000)).toBe(0);
    expect(await sweep(16 * 60_000)).toBe(0);
  });

  test('or whose queue lost what it knew is begun again, though it runs', async () => {
    const { request } = await record('snapshot shop-prod', {});
    await engines.store.setRequestState(request.id, 'running');
    expect(await sweep(11_000)).toBe(1);
    expect(added).toMatchObject([{ id: `snapshot-${request.id}` }]);
    await engines.store.setRequestState(request.id, 'done');
    expect(await sweep(11_000)).toBe(0);
  });

  test('a slash command stays open until its person is told, so that a bot that dies before answers after all', async () => {
    const outcome = await runUntold('list');
    const state = async () => (await engines.store.findRequest(outcome.requestId))?.state;
    expect(await state()).toBe('accepted');
    expect(await sweep(31_000)).toBe(1);
    expect(await engines.store.listMessages(outcome.requestId)).toMatchObject([{ key: 'answer' }]);
    expect(await state()).toBe('done');
  });

  test('that needs no job is answered where everybody sees it, since its person cannot be told alone', async () => {
    const { request } = await record('list', { arguments: { limit: 10 } });
    expect(await sweep(11_000)).toBe(0);
    expect(await sweep(31_000)).toBe(1);
    expect(await engines.store.findRequest(request.id)).toMatchObject({ state: 'done' });
    const [answer] = await engines.store.listMessages(request.id);
    expect(answer).toMatchObject({ key: 'answer', kind: 'result', content: { report: 'text' } });
  });

  test('that was not understood is told why', async () => {
    const { request } = await record('sanpshot shop-prod', { command: '', arguments: null });
    expect(await sweep(31_000)).toBe(1);
    expect(await engines.store.findRequest(request.id)).toMatchObject({
      state: 'failed',
      error: { code: 'COMMAND_UNKNOWN', message: expect.stringContaining('snapshot') },
    });
  });

  test('of a version that had other commands ends visibly', async () => {
    const { request } = await record('snapshot shop-prod', { command: `compare${serial}` });
    expect(await sweep(31_000)).toBe(1);
    const [answer] = await engines.store.listMessages(request.id);
    expect(answer).toMatchObject({ content: { error: { code: 'COMMAND_UNKNOWN' } } });
  });

  test('in a terminal is nobody to answer any more', async () => {
    await record('snapshot shop-prod', { source: 'terminal', channelId: '' });
    expect(await sweep(60_000)).toBe(0);
  });
});

describe('cancel', () => {
  const stateOf = async (id: RequestId) => (await engines.store.findRequest(id))?.state;
  const cancel = (words = '', given: Partial<CommandInput> = {}) =>
    run(`cancel ${words}`, {
      userId: 'U0MAYA',
      repeat: { identity: [randomUUIDv7()], windowMs: null },
      ...given,
    });

  test('ends the one request that runs in this channel, and its summary says who did', async () => {
    const { requestId } = await run('snapshot shop-prod');
    const outcome = await cancel();
    expect(outcome).toMatchObject({
      state: 'answered',
      report: { title: expect.stringMatching(/^Cancelled: snapshot/), lines: [`Request ${requestId}`] },
    });
    expect(await stateOf(requestId)).toBe('cancelled');
    const [summary, ...others] = await engines.store.listMessages(requestId);
    expect(others).toEqual([]);
    expect(summary).toMatchObject({
      kind: 'result',
      content: { stage: 'cancelled', finishedAt: nowMs, cancelledBy: 'U0MAYA' },
    });
    const said = formatReport(reportSchema.parse(summary?.content), { nowMs });
    expect(said).toMatch(/^Snapshot of shop-prod: cancelled\nCancelled by U0MAYA$/);
    expect(added.at(-1)).toMatchObject({ name: 'deliver', payload: { requestId } });
    expect((await cancel()).report.error?.message).toBe('Cannot cancel: nothing runs in this channel');
  });

  test('names those that run, when they are several', async () => {
    const { requestId } = await run('snapshot shop-prod');
    const { requestId: other } = await run('snapshot ledger-prod');
    const { state, report } = await cancel();
    expect(state).toBe('failed');
    expect(report.error?.message).toContain(requestId);
    expect(report.error?.message).toContain(other);
    await cancel(other.toUpperCase());
    expect([await stateOf(requestId), await stateOf(other)]).toEqual(['accepted', 'cancelled']);
    await cancel();
    expect(await stateOf(requestId)).toBe('cancelled');
  });

  test('in a thread means what runs in that thread', async () => {
    const thread = { source: 'mention' as const, threadTs: '1700000000.000100' };
    const { requestId } = await run('snapshot shop-prod', {
      ...thread,
      repeat: { identity: [`mention-${serial}`], windowMs: null },
    });
    const { requestId: outside } = await run('snapshot ledger-prod');
    await cancel('', thread);
    expect([await stateOf(requestId), await stateOf(outside)]).toEqual(['cancelled', 'accepted']);
  });

  test('takes the place of a first message that is no summary', async () => {
    const { requestId } = await run('snapshot shop-prod');
    const key = 'suspects';
    await engines.store.cancelRequest(requestId, {
      message: { key: 'summary', content: null },
      error: { code: 'REQUEST_CANCELLED', message: '', advice: '' },
    });
    const id = randomUUIDv7() as RequestId;
    await engines.store.addRequest({
      ...{ id, deduplicationKey: id, source: 'slash-command', command: key, text: key, teamId: 'T1' },
      ...{ arguments: {}, channelId: `C${serial}`, threadTs: null, userId: 'U1' },
    });
    const content = { report: 'text', title: 'Looking for suspects', lines: [], error: null };
    await engines.store.writeMessage({ requestId: id, key, kind: 'progress', content });
    await cancel(id);
    expect(await engines.store.listMessages(id)).toMatchObject([
      { key, kind: 'result', content: { title: 'Cancelled: suspects', cancelledBy: 'U0MAYA' } },
    ]);
  });

  test('says so when it comes too late, and knows no request of another workspace', async () => {
    const { requestId } = await run('snapshot shop-prod');
    await engines.store.setRequestState(requestId, 'done');
    expect((await cancel(requestId)).report.title).toBe(
      'There is nothing to cancel: this snapshot has ended',
    );
    const { requestId: running } = await run('snapshot ledger-prod');
    const elsewhere = await cancel(running, { teamId: 'T2' });
    expect(elsewhere.report.error).toMatchObject({ code: 'REQUEST_UNKNOWN' });
    expect(await stateOf(running)).toBe('accepted');
    const terminal = await cancel(running, { source: 'terminal', teamId: '', channelId: '', userId: 'root' });
    expect(terminal.state).toBe('answered');
    expect(await stateOf(running)).toBe('cancelled');
    expect((await cancel('shop-prod')).report.error).toMatchObject({ code: 'COMMAND_USAGE' });
  });
});
