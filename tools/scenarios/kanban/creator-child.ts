/** One of many processes that create tasks, one after the other. */
import { setImmediate as turn } from 'node:timers/promises';
import { openLog } from '../agentlog.js';
import { textOf } from '../pieces.js';
import { args, give, tellStalls, untilAllAreOpen } from '../program.js';
import type { Job } from '../scenario.js';
import { openAsBoard } from './old-way.js';

const { side, directory, name: by, longest, entries } = args<Job>();
const store = await (side === 'agentlog' ? openLog(directory) : openAsBoard(directory));
await untilAllAreOpen();
tellStalls();
for (let n = 0; n < entries; n++) {
  await give(store, { by, n, task: `${by}/${n}`, type: 'created', text: textOf(by, n, longest) });
  await turn();
}
await store.close();
process.exit();
