import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { QueueOptions } from '../../storage/bullmq-queue.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { JobPutOff, type JobQueue, type JobToAdd, type RunningJob } from '../../storage/queue.ts';

/** An engine that keeps jobs, as a test sees it. */
type EngineUnderTest = {
  open(options: Partial<QueueOptions>): Promise<JobQueue>;
  /** Ends the process that keeps the jobs and starts it again on the same files; every queue is closed before. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** What every job queue does, whatever engine keeps it. */
export function queueContract(engineName: string, start: () => Promise<EngineUnderTest>): void {
  describe(`queue on ${engineName}`, () => {
    let engine: EngineUnderTest;
    let testNumber = 0;
    const opened: JobQueue[] = [];
    /** Every test has its own prefix, so that one engine serves all. */
    const open = async (options: Partial<QueueOptions> = {}) => {
      const queue = await engine.open({ prefix: `test-${testNumber}`, ...options });
      opened.push(queue);
      return queue;
    };

    beforeAll(async () => {
      engine = await start();
    }, 60_000);
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
      testNumber++;
    });
    afterAll(() => engine?.close());

    test('hands a job to the worker of its name, payload unchanged', async () => {
      const queue = await open();
      const payload = { text: 'ünïcode \0 \uD800', list: [1, null, { deep: true }] };
      const seen = firstJob(queue, 'greet');
      await queue.add({ name: 'greet', id: 'one', payload });
      const job = await seen;
      expect({ ...job, childResults: undefined }).toEqual({
        name: 'greet',
        id: 'one',
        payload,
        attempt: 1,
        isLastAttempt: true,
        mayWait: true,
        timesLost: 0,
        signal: expect.any(AbortSignal),
        childResults: undefined,
      });
      expect(await job.childResults()).toEqual({ completed: [], failed: [] });
    });

    test('keeps a job that is added before any worker exists', async () => {
      const queue = await open();
      await queue.add({ name: 'early', id: 'one', payload: 7 });
      expect((await queue.state(['early'])).early).toEqual({
        waiting: 1,
        active: 0,
        delayed: 0,
        failed: 0,
        workers: 0,
      });
      expect((await firstJob(queue, 'early')).payload).toBe(7);
    });

    test('tells since when the oldest job waits, and that none does', async () => {
      const queue = await open();
      const before = Date.now();
      await queue.add(job('patient', 'first'));
      const between = Date.now();
      await delay(5);
      await queue.add(job('patient', 'second'));
      const { patient, idle } = await queue.oldestWaiting(['patient', 'idle']);
      expect(idle).toBeNull();
      expect(patient).toBeGreaterThanOrEqual(before);
      expect(patient).toBeLessThanOrEqual(between);
      await queue.work('patient', { concurrency: 2 }, async () => null);
      await eventually(async () => expect(await queue.oldestWaiting(['patient'])).toEqual({ patient: null }));
    });

    test('knows whether it has a job, before and after it ran', async () => {
      const queue = await open();
      expect(await queue.has('known', 'one')).toBe(false);
      await queue.add(job('known', 'one'));
      expect(await queue.has('known', 'one')).toBe(true);
      expect(await queue.has('known', 'other')).toBe(false);
      await firstJob(queue, 'known');
      await eventually(async () => expect((await queue.state(['known'])).known?.active).toBe(0));
      expect(await queue.has('known', 'one')).toBe(true);
    });

    test('takes two jobs with one id for one job, before and after it ran', async () => {
      const queue = await open();
      const handled: unknown[] = [];
      await Promise.all([1, 2, 3].map((payload) => queue.add({ name: 'once', id: 'same', payload })));
      await queue.work('once', { concurrency: 4 }, async (job) => handled.push(job.payload));
      await eventually(() => expect(handled).toHaveLength(1));
      await queue.add({ name: 'once', id: 'same', payload: 4 });
      await queue.add({ name: 'once', id: 'other', payload: 5 });
      await eventually(() => expect(handled).toHaveLength(2));
      expect(handled[1]).toBe(5);
    });

    test('tries a failed job again after its backoff', async () => {
      const queue = await open();
      const starts: { attempt: number; isLast: boolean; at: number }[] = [];
      await queue.work('shaky', { concurrency: 1 }, async ({ attempt, isLastAttempt }) => {
        starts.push({ attempt, isLast: isLastAttempt, at: performance.now() });
        if (attempt < 3) throw new Error('not yet');
      });
      await queue.add({ name: 'shaky', id: 'one', payload: null, attempts: 3, backoffMs: 100 });
      await eventually(() => expect(starts).toHaveLength(3));
      expect(starts.map(({ attempt, isLast }) => [attempt, isLast])).toEqual([
        [1, false],
        [2, false],
        [3, true],
      ]);
      expect(starts[1]!.at - starts[0]!.at).toBeGreaterThanOrEqual(99);
      expect(starts[2]!.at - starts[1]!.at).toBeGreaterThanOrEqual(199);
      await eventually(async () => expect((await queue.state(['shaky'])).shaky?.failed).toBe(0));
    });

    test('does not try a job again after an error that is final', async () => {
      const queue = await open();
      let attempts = 0;
      await queue.work('final', { concurrency: 1 }, async () => {
        attempts++;
        throw new AvalancheError('ARCHIVE_BROKEN', 'Cannot read "pod-1": it ends early');
      });
      await queue.add({ name: 'final', id: 'one', payload: null, attempts: 5, backoffMs: 1 });
      await eventually(async () => expect((await queue.state(['final'])).final?.failed).toBe(1));
      await delay(50);
      expect(attempts).toBe(1);
    });

    test('runs the parent of a flow when every child has ended, and tells it how', async () => {
      const queue = await open();
      await queue.work('child', { concurrency: 2 }, async ({ id, attempt }) => {
        if (id === 'hostile')
          throw new AvalancheError('ARCHIVE_HOSTILE', 'Cannot unpack "a\0b": it leaves the folder');
        if (id === 'hopeless') throw new Error('no such thing');
        if (id === 'shaky' && attempt === 1) throw new Error('try again');
        return { pod: id };
      });
      const children = ['fine', 'shaky', 'hostile', 'hopeless'].map((id) => ({
        ...job('child', id),
        attempts: 2,
      }));
      const seen = firstJob(queue, 'parent');
      await queue.addFlow(job('parent', 'whole'), children);
      const { completed, failed } = await (await seen).childResults();
      expect(completed.toSorted(byId)).toEqual([
        { id: 'fine', result: { pod: 'fine' } },
        { id: 'shaky', result: { pod: 'shaky' } },
      ]);
      expect(failed.toSorted(byId)).toEqual([
        { id: 'hopeless', reason: 'no such thing' },
        { id: 'hostile', reason: 'ARCHIVE_HOSTILE: Cannot unpack "a\uFFFDb": it leaves the folder' },
      ]);
    });

    test('runs the parent of a flow without children at once', async () => {
      const queue = await open();
      const seen = firstJob(queue, 'lonely');
      await queue.addFlow(job('lonely', 'one'), []);
      expect(await (await seen).childResults()).toEqual({ completed: [], failed: [] });
    });

    test('takes two flows with the same ids for one flow, while it runs and after it ran', async () => {
      const queue = await open();
      const handled: string[] = [];
      const handle = async ({ id }: RunningJob) => {
        handled.push(id);
        await delay(30);
      };
      const add = () => queue.addFlow(job('whole', 'w'), [job('part', 'p1'), job('part', 'p2')]);
      await add();
      await queue.work('part', { concurrency: 1 }, handle);
      await eventually(() => expect(handled).toContain('p1'));
      await add();
      await queue.work('whole', { concurrency: 1 }, handle);
      await eventually(() => expect(handled).toContain('w'));
      await add();
      await delay(300);
      expect(handled.toSorted()).toEqual(['p1', 'p2', 'w']);
      expect((await queue.state(['whole', 'part'])).whole).toMatchObject({
        waiting: 0,
        active: 0,
        failed: 0,
      });
    });

    test('runs no more jobs at a time than the worker allows', async () => {
      const queue = await open();
      let running = 0;
      let most = 0;
      let done = 0;
      await queue.work('busy', { concurrency: 3 }, async () => {
        most = Math.max(most, ++running);
        await delay(20);
        running--;
        done++;
      });
      await Promise.all(numbers(12).map((n) => queue.add(job('busy', `job-${n}`))));
      await eventually(() => expect(done).toBe(12));
      expect(most).toBe(3);
    });

    test('handles 200 jobs exactly once over two workers', async () => {
      const [first, second] = [await open(), await open()];
      const handled: string[] = [];
      for (const queue of [first, second]) {
        await queue.work('many', { concurrency: 5 }, async ({ id }) => handled.push(id));
      }
      expect((await first.state(['many'])).many?.workers).toBe(2);
      const ids = numbers(200).map((n) => `job-${n}`);
      await Promise.all(ids.map((id, n) => (n % 2 ? first : second).add(job('many', id))));
      await eventually(() => expect(handled.length).toBeGreaterThanOrEqual(200), 20_000);
      await delay(100);
      expect(handled.toSorted()).toEqual(ids.toSorted());
    }, 30_000);

    test('counts jobs by state, each name by itself', async () => {
      const queue = await open();
      const release = Promise.withResolvers<void>();
      await queue.work('slow', { concurrency: 1 }, () => release.promise);
      await queue.work('bad', { concurrency: 2 }, async () => {
        throw new Error('never works');
      });
      await queue.add(job('slow', 'running'));
      await queue.add(job('slow', 'next'));
      await queue.add({ ...job('bad', 'later'), attempts: 2, backoffMs: 60_000 });
      await queue.add(job('bad', 'over'));
      await eventually(async () =>
        expect(await queue.state(['slow', 'bad', 'unused'])).toEqual({
          slow: { waiting: 1, active: 1, delayed: 0, failed: 0, workers: 1 },
          bad: { waiting: 0, active: 0, delayed: 1, failed: 1, workers: 1 },
          unused: { waiting: 0, active: 0, delayed: 0, failed: 0, workers: 0 },
        }),
      );
      release.resolve();
    });

    test('gives the job of a worker that fell silent to another', async () => {
      const lost = await open({ lockMs: 900, closeMs: 10, handBackMs: 10 });
      const never = new Promise<void>(() => {});
      const started = firstJob(lost, 'taken', () => never);
      await lost.add({ ...job('taken', 'one'), attempts: 1 });
      await started;
      await lost.close();
      const other = await open({ lockMs: 900 });
      expect(await firstJob(other, 'taken')).toMatchObject({ id: 'one', attempt: 1, timesLost: 1 });
    }, 15_000);

    test('hands a job back that is not done when the queue is closed, and another takes it at once', async () => {
      const ending = await open({ closeMs: 50 });
      const started = firstJob(ending, 'long', ({ signal }) => {
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => reject(signal.reason));
        return promise;
      });
      await ending.add({ ...job('long', 'one'), attempts: 1 });
      await started;
      await ending.close();
      const other = await open();
      const openedAt = performance.now();
      expect(await firstJob(other, 'long')).toMatchObject({ id: 'one', attempt: 1, timesLost: 0 });
      // Its lock alone would have lasted 30 s.
      expect(performance.now() - openedAt).toBeLessThan(10_000);
    }, 20_000);

    test.each([
      ['is put off', () => new JobPutOff(50)],
      ['finds an engine away', () => new AvalancheError('ENGINE_UNREACHABLE', 'Cannot reach it: it is away')],
    ])('a job that %s comes again, and no attempt is counted', async (_name, makeError) => {
      const queue = await open();
      const attempts: number[] = [];
      await queue.work('patient', { concurrency: 1 }, async ({ attempt }) => {
        attempts.push(attempt);
        if (attempts.length === 1) throw makeError();
      });
      await queue.add({ ...job('patient', 'one'), attempts: 1 });
      await eventually(() => expect(attempts).toEqual([1, 1]));
      await eventually(async () =>
        expect((await queue.state(['patient'])).patient).toMatchObject({ active: 0, delayed: 0, failed: 0 }),
      );
    });

    test('close lets running jobs finish, which may add more, and takes no new ones', async () => {
      const queue = await open();
      const handled: string[] = [];
      const started = Promise.withResolvers<void>();
      await queue.work('last', { concurrency: 1 }, async ({ id }) => {
        started.resolve();
        await delay(200);
        await queue.add(job('follow-up', id));
        handled.push(id);
      });
      await queue.add(job('last', 'one'));
      await queue.add(job('last', 'two'));
      await started.promise;
      await queue.close();
      expect(handled).toEqual(['one']);
      const again = await open();
      expect(await again.state(['last', 'follow-up'])).toMatchObject({
        last: { waiting: 1, active: 0 },
        'follow-up': { waiting: 1 },
      });
    });

    test('answers with an error once it is closed', async () => {
      const queue = await open();
      await queue.close();
      await queue.close();
      await expect(queue.add(job('late', 'one'))).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await expect(queue.state(['late'])).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    });

    test.each(['', '12', 'a:b'])(
      'refuses the id "%s", which BullMQ would read as something else',
      async (id) => {
        const queue = await open();
        await expect(queue.add(job('odd', id))).rejects.toThrow(RangeError);
        await expect(queue.addFlow(job('odd', 'fine'), [job('odd', id)])).rejects.toThrow(RangeError);
      },
    );

    test('refuses a payload that is no JSON as our own mistake', async () => {
      const queue = await open();
      const circular: unknown[] = [];
      circular.push(circular);
      await expect(queue.add({ name: 'odd', id: 'one', payload: circular })).rejects.toThrow(TypeError);
    });

    test('keeps jobs over a restart', async () => {
      const before = await open();
      await before.add(job('kept', 'plain'));
      await before.addFlow(job('kept', 'parent'), [job('kept-child', 'child')]);
      await before.close();
      await engine.restart();
      const after = await open();
      const handled: string[] = [];
      for (const name of ['kept', 'kept-child']) {
        await after.work(name, { concurrency: 1 }, async ({ id }) => handled.push(id));
      }
      await eventually(() => expect(handled).toHaveLength(3));
      expect(handled.toSorted()).toEqual(['child', 'parent', 'plain']);
    }, 20_000);
  });
}

function job(name: string, id: string): JobToAdd {
  return { name, id, payload: { of: id } };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** Starts a worker and gives the first job it gets, while that job is still running. */
function firstJob(
  queue: JobQueue,
  name: string,
  handle: (job: RunningJob) => Promise<unknown> = async () => {},
): Promise<RunningJob> {
  const { promise, resolve, reject } = Promise.withResolvers<RunningJob>();
  queue
    .work(name, { concurrency: 1 }, async (running) => {
      const childResults = await running.childResults();
      resolve({ ...running, childResults: async () => childResults });
      return handle(running);
    })
    .catch(reject);
  return promise;
}

async function eventually(check: () => void | Promise<void>, forMs = 8_000): Promise<void> {
  const until = performance.now() + forMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await delay(20);
    }
  }
}
