import { afterAll, beforeAll, describe } from 'vitest';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { lastingContract } from './lasting.ts';

describe('on the embedded engine', () => {
  let avalanche: RunningAvalanche;
  beforeAll(async () => {
    avalanche = await startAvalanche({ applications: [{ name: 'checkout' }] });
  }, 60_000);
  afterAll(() => avalanche?.stop());

  lastingContract(() => avalanche);
});
