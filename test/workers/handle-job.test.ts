import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestId } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import type { RunningJob } from '../../storage/queue.ts';
import { readConfig } from '../../storage/read-config.ts';
import { workOn } from '../../workers/handle-job.ts';

let folder: string;
let engines: Engines;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-job-'));
  engines = await openEngines(config());
}, 60_000);

afterAll(async () => {
  await engines.close();
  await rm(folder, { recursive: true });
});

const config = () => readConfig({ directory: folder, environment: {} });

async function newRequest(): Promise<RequestId> {
  const id = randomUUIDv7() as RequestId;
  const place = { teamId: 'T1', channelId: 'C1', threadTs: null, userId: 'U1' };
  const command = { command: 'snapshot', arguments: {}, text: 'snapshot shop-prod' };
  await engines.store.addRequest({ id, deduplicationKey: id, source: 'slash-command', ...command, ...place });
  return id;
}

/** Has one job handled as the queue would, which only counts and carries. */
async function handleOnce(
  name: 'snapshot' | 'capture',
  given: Partial<RunningJob>,
  work: () => Promise<unknown>,
): Promise<{ requestId: RequestId; error: unknown }> {
  const requestId = await newRequest();
  let run: (job: RunningJob) => Promise<unknown> = async () => {};
  const queue = {
    ...engines.queue,
    work: async (_name: string, _options: unknown, handle: typeof run) => {
      run = handle;
    },
  };
  const log = pino({ level: 'silent' });
  await workOn({ config: config(), ...engines, queue, log, now: Date.now }, name, 1, work);
  const payload = { requestId, app: 'shop', environment: 'prod', window: {} };
  const source = { kind: 'disk', locator: {} };
  const job: RunningJob = {
    name,
    id: `${name}-${requestId}`,
    payload: name === 'capture' ? { ...payload, pod: 'shop-1', source } : payload,
    attempt: 1,
    isLastAttempt: true,
    mayWait: true,
    timesLost: 0,
    signal: new AbortController().signal,
    childResults: async () => ({ completed: [], failed: [] }),
    ...given,
  };
  return { requestId, error: await run(job).catch((error: unknown) => error) };
}

const stateOf = async (id: RequestId) => (await engines.store.findRequest(id))?.state;
const engineAway = () => Promise.reject(new AvalancheError('ENGINE_UNREACHABLE', 'Cannot reach it: away'));

test('an engine that is away ends no request, not even at the last attempt', async () => {
  const { requestId, error } = await handleOnce('snapshot', {}, engineAway);
  expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  expect(await stateOf(requestId)).toBe('accepted');
});

test('an engine that stays away for too long ends the request', async () => {
  const { requestId } = await handleOnce('snapshot', { mayWait: false }, engineAway);
  expect(await stateOf(requestId)).toBe('failed');
});

test('a job that one worker after the other dies of is given up, and says so', async () => {
  let worked = 0;
  const work = async () => (worked += 1);
  expect(await stateOf((await handleOnce('snapshot', { timesLost: 3 }, work)).requestId)).toBe('accepted');
  const { requestId, error } = await handleOnce('snapshot', { timesLost: 4 }, work);
  expect(worked).toBe(1);
  expect(error).toMatchObject({ code: 'WORKER_LOST', retry: false });
  expect(await engines.store.findRequest(requestId)).toMatchObject({
    state: 'failed',
    error: { code: 'WORKER_LOST', message: expect.stringContaining('4 workers') },
  });
});

test('a pod that workers die of fails by itself: the request goes on with the others', async () => {
  const { requestId, error } = await handleOnce('capture', { timesLost: 4 }, async () => null);
  expect(error).toMatchObject({ code: 'WORKER_LOST' });
  expect(await stateOf(requestId)).toBe('accepted');
});

test('a job that is handed back fails nothing', async () => {
  const ending = AbortSignal.abort(new Error('the process ends'));
  const { requestId, error } = await handleOnce('snapshot', { signal: ending }, async () => {
    throw ending.reason;
  });
  expect(error).toBe(ending.reason);
  expect(await stateOf(requestId)).toBe('accepted');
});
