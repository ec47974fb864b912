import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { EnvironmentConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { WorkerContext } from '../worker-context.ts';

const lookEveryMs = 1_000;
/** Long enough for those before to end; whoever then has no turn is told so. */
const longestWaitMs = 3 * 60_000;

const turnsSchema = z
  .array(z.object({ id: z.string(), untilMs: z.number() }))
  .nullable()
  .transform((turns) => turns ?? []);

/**
 * Records one pod when fewer than `record.podsAtOnce` pods of its environment are being recorded, by whichever
 * worker; until then it waits. A worker that dies gives its turn back `holdMs` after it took it.
 *
 * @param id of the job: tried again, it has its turn already
 * @throws AvalancheError RECORDING_BUDGET when it waited in vain; the signal's reason
 */
export async function withRecordingTurn<Result>(
  { store, now, signal }: WorkerContext & { signal: AbortSignal },
  { name, clusters }: EnvironmentConfig,
  { id, pod, holdMs }: { id: string; pod: string; holdMs: number },
  record: () => Promise<Result>,
): Promise<Result> {
  const atOnce = Math.min(...clusters.flatMap(({ record }) => record?.podsAtOnce ?? []));
  const agreement = `recorded now in ${name}`;
  const change = (turns: (others: z.infer<typeof turnsSchema>) => z.infer<typeof turnsSchema>) =>
    store.changeAgreement(agreement, (content) =>
      turns(turnsSchema.parse(content).filter((turn) => turn.id !== id && turn.untilMs > now())),
    );
  const giveUpAtMs = now() + longestWaitMs;
  for (;;) {
    let isMine = false;
    await change((others) => {
      isMine = others.length < atOnce;
      return isMine ? [...others, { id, untilMs: now() + holdMs }] : others;
    });
    if (isMine) break;
    if (now() > giveUpAtMs) {
      const state = `${atOnce} other pods of "${name}" are being recorded, for ${longestWaitMs / 60_000} minutes`;
      throw new AvalancheError(
        'RECORDING_BUDGET',
        `Cannot record the pod "${pod}": ${state} (at most ${atOnce} at once, set by record.podsAtOnce)`,
      );
    }
    await wait(lookEveryMs, undefined, { signal });
  }
  try {
    return await record();
  } finally {
    await change((others) => others);
  }
}
