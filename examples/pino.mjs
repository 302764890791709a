/** A program that logs with pino, and another look at what it logged: `node examples/pino.mjs [DIRECTORY]` */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAgentLog } from 'agentlog';
import pino from 'pino';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'agentlog-example-'));

const transport = pino.transport({ target: 'agentlog/pino', options: { directory, taskId: 'server' } });
const logger = pino({ name: 'executor', base: undefined }, transport);

logger.info('Ready.');
const task = logger.child({ taskId: 'FN-001' });
task.info({ tool: 'Bash', command: 'npm test' }, 'Running the tests.');
task.error({ err: new Error('1 test failed') }, 'The tests failed.');

// On disk when it returns; without it, a few milliseconds later, and at the end of the process.
transport.flushSync();

const log = await openAgentLog(directory, { readOnly: true });
for (const { taskId, type, agent, text, detail } of await log.entries())
  console.log(`${taskId} ${type} ${agent} ${text} (${Object.keys(detail ?? {}).join(', ') || 'no detail'})`);
await log.close();

// Closes the store. The end of the process does so by itself.
transport.end();
if (given === undefined) rmSync(directory, { recursive: true });
