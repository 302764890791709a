/** Appends so many entries with a pause before each; the text of each says when that was. */
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';

const [directory, count, pause] = process.argv.slice(2) as [string, string, string];

const log = await openAgentLog(directory);
for (let i = 0; i < Number(count); i++) {
  await delay(Number(pause));
  await log.append({ taskId: 'task', type: 'text', text: String(process.hrtime.bigint()) });
}
say('appended');
await log.close();
leave();
