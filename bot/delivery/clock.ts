import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as delivery needs it; a test brings its own. */
export type Clock = {
  now(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await sleepFor(ms, undefined, { signal, ref: false }).catch(() => {});
  },
};
