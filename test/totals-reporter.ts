/**
 * Ends every run with one plain line, `N passed, N failed, N skipped`, for readers that do not know vitest. A run in
 * which no test was executed is a failure: it proves nothing.
 */
import type { Reporter, TestModule } from 'vitest/node';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export function totalsOf(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Totals {
  // An error outside any test fails the run, so it must not hide behind "0 failed".
  const totals: Totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    const before = totals.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      totals[state === 'pending' ? 'skipped' : state]++;
    }
    // A file that could not be loaded, or a hook that failed, leaves no failed test behind.
    if (totals.failed === before && !module.ok()) totals.failed++;
  }
  return totals;
}

export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const { passed, failed, skipped } = totalsOf(modules, unhandledErrors);
    if (passed + failed === 0) process.exitCode = 1;
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
