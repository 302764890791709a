/** `agentlog/fusion` as those have it who installed the package: the example runs as it stands. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { runExample } from './support/consumer.js';

test('the example runs as it stands, and leaves nothing but what it was told to make', () => {
  const dir = tempDir();
  const run = runExample(dir, 'fusion.mjs');
  const temporary = tempDir();
  expect(run(temporary)).toEqual({
    status: 0,
    stderr: '',
    stdout: `live: FN-001 thinking Looking at the failing test.
live: FN-001 tool Bash
live: FN-001 tool_result Bash
live: FN-002 text Two files changed.
references: 2, all different: true
page: thinking Looking at the failing test. (no detail, ? ms)
page: tool Bash (npm test, 4210 ms)
count: 3
tools: 1
FN-002 after its delete: 0
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
  expect(run(temporary, 'store').status).toBe(0);
  expect(readdirSync(join(dir, 'store'))).toContain('agentlog.json');
});
