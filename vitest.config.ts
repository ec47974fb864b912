import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/prerequisites.ts'],
    // Two cores, as CI has; more only make tests that start servers and browsers wait for each other.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    // Hooks start servers: MariaDB, Chromium, the demo.
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
  },
});
