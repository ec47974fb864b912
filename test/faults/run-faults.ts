import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisBackend, Queue } from 'bullmq';
import { type Engines, openEngines } from '../../storage/open-engines.ts';
import type { QueueState } from '../../storage/queue.ts';
import { connectRedis } from '../../storage/redis-server.ts';
import { jobNames, workerJobs } from '../../workers/jobs.ts';
import { randomFrom } from '../support/random.ts';
import { audit, type Doubled, type Ending, type Judgement, type Watch } from './audit.ts';
import { giveCommands } from './give-commands.ts';
import { lostAnswer, makeTrouble, type Trouble } from './make-trouble.ts';
import { measureQueue, type QueueRates } from './measure-queue.ts';
import { planCommands } from './plan-commands.ts';
import { type Stage, setStage } from './stage.ts';

export type FaultOptions = {
  seed: number;
  commands: number;
  channels: number;
  /** How long commands are given and trouble is made. */
  durationMs: number;
  /** How long everything may then take to come to an end. */
  settleMs: number;
  bots: number;
  workers: number;
  /** Where each process leaves its log. */
  logFolder: string;
  measuresQueue: boolean;
  tell: (line: string) => void;
};

export type FaultReport = {
  seed: number;
  commands: number;
  endings: Record<Ending, number>;
  /** One line each, for whoever has to find out why. */
  lost: string[];
  /** How often each kind of trouble was made. */
  troubles: Record<string, number>;
  /** Results that stand twice within the documented window, and first progress that a newer message replaced. */
  doubledInWindow: number;
  progressLeft: number;
  /** Those that no window explains. */
  doubledOtherwise: string[];
  longestWaitMs: number;
  ackMs: { p50: number; p99: number; longest: number };
  jobsLeft: Record<string, number>;
  filesLeft: string[];
  /** Processes told to stop at the end: how long the slowest took, and exit codes that are not 0. */
  slowestStopMs: number;
  badExits: (number | null)[];
  queue: QueueRates | null;
};

/** Slack takes the post; the process may then die, or not reach its store, until the answer is given up on. */
const windowMs = 15_000;
const longestFaultWaitMs = 120_000;

/** Commands and trouble at the same time; then everything is left to come to its end, and is judged. */
export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { seed, commands: count, channels, durationMs, tell, logFolder } = options;
  const random = randomFrom(seed);
  const apps = 40;
  const people = Math.ceil(count / channels);
  const size = { channels, people, apps, bots: options.bots, workers: options.workers };
  const stage = await setStage(size, { random, logFolder });
  try {
    const queue = options.measuresQueue ? await measureQueue(stage.redis.url) : null;
    await untilHeard(stage, options.bots);
    const watch = watchSlack(stage);
    tell(`${count} commands from ${channels} channels in ${durationMs / 1_000} s`);
    const [given, troubles] = await Promise.all([
      giveCommands(stage.playground, planCommands(random, { count, channels, apps, durationMs })),
      makeTrouble(stage, { random, durationMs }),
    ]);
    tell('all commands given, waiting for the rest');
    const engines = await openEngines(stage.config);
    try {
      await untilSettled(engines, options.settleMs, tell);
      const judgements = await audit({ playground: stage.playground, store: engines.store, watch }, given);
      for (const { requestId, ending } of judgements)
        if (ending === 'lost' && requestId !== null) tell(await describeJobs(stage, requestId));
      const states = await engines.queue.state(jobNames);
      const jobsLeft = Object.fromEntries(
        Object.entries(states).flatMap(([name, state]) =>
          countOpen(state) > 0 ? [[name, countOpen(state)]] : [],
        ),
      );
      const stops = await Promise.all([...stage.bots, ...stage.workers].map((one) => one.stop()));
      return {
        seed,
        commands: count,
        ...sumUp(judgements, troubles, stage),
        longestWaitMs: Math.max(...judgements.map(({ waitMs }) => waitMs)),
        ackMs: watch.acks(),
        troubles: countBy(troubles.map(({ name }) => name)),
        jobsLeft,
        filesLeft: await findRemains(stage),
        slowestStopMs: Math.max(...stops.map(({ tookMs }) => tookMs)),
        badExits: stops.map(({ code }) => code).filter((code) => code !== 0),
        queue,
      };
    } finally {
      await engines.close();
    }
  } finally {
    await stage.stop();
  }
}

async function untilHeard({ playground }: Stage, bots: number): Promise<void> {
  for (const until = Date.now() + 60_000; playground.socketCount() < bots; await sleep(50)) {
    if (Date.now() > until) throw new Error('Cannot begin: the bots do not connect');
  }
}

