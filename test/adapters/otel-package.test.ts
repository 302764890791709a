/** `agentlog/otel` as those have it who installed the package: the example runs as it stands. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { runExample } from './support/consumer.js';

const OPEN_TELEMETRY = ['@opentelemetry'];

test('the example runs as it stands, and leaves nothing behind', () => {
  const run = runExample(tempDir(), 'otel.mjs', OPEN_TELEMETRY);
  const temporary = tempDir();
  expect(run(temporary)).toEqual({
    status: 0,
    stderr: '',
    stdout: `conversation-7 weather gen_ai.user.message: Weather in Paris?
conversation-7 weather gen_ai.client.inference.operation.details: Rainy, 57°F.
conversation-7 weather warn: The forecast is an hour old.
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
});
