/** Opens a store and tells how long it took until the first append, or the first read, was done. */
import { performance } from 'node:perf_hooks';
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';

const [directory, what] = process.argv.slice(2) as [string, 'append' | 'read'];

const start = performance.now();
const log = await openAgentLog(directory);
if (what === 'append') await log.append({ taskId: 'task-7', type: 'text', text: 'The first one.' });
else await log.entries({ taskId: 'task-7', last: 100 });
const took = performance.now() - start;
await log.close();
say(took);
leave();
