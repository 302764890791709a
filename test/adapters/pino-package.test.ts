/** `agentlog/pino` as those have it who installed the package: the example runs as it stands. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { runExample } from './support/consumer.js';

test('the example runs as it stands, and leaves nothing behind', () => {
  const run = runExample(tempDir(), 'pino.mjs', ['pino']);
  const temporary = tempDir();
  expect(run(temporary)).toEqual({
    status: 0,
    stderr: '',
    stdout: `server info executor Ready. (no detail)
FN-001 info executor Running the tests. (tool, command)
FN-001 error executor The tests failed. (err)
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
});
