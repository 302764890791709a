/** `agentlog/pino` as those have it who installed the package: the example runs, and the types need no others. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { compile, runExample } from './support/consumer.js';

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

const CONSUMER = `
  import agentLogTransport, { type PinoTransport, type PinoTransportOptions } from 'agentlog/pino';
  const options: PinoTransportOptions = { directory: 'store', taskId: 'T', taskField: 'task', fullText: true };
  export const transport: Promise<PinoTransport> = agentLogTransport(options);
  // @ts-expect-error: a function cannot be sent to a thread
  export const wrong: PinoTransportOptions = { directory: 'store', redact: (entry) => entry };`;

test('a TypeScript project compiles against the types, and needs no others', () => {
  expect(compile(tempDir(), CONSUMER)).toEqual({ status: 0, stdout: '', stderr: '' });
});
