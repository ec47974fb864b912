import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { have } from '../support/prerequisites.ts';
import { runFaults } from './run-faults.ts';

const logFolder = fileURLToPath(new URL('../output/faults-short/', import.meta.url));

/** The short form of `npm run test:faults`. */
describe.skipIf(!have('mariadbd') || !have('redis-server'))('while everything that can die does', () => {
  const seed = Date.now() % 1_000_000;

  test(`every command is answered, and nothing is said twice (seed ${seed})`, async () => {
    const report = await runFaults({
      seed,
      commands: 60,
      channels: 20,
      durationMs: 20_000,
      settleMs: 240_000,
      bots: 2,
      workers: 2,
      logFolder,
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
