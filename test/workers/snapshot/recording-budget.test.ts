import { describe, expect, test } from 'vitest';
import { clusterSchema } from '../../../storage/cluster-config.ts';
import { limitsSchema } from '../../../storage/config.ts';
import { claimRecordingTime } from '../../../workers/snapshot/claim-recording-time.ts';
import { withRecordingTurn } from '../../../workers/snapshot/with-recording-turn.ts';
import type { WorkerContext } from '../../../workers/worker-context.ts';
import { failureOf } from '../../support/failures.ts';

/** One change after the other, as test/storage/store.contract.ts holds the engines to it. */
function openContext(recordedMsPerHour?: number) {
  const kept = new Map<string, unknown>();
  const clock = { ms: 1_700_000_000_000 };
  const changeAgreement = async (name: string, change: (content: unknown) => unknown) => {
    kept.set(name, structuredClone(change(kept.get(name) ?? null)));
  };
  const limits = limitsSchema.parse(recordedMsPerHour === undefined ? {} : { recordedMsPerHour });
  const context = {
    store: { changeAgreement },
    config: { limits },
    now: () => clock.ms,
    signal: new AbortController().signal,
  } as unknown as WorkerContext & { signal: AbortSignal };
  return { context, clock, kept };
}

const environment = (record: object, name = 'prod') => ({
  name,
  logServers: [],
  clusters: [clusterSchema.parse({ namespaces: ['shop'], record })],
});
const order = (requestId: string, podCount = 1) => ({ requestId, recordMs: 30_000, podCount });

describe('recorded time of an hour', () => {
  const prod = environment({ msPerHour: 60_000 });

  test('is given to as many snapshots that begin at once as it suffices for', async () => {
    const { context } = openContext();
    const claims = ['a', 'b', 'c', 'd'].map((id) => claimRecordingTime(context, prod, order(id)));
    const outcomes = await Promise.allSettled(claims);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  test('is taken once by a snapshot that is tried again, and comes back after an hour', async () => {
    const { context, clock } = openContext();
    for (let attempt = 0; attempt < 3; attempt++) await claimRecordingTime(context, prod, order('a', 2));
    const refused = await failureOf(claimRecordingTime(context, prod, order('b')));
    expect(refused).toMatchObject({ code: 'RECORDING_BUDGET' });
    expect(refused.message).toContain(
      '60 s were recorded there in the last hour, 30 s more wanted (at most 60 s, set by record.msPerHour)',
    );
    clock.ms += 3_600_001;
    await claimRecordingTime(context, prod, order('b'));
  });

  test('is bounded over all environments too', async () => {
    const { context } = openContext(60_000);
    await claimRecordingTime(context, environment({}, 'prod'), order('a'));
    await claimRecordingTime(context, environment({}, 'stage'), order('b'));
    const refused = await failureOf(claimRecordingTime(context, environment({}, 'demo'), order('c')));
    expect(refused.message).toContain('60 s were recorded in all environments in the last hour');
    expect(refused.message).toContain('set by limits.recordedMsPerHour');
  });

  test('that was refused is not taken', async () => {
    const { context } = openContext();
    await failureOf(claimRecordingTime(context, prod, order('a', 3)));
    await claimRecordingTime(context, prod, order('b', 2));
  });
});

describe('pods recorded at once', () => {
  const one = environment({ podsAtOnce: 1 });
  const turn = (id: string) => ({ id, pod: `pod-${id}`, holdMs: 300_000 });

  test('are so many; the next one waits for its turn', async () => {
    const { context } = openContext();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const running = withRecordingTurn(context, one, turn('a'), async () => {
      seen.push('a begins');
      await first.promise;
      seen.push('a ends');
    });
    const waiting = withRecordingTurn(context, one, turn('b'), async () => seen.push('b begins'));
    await expect.poll(() => seen).toEqual(['a begins']);
    first.resolve();
    await Promise.all([running, waiting]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins']);
  });

  test('give their turn back when they fail, and when their worker is gone', async () => {
    const { context, clock, kept } = openContext();
    const failing = withRecordingTurn(context, one, turn('a'), () => Promise.reject(new Error('no perf')));
    await expect(failing).rejects.toThrow('no perf');
    expect([...kept.values()]).toEqual([[]]);
    kept.set('recorded now in prod', [{ id: 'dead', untilMs: clock.ms - 1 }]);
    expect(await withRecordingTurn(context, one, turn('b'), async () => 'recorded')).toBe('recorded');
  });

  test('without a turn after a while are refused, with the limit', async () => {
    const { context, clock, kept } = openContext();
    kept.set('recorded now in prod', [{ id: 'other', untilMs: clock.ms + 3_600_000 }]);
    const refused = failureOf(withRecordingTurn(context, one, turn('b'), async () => 'recorded'));
    clock.ms += 200_000;
    expect(await refused).toMatchObject({ code: 'RECORDING_BUDGET' });
    expect((await refused).message).toContain('at most 1 at once, set by record.podsAtOnce');
  });
});
