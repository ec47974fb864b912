import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Embedded, openEmbedded } from '../../storage/embedded.ts';
import { openQueue } from '../../storage/open-queue.ts';
import { randomFrom } from '../support/random.ts';

const killsWhileNew = 5;
const killsAtWork = 15;

describe('embedded engine under kill -9', () => {
  let folder: string;
  const children: ChildProcess[] = [];
  const accepted = new Set<string>();
  let done = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-embedded-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Starts a process that works in the folder; `opened` fails when it ends otherwise than by a kill. */
  function startWorker() {
    const script = join(import.meta.dirname, 'embedded-worker.ts');
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint = (complaint + text).slice(-4_000);
    });
    const opened = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word, id = ''] = line.split(' ');
      if (word === 'open') opened.resolve();
      if (word === 'accepted') accepted.add(id);
      if (word === 'done') done++;
    });
    const exited = once(child, 'close').then(([code]) => {
      if (code === null) opened.resolve();
      else opened.reject(new Error(`The worker ended with ${code}: ${complaint}`));
    });
    opened.promise.catch(() => {});
    return {
      opened: opened.promise,
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }

  test('leaves a folder that opens, at whatever moment', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e9);
    console.log(`embedded kills: SEED=${seed}`);
    const next = randomFrom(seed);
    for (let kill = 0; kill < killsWhileNew; kill++) {
      const worker = startWorker();
      // Until one gets to the end of it, each is killed while it makes the folder.
      await Promise.race([worker.opened, delay(next() * 4_000)]);
      await worker.kill();
      await worker.opened;
    }
    for (let kill = 0; kill < killsAtWork; kill++) {
      const worker = startWorker();
      await worker.opened;
      await delay(next() * 1_500);
      await worker.kill();
    }
    console.log(`embedded kills: ${accepted.size} jobs accepted, ${done} done in ${killsAtWork} lives`);
    expect(accepted.size).toBeGreaterThan(killsAtWork);
  }, 600_000);

  test('keeps every job that it accepted, and the next process does what is left', async () => {
    const embedded = await openEmbedded(folder);
    const queue = await openQueue(`embedded:${folder}`, embedded, { lockMs: 2_000 });
    const kept = await Promise.all([...accepted].map((id) => queue.has('kept', id)));
    expect(kept).toEqual([...accepted].map(() => true));
    await queue.work('kept', { concurrency: 2 }, async () => {});
    const open = async () => {
      const { waiting, active, delayed, failed } = (await queue.state(['kept'])).kept!;
      return waiting + active + delayed + failed;
    };
    await expect.poll(open, { interval: 250, timeout: 60_000 }).toBe(0);
    await queue.close();
    await embedded.close();
  }, 120_000);
});

describe('embedded queue', () => {
  let folder: string;
  let embedded: Embedded;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-embedded-'));
    embedded = await openEmbedded(folder);
  }, 120_000);
  afterAll(async () => {
    await embedded?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('starts a job within 50 ms of its being added', async () => {
    const queue = await openQueue(`embedded:${folder}`, embedded, { prefix: 'soon' });
    const addedAt = new Map<string, number>();
    const waits: number[] = [];
    await queue.work('soon', { concurrency: 1 }, async ({ id }) =>
      waits.push(performance.now() - addedAt.get(id)!),
    );
    for (let n = 0; n < 100; n++) {
      addedAt.set(`job-${n}`, performance.now());
      await queue.add({ name: 'soon', id: `job-${n}`, payload: null });
      await expect.poll(() => waits.length, { interval: 5, timeout: 10_000 }).toBe(n + 1);
      await delay(20);
    }
    report('a job starts after', waits);
    expect(median(waits)).toBeLessThanOrEqual(50);
    await queue.close();
  }, 120_000);

  test.for([200, 1_000])(
    'starts a job again after %s ms, by half a second later',
    { timeout: 120_000 },
    async (backoffMs) => {
      const queue = await openQueue(`embedded:${folder}`, embedded, { prefix: `again-${backoffMs}` });
      const failedAt = new Map<string, number>();
      const late: number[] = [];
      await queue.work('again', { concurrency: 4 }, async ({ id, attempt }) => {
        if (attempt > 1) return late.push(performance.now() - failedAt.get(id)! - backoffMs);
        failedAt.set(id, performance.now());
        throw new Error('not yet');
      });
      for (let n = 0; n < 20; n++) {
        await queue.add({ name: 'again', id: `job-${n}`, payload: null, attempts: 2, backoffMs });
        await delay(n % 2 ? 300 : 50);
      }
      await expect.poll(() => late.length, { timeout: 30_000 }).toBe(20);
      report(`a job tried again after ${backoffMs} ms is late by`, late);
      expect(Math.min(...late)).toBeGreaterThanOrEqual(-5);
      expect(median(late)).toBeLessThanOrEqual(500);
      await queue.close();
    },
  );
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(what: string, values: readonly number[]): void {
  const figures = [Math.min(...values), median(values), Math.max(...values)].map((ms) => ms.toFixed(0));
  console.log(`embedded: ${what} ${figures.join(' / ')} ms (least, median, most of ${values.length})`);
}
