import { defineConfig } from 'vitest/config';

/** Suites that mostly wait (for time limits, for processes to come up) have a run of their own: `npm run test:long`. */
const longSuites = 'test/**/*.long.test.ts';

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'long' ? [longSuites] : ['test/**/*.test.ts'],
    exclude: mode === 'long' ? [] : [longSuites],
    globalSetup: ['test/support/prerequisites.ts'],
    // Two cores, as CI has; more only make tests that start servers and browsers wait for each other.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    // Hooks start servers: MariaDB, Chromium, the demo.
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
  },
}));
