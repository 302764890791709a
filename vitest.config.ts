import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, because the lock binding that serves the main thread may not be loaded by a second thread.
    pool: 'forks',
    maxWorkers: 2,
    // Simulated disks make objects that live for a moment; with little room for them, collecting took a fifth of the time.
    execArgv: ['--max-semi-space-size=32'],
    sequence: { sequencer: LongestFirst },
    // No test asserts a time; this only ends what hangs, on a busy machine too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/totals-reporter.ts'],
  },
});
