import { z } from 'zod';
import type { EnvironmentConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { WorkerContext } from '../worker-context.ts';

const hourMs = 3_600_000;

/** Under this name the processes keep who was given recorded time in the last hour. */
const agreement = 'recorded time';
const claimsSchema = z
  .array(z.object({ requestId: z.string(), environment: z.string(), ms: z.number(), atMs: z.number() }))
  .nullable()
  .transform((claims) => claims ?? []);

/**
 * Takes the recorded time of a snapshot out of what an hour may have, in its environment and everywhere: all pods, all
 * workers, one snapshot after the other. What was taken counts for an hour, whatever becomes of the recording; the
 * same snapshot tried again takes it once.
 *
 * @throws AvalancheError RECORDING_BUDGET, with what was used
 */
export async function claimRecordingTime(
  { store, now, config }: WorkerContext,
  { name, clusters }: EnvironmentConfig,
  { requestId, recordMs, podCount }: { requestId: string; recordMs: number; podCount: number },
): Promise<void> {
  const ms = recordMs * podCount;
  const atMs = now();
  const budgets = [
    {
      place: 'there',
      isOf: (environment: string) => environment === name,
      budgetMs: Math.min(...clusters.flatMap(({ record }) => record?.msPerHour ?? [])),
      key: 'record.msPerHour',
    },
    {
      place: 'in all environments',
      isOf: () => true,
      budgetMs: config.limits.recordedMsPerHour,
      key: 'limits.recordedMsPerHour',
    },
  ];
  await store.changeAgreement(agreement, (content) => {
    const others = claimsSchema
      .parse(content)
      .filter((claim) => claim.atMs > atMs - hourMs && claim.requestId !== requestId);
    for (const { place, isOf, budgetMs, key } of budgets) {
      const usedMs = others.reduce((sum, claim) => sum + (isOf(claim.environment) ? claim.ms : 0), 0);
      if (usedMs + ms <= budgetMs) continue;
      const state = `${seconds(usedMs)} were recorded ${place} in the last hour, ${seconds(ms)} more wanted`;
      throw new AvalancheError(
        'RECORDING_BUDGET',
        `Cannot record ${podCount} pods in "${name}": ${state} (at most ${seconds(budgetMs)}, set by ${key})`,
      );
    }
    return [...others, { requestId, environment: name, ms, atMs }];
  });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
