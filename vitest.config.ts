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
    // Two cores, as CI has; more only make tests that start servers and browsers wait for each other. A cluster whose
    // pods are busy has both for itself.
    pool: 'forks',
    maxWorkers: mode === 'peers' ? 1 : 2,
    testTimeout: 20_000,
    // Hooks start servers: MariaDB, Chromium, the demo.
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
  },
}));
