/** Opens a store and tells how long it took until the first append, or the first read, was done; then it waits to be killed. */
import { performance } from 'node:perf_hooks';
import { openAgentLog } from '../../../src/index.js';
import { say } from '../parent.js';

const [directory, what] = process.argv.slice(2) as [string, 'append' | 'read'];

const start = performance.now();
const log = await openAgentLog(directory, { compact: what === 'append' });
if (what === 'append') await log.append({ taskId: 'task-7', type: 'text', text: 'The first one.' });
else await log.entries({ taskId: 'task-7', last: 100 });
say(performance.now() - start);
