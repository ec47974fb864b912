import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { have } from '../support/prerequisites.ts';
import { type FaultOptions, runFaults } from './run-faults.ts';

/** `npm run test:faults` in a shorter form. */
export function keepsItsWord(
  name: string,
  size: Pick<FaultOptions, 'commands' | 'channels' | 'durationMs' | 'bots' | 'workers'>,
): void {
  const canRun = have('mariadbd') && have('redis-server');
  describe.skipIf(!canRun)('while everything that can die does', () => {
    const seed = Date.now() % 1_000_000;

    test(`every command is answered, and nothing is said twice (seed ${seed})`, async () => {
      const report = await runFaults({
        ...size,
        seed,
        settleMs: 240_000,
        logFolder: fileURLToPath(new URL(`../output/faults-${name}/`, import.meta.url)),
        measuresQueue: false,
        tell: () => {},
      });
      expect(report).toMatchObject({
        lost: [],
        doubledOtherwise: [],
        jobsLeft: {},
        filesLeft: [],
        badExits: [],
      });
      expect(report.slowestStopMs).toBeLessThan(20_000);
      expect(report.endings.answered).toBeGreaterThan(0);
    }, 420_000);
  });
}
