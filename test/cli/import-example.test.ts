/** `agentlog import` as those have it who installed the package: the example runs as it stands. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runExample } from '../adapters/support/consumer.js';
import { tempDir } from '../package/support/temp-dir.js';

test('the example runs as it stands, and leaves nothing behind', () => {
  const run = runExample(tempDir(), 'import.mjs', ['commander', 'string-width']);
  const temporary = tempDir();
  expect(run(temporary)).toEqual({
    status: 0,
    stderr: '',
    stdout: `imported: 2, by earlier runs: 0
imported: 1, by earlier runs: 2
imported: 0, by earlier runs: 3
R-1 2026-01-01T10:00:00.000Z text Looking at the failing test. {}
R-1 2026-01-01T10:00:04.000Z tool Bash {"command":"npm test"}
R-2 2026-01-01T10:01:00.000Z text Two files changed. {}
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
});
