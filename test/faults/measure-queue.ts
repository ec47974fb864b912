import { createRedisBackend, Queue, Worker } from 'bullmq';
import { openQueue } from '../../storage/open-queue.ts';
import { connectRedis } from '../../storage/redis-server.ts';

/** Jobs that do nothing, a second: added by 50 at once and worked on by 16 at once. */
export type QueueRates = { ours: number; bare: number };

const jobsPerRound = 1_500;
const rounds = 7;
const addedAtOnce = 50;
const concurrency = 16;

type Bench = {
  add(id: string): Promise<unknown>;
  work(handle: () => Promise<void>): Promise<unknown>;
  close(): Promise<void>;
};

/** Our layer and bare BullMQ in turns on one Redis, so that both meet the same machine: the pair of the middle ratio. */
export async function measureQueue(url: string): Promise<QueueRates> {
  const pairs: QueueRates[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const open = { ours: () => openOurs(url, round), bare: () => openBare(url, round) };
    const rates: QueueRates = { ours: 0, bare: 0 };
    // Who comes second meets a warmer server: each does so in turn.
    for (const side of round % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const)) {
      rates[side] = await measureRate(await open[side]());
    }
    pairs.push(rates);
  }
  return pairs.sort((a, b) => a.ours / a.bare - b.ours / b.bare)[Math.floor(rounds / 2)]!;
}

async function measureRate({ add, work, close }: Bench): Promise<number> {
  let done = 0;
  const all = Promise.withResolvers<void>();
  await work(async () => {
    done += 1;
    if (done === jobsPerRound) all.resolve();
  });
  const startedAt = performance.now();
  for (let first = 0; first < jobsPerRound; first += addedAtOnce) {
    await Promise.all(Array.from({ length: addedAtOnce }, (_, row) => add(`job-${first + row}`)));
  }
  await all.promise;
  const rate = jobsPerRound / ((performance.now() - startedAt) / 1_000);
  await close();
  return rate;
}

async function openOurs(url: string, round: number): Promise<Bench> {
  const queue = await openQueue(url, undefined, { prefix: `rate-${round}` });
  return {
    add: (id) => queue.add({ name: 'nothing', id, payload: { id } }),
    work: (handle) => queue.work('nothing', { concurrency }, handle),
    close: () => queue.close(),
  };
}

async function openBare(url: string, round: number): Promise<Bench> {
  const server = await connectRedis(url, () => {});
  const queue = new Queue(`bare-${round}`, { connection: server.producer }, createRedisBackend);
  let worker: Worker | undefined;
  return {
    add: (id) => queue.add('nothing', { id }, { jobId: id, removeOnComplete: { count: 1_000 } }),
    work(handle) {
      const { name } = queue;
      worker = new Worker(name, handle, { connection: server.consumer, concurrency }, createRedisBackend);
      return worker.waitUntilReady();
    },
    async close() {
      await worker?.close();
      await queue.close();
      server.close();
    },
  };
}
