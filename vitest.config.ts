import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, because the lock binding that serves the main thread may not be loaded by a second thread.
    pool: 'forks',
    maxWorkers: 2,
    // No test asserts a time; this only ends what hangs, on a busy machine too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/totals-reporter.ts'],
  },
});