/** Notes acknowledgements, and when something last changed in each thread, or was whispered to each person. */
function watchSlack({ playground }: Stage): Watch {
  const waits: number[] = [];
  const changes = new Map<string, number>();
  playground.onChange((change) => {
    if (change.kind === 'ack') waits.push(change.ack.ackMs ?? 0);
    if (change.kind !== 'message') return;
    const { channel, ts, threadTs, visibleTo } = change.message;
    changes.set(`${channel} ${visibleTo ?? threadTs ?? ts}`, Date.now());
  });
  return {
    lastChangeAt: (channelId, threadOrPerson) => changes.get(`${channelId} ${threadOrPerson}`),
    acks() {
      const sorted = waits.toSorted((a, b) => a - b);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return { p50: at(0.5), p99: at(0.99), longest: at(1) };
    },
  };
}

/** Nothing open, nothing undelivered, no job left: or as far as it came in the time. */
async function untilSettled(
  { store, queue }: Engines,
  settleMs: number,
  tell: (line: string) => void,
): Promise<void> {
  const beganAt = Date.now();
  for (let toldAt = 0; Date.now() - beganAt < settleMs; await sleep(500)) {
    const [open, undelivered, states] = await Promise.all([
      store.listRequests({ states: ['accepted', 'running'], limit: 1_000 }),
      store.listUndelivered(1_000),
      queue.state(jobNames),
    ]);
    const jobs = Object.values(states).reduce((sum, state) => sum + countOpen(state), 0);
    if (open.length + undelivered.length + jobs === 0) return;
    if (Date.now() - toldAt < 10_000) continue;
    toldAt = Date.now();
    tell(`${open.length} requests open, ${undelivered.length} to be delivered, ${jobs} jobs`);
  }
}

/** Where the jobs of a request are, as BullMQ sees it: for whoever has to find out why it is lost. */
async function describeJobs({ redis }: Stage, requestId: string): Promise<string> {
  const server = await connectRedis(redis.url, () => {});
  try {
    const found: string[] = [];
    for (const name of workerJobs) {
      const queue = new Queue(`avalanche-${name}`, { connection: server.producer }, createRedisBackend);
      for (const id of [`${name}-${requestId}`, `${name}-${requestId}-0`, `${name}-${requestId}-1`]) {
        const job = await queue.getJob(id);
        if (job === undefined) continue;
        const { attemptsMade, attemptsStarted, stalledCounter, failedReason } = job;
        found.push(
          `${id} ${await job.getState()} ${JSON.stringify({ attemptsMade, attemptsStarted, stalledCounter, failedReason })}`,
        );
      }
      await queue.close();
    }
    return found.join('; ') || `no job of ${requestId}`;
  } finally {
    server.close();
  }
}

const countOpen = ({ waiting, active, delayed }: QueueState) => waiting + active + delayed;

function sumUp(judgements: readonly Judgement[], troubles: readonly Trouble[], { bots }: Stage) {
  const endings: Record<Ending, number> = {
    answered: 0,
    'failed visibly': 0,
    'refused by Slack': 0,
    'never heard': 0,
    lost: 0,
  };
  for (const { ending } of judgements) endings[ending] += 1;
  const lost = judgements.flatMap(({ command, ending, problem, requestId }) =>
    ending === 'lost'
      ? [`${command.channel} ${command.user} ${command.way} "${command.text}" (${requestId}): ${problem}`]
      : [],
  );
  const windows = findWindows(troubles, bots);
  const doubled = judgements.flatMap((judgement) => judgement.doubled);
  const isExplained = ({ postedAt }: Doubled) =>
    windows.some(({ fromMs, untilMs }) => postedAt[0]! <= untilMs && postedAt[0]! >= fromMs - windowMs);
  return {
    endings,
    lost,
    doubledInWindow: doubled.filter((one) => !one.isProgress && isExplained(one)).length,
    progressLeft: doubled.filter((one) => one.isProgress && isExplained(one)).length,
    doubledOtherwise: doubled
      .filter((one) => !isExplained(one))
      .map(({ requestId, key, postedAt }) => `${requestId} ${key} at ${postedAt.join(', ')}`),
  };
}

/** When a post may have been taken without anybody noting it: deaths of bots, a store that is away, lost answers. */
function findWindows(
  troubles: readonly Trouble[],
  bots: Stage['bots'],
): { fromMs: number; untilMs: number }[] {
  const deaths = bots.flatMap(({ deathsAt }) => deathsAt.map((atMs) => ({ fromMs: atMs, untilMs: atMs })));
  const outages = troubles.filter(({ name }) => name.startsWith('MariaDB'));
  // A fault waits for its call, which comes late where no bot is up.
  const lostAnswers = troubles
    .filter(({ name }) => name === lostAnswer)
    .map(({ fromMs }) => ({ fromMs, untilMs: fromMs + longestFaultWaitMs }));
  return [...deaths, ...outages, ...lostAnswers];
}

/** Work folders, and files that were being written. */
async function findRemains({ folder, config }: Stage): Promise<string[]> {
  const drafts = join(config.blobUrl.slice('file:'.length), '~writing');
  const places = [join(config.workDirectory, 'captures'), drafts];
  const found = await Promise.all(
    places.map(async (place) => {
      const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  return found.flat().map((path) => path.slice(folder.length + 1));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
