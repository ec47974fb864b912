import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { beginAgain, type CommandEngines, runCommand } from '../../bot/run-command.ts';
import { beginUnqueuedRequests } from '../../bot/watch-requests.ts';
import { linesOf } from '../../deploy/demo/thread-printer.ts';
import type { RequestRow, SnapshotId } from '../../storage/database/store.ts';
import { jobNames } from '../../workers/jobs.ts';
import type { RunningAvalanche } from '../support/avalanche.ts';
import { packTar } from '../support/tar.ts';

const soon = { timeout: 20_000, interval: 50 };
const log = pino({ level: 'silent' });

const recording = (name: string) => readFile(new URL(`../data/own/${name}`, import.meta.url));

/** Until `restore` the `perf` that workers find never comes to an end. */
async function hangPerf(folder: string): Promise<{ pid(): Promise<number>; restore(): void }> {
  const programs = join(folder, 'programs');
  const pidFile = join(folder, 'perf.pid');
  await mkdir(programs, { recursive: true });
  await rm(pidFile, { force: true });
  await writeFile(join(programs, 'perf'), `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 120\n`, {
    mode: 0o755,
  });
  const before = process.env.PATH;
  process.env.PATH = `${programs}:${before}`;
  return {
    pid: async () => Number(await readFile(pidFile, 'utf8').catch(() => '0')),
    restore() {
      process.env.PATH = before;
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** What is kept when processes die, whatever engines keep it. The application `checkout` is configured. */
export function lastingContract(running: () => RunningAvalanche): void {
  describe('what lasts', () => {
    const enginesOf = ({ config, engines }: RunningAvalanche): CommandEngines => {
      const { store, queue } = engines;
      return { config, store, queue, log, now: Date.now, wakeDelivery: () => {} };
    };
    const publishCheckout = async () => {
      const text = await recording('java-checkout.perf.txt.gz');
      const archive = await packTar([{ name: 'tmp/perf.txt.gz', content: text }]);
      await running().publish('checkout', 'checkout-1', gzipSync(archive));
    };

    test('a request whose bot died before its job was queued is begun again, once, by whichever bot looks', async () => {
      await publishCheckout();
      const { engines, playground } = running();
      const engine = enginesOf(running());
      // The bot dies in here: the job is never added.
      const death = Promise.withResolvers<void>();
      const dying = runCommand(
        {
          source: 'slash-command',
          typed: 'snapshot checkout-prod',
          teamId: 'T1',
          channelId: 'C0INCIDENTS',
          threadTs: null,
          userId: 'U0MAYA',
          repeat: { identity: ['died'], windowMs: null },
        },
        { ...engine, queue: { ...engines.queue, add: () => death.promise } },
      );
      const open = () => engines.store.listRequests({ states: ['accepted'], limit: 10 });
      await expect.poll(async () => (await open()).length, soon).toBe(1);
      const [request] = await open();
      if (request === undefined) throw new Error('Cannot find the request');
      const listMessages = () => engines.store.listMessages(request.id);
      await expect.poll(async () => (await listMessages()).length, soon).toBe(1);

      const lookLater = () =>
        beginUnqueuedRequests({
          ...engine,
          now: () => Date.now() + 11_000,
          begin: (found: RequestRow) => beginAgain(found, engine),
        });
      await Promise.all([lookLater(), lookLater()]);
      const state = async () => (await engines.store.findRequest(request.id))?.state;
      await expect.poll(state, soon).toBe('done');
      await expect.poll(() => engines.store.listUndelivered(1), soon).toEqual([]);
      const { threadTs } = (await engines.store.findRequest(request.id)) ?? {};
      const ofRequest = playground.messages('incidents').filter(({ ts }) => ts === threadTs);
      expect(ofRequest).toHaveLength(1);
      const thread = () => playground.thread('incidents', threadTs ?? '');
      // Every message once; Slack shares an uploaded file a moment after it has accepted it.
      await expect.poll(() => thread().length, soon).toBe((await listMessages()).length);
      expect(await lookLater()).toBe(0);
      death.resolve();
      await dying;
    }, 60_000);

    test('two snapshots of one app at once run one after the other, and the second says that it waits', async () => {
      const { engines, playground, folder } = running();
      await running().publish('checkout', 'checkout-1', await recording('perf-record.tar.gz'));
      const hung = await hangPerf(folder);
      const ask = (user: string) =>
        playground.typeCommand({ channel: 'incidents', user, text: '/avalanche snapshot checkout-prod' });
      const stateOf = async (id: RequestRow['id']) => (await engines.store.findRequest(id))?.state;
      const summaryOf = async ({ id }: RequestRow) =>
        (await engines.store.listMessages(id)).find(({ key }) => key === 'summary')?.content;
      try {
        await ask('maya');
        await expect.poll(hung.pid, soon).toBeGreaterThan(0);
        await ask('jonas');
        const [second, first] = await engines.store.listRequests({ limit: 2 });
        if (first === undefined || second === undefined) throw new Error('Cannot find the requests');
        await expect.poll(() => summaryOf(second), soon).toMatchObject({ stage: 'waiting' });
        expect(await stateOf(second.id)).toBe('accepted');
        hung.restore();
        await playground.typeCommand({ channel: 'incidents', text: `/avalanche cancel ${first.id}` });
        await expect.poll(() => summaryOf(second), soon).toMatchObject({ stage: 'done' });
        expect([await stateOf(first.id), await stateOf(second.id)]).toEqual(['cancelled', 'done']);
        await expect.poll(() => engines.store.listUndelivered(1), soon).toEqual([]);
      } finally {
        hung.restore();
      }
    }, 60_000);

    test('a cancelled snapshot stops its running capture within seconds, says so, and leaves nothing', async () => {
      const { engines, playground, folder } = running();
      await running().publish('checkout', 'checkout-1', await recording('perf-record.tar.gz'));
      const hung = await hangPerf(folder);
      try {
        await playground.typeCommand({ channel: 'incidents', text: '/avalanche snapshot checkout-prod' });
        await expect.poll(hung.pid, soon).toBeGreaterThan(0);
        const pid = await hung.pid();
        const [request] = await engines.store.listRequests({ states: ['running'], limit: 1 });
        if (request === undefined) throw new Error('Cannot find the request');
        const threadTs = async () => (await engines.store.findRequest(request.id))?.threadTs ?? null;
        await expect.poll(threadTs, soon).not.toBeNull();

        await playground.mention({
          channel: 'incidents',
          threadTs: (await threadTs()) ?? '',
          text: '@avalanche cancel',
        });
        await expect
          .poll(async () => (await engines.store.findRequest(request.id))?.state, soon)
          .toBe('cancelled');
        const cancelledAt = Date.now();
        await expect.poll(() => isAlive(pid), soon).toBe(false);
        expect(Date.now() - cancelledAt).toBeLessThan(3_000);

        const thread = async () => playground.thread('incidents', (await threadTs()) ?? '');
        const summaryLines = async () => {
          const [summary] = await thread();
          return summary === undefined ? '' : linesOf(summary, playground).join('\n');
        };
        await expect.poll(summaryLines, soon).toMatch(/checkout-prod: cancelled[\s\S]*Cancelled by/);
        const names = jobNames.filter((name) => name !== 'deliver');
        const busy = async () =>
          Object.values(await engines.queue.state(names)).reduce(
            (sum, state) => sum + state.waiting + state.active,
            0,
          );
        await expect.poll(busy, soon).toBe(0);
        const left = await Array.fromAsync(engines.blobs.list(`snapshots/${request.id}/`));
        expect(left).toEqual([]);
        expect(await engines.store.findSnapshot(request.id as string as SnapshotId)).toBeUndefined();
        expect(await filesBelow(join(folder, '.avalanche', 'work', 'captures'))).toEqual([]);
        expect((await engines.store.listMessages(request.id)).map(({ key }) => key)).toEqual(['summary']);
        expect((await thread()).flatMap(({ fileIds }) => fileIds)).toEqual([]);
      } finally {
        hung.restore();
      }
      expect((await running().ask('/avalanche cancel')).private).toContain('nothing runs in this channel');
    }, 60_000);
  });
}
