import { defineConfig } from 'vitest/config';

/** Suites with a run of their own, `npm run test:MODE`. */
const suites: Record<string, string> = {
  /** They mostly wait: for time limits, for processes to come up. */
  long: 'test/**/*.long.test.ts',
  /** On real peers that must be built first. */
  peers: 'test/**/*.peers.test.ts',
};

export default defineConfig(({ mode }) => ({
  test: {
    include: [suites[mode] ?? 'test/**/*.test.ts'],
    exclude: mode in suites ? [] : Object.values(suites),
    globalSetup: ['test/support/prerequisites.ts'],
    // Two cores, as CI has, and tests of which many wait. The long suites start servers and browsers, which only wait
    // for each other when there are more; a cluster whose pods are busy has both cores for itself.
    pool: 'forks',
    maxWorkers: { long: 2, peers: 1 }[mode] ?? 3,
    testTimeout: 20_000,
    // Hooks start servers: MariaDB, Chromium, the demo.
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
  },
}));
