import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../bot/playground/faults.ts';
import type { LastingServer } from '../support/servers.ts';
import type { Stage } from './stage.ts';
import type { Supervised } from './supervised.ts';

/** What was done to the running system, from when until when (ms since 1970). */
export type Trouble = { name: string; fromMs: number; untilMs: number };

type Kind = {
  name: string;
  perMinute: number;
  /** A server or a process is away meanwhile: one after the other, as long as there is time. */
  isOutage?: boolean;
  act: (stage: Stage, random: () => number) => Promise<unknown>;
};

export const lostAnswer = 'Slack: accepted, then no answer';

const longestOutageMs = 4_000;
const longestStartMs = 120_000;
const methods = [
  'chat.postMessage',
  'chat.postMessage',
  'chat.update',
  'files.getUploadURLExternal',
  'files.completeUploadExternal',
  'files.info',
];

const oneOf = <Choice>(choices: readonly Choice[], random: () => number): Choice =>
  choices[Math.floor(random() * choices.length)]!;
const times = (random: () => number) => 1 + Math.floor(random() * 3);

const kill =
  (choose: (stage: Stage) => readonly Supervised[], signal: 'SIGKILL' | 'SIGTERM'): Kind['act'] =>
  async (stage, random) => {
    await untilHeard(stage);
    oneOf(choose(stage), random).kill(signal);
  };

const killAllBots: Kind['act'] = async (stage) => {
  for (const bot of stage.bots) bot.kill('SIGKILL');
};

/** On a slow machine processes take long to start; what never comes up shows nothing when it is killed. */
async function untilHeard({ playground, bots }: Stage): Promise<void> {
  const until = Date.now() + longestStartMs;
  while (playground.socketCount() < bots.length && Date.now() < until) await sleep(100);
}

const restart =
  (choose: (stage: Stage) => LastingServer, signal: 'SIGKILL' | 'SIGTERM'): Kind['act'] =>
  async (stage, random) => {
    const server = choose(stage);
    await server.end(signal);
    await sleep(random() * longestOutageMs);
    await server.start();
  };

const inject =
  (make: (random: () => number) => Fault): Kind['act'] =>
  // Nothing to send again yet is no trouble.
  (stage, random) =>
    stage.playground.inject(make(random)).catch(() => {});

/** All that the promise covers. Every kind comes at least once, however short the run. */
const kinds: readonly Kind[] = [
  {
    name: 'workers killed with -9',
    isOutage: true,
    perMinute: 4,
    act: kill(({ workers }) => workers, 'SIGKILL'),
  },
  { name: 'workers stopped', isOutage: true, perMinute: 1, act: kill(({ workers }) => workers, 'SIGTERM') },
  { name: 'bots killed with -9', isOutage: true, perMinute: 3, act: kill(({ bots }) => bots, 'SIGKILL') },
  { name: 'all bots killed with -9', perMinute: 0.2, act: killAllBots },
  { name: 'bots stopped', isOutage: true, perMinute: 1, act: kill(({ bots }) => bots, 'SIGTERM') },
  {
    name: 'Redis killed with -9',
    perMinute: 0.4,
    isOutage: true,
    act: restart(({ redis }) => redis, 'SIGKILL'),
  },
  { name: 'Redis restarted', perMinute: 0.3, isOutage: true, act: restart(({ redis }) => redis, 'SIGTERM') },
  {
    name: 'MariaDB killed with -9',
    perMinute: 0.4,
    isOutage: true,
    act: restart(({ mariadb }) => mariadb, 'SIGKILL'),
  },
  {
    name: 'MariaDB restarted',
    perMinute: 0.3,
    isOutage: true,
    act: restart(({ mariadb }) => mariadb, 'SIGTERM'),
  },
  {
    name: 'Slack: 429',
    perMinute: 8,
    act: inject((random) => ({
      kind: 'rate-limit',
      method: oneOf(methods, random),
      retryAfterSeconds: random() < 0.2 ? null : times(random),
      times: times(random),
    })),
  },
  {
    name: 'Slack: 500',
    perMinute: 8,
    act: inject((random) => ({
      kind: 'server-error',
      method: oneOf(methods, random),
      status: oneOf([500, 502, 503], random),
      times: times(random),
    })),
  },
  {
    name: lostAnswer,
    perMinute: 3,
    act: inject((random) => ({ kind: 'timeout-after-accept', method: oneOf(methods, random) })),
  },
  {
    name: 'Slack: internal error',
    perMinute: 4,
    act: inject((random) => ({ kind: 'refusal', method: oneOf(methods, random), error: 'internal_error' })),
  },
  {
    name: 'Slack: slow',
    perMinute: 4,
    act: inject((random) => ({ kind: 'slow', method: oneOf(methods, random), delayMs: random() * 5_000 })),
  },
  { name: 'Slack: connections recycled', perMinute: 2, act: inject(() => ({ kind: 'disconnect' })) },
  { name: 'Slack: connections broken', perMinute: 2, act: inject(() => ({ kind: 'drop-sockets' })) },
  { name: 'Slack: event delivered again', perMinute: 6, act: inject(() => ({ kind: 'redeliver' })) },
  {
    name: 'Slack: file late',
    perMinute: 3,
    act: inject((random) => ({ kind: 'file-late', delayMs: random() * 4_000 })),
  },
  { name: 'Slack: file never shown', perMinute: 1, act: inject(() => ({ kind: 'file-never-shared' })) },
];

/** Makes trouble at random times until the time is over; several kinds may meet, but one server or process goes away at a time. */
export async function makeTrouble(
  stage: Stage,
  { random, durationMs }: { random: () => number; durationMs: number },
): Promise<Trouble[]> {
  const planned = kinds.flatMap((kind) => {
    const count = Math.max(1, Math.round((kind.perMinute * durationMs) / 60_000));
    return Array.from({ length: count }, () => ({ kind, atMs: random() * durationMs }));
  });
  const beganAt = Date.now();
  const made: Trouble[] = [];
  const act = async ({ name, act }: Kind) => {
    const fromMs = Date.now();
    await act(stage, random);
    made.push({ name, fromMs, untilMs: Date.now() });
  };
  let outages = Promise.resolve();
  const acts = planned.map(async ({ kind, atMs }) => {
    await sleep(atMs);
    if (kind.isOutage !== true) return act(kind);
    const later = () => (Date.now() - beganAt > durationMs ? undefined : act(kind));
    outages = outages.then(later);
    return outages;
  });
  await Promise.all(acts);
  return made.sort((a, b) => a.fromMs - b.fromMs);
}
