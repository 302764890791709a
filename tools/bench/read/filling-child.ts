/** Makes a store with so many entries, all of them rows, and closes it. */
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';
import { entryNo } from './sample.js';

const BATCH = 1000;

const [directory, count] = process.argv.slice(2) as [string, string];

const log = await openAgentLog(directory);
for (let from = 0; from < Number(count); from += BATCH) {
  const length = Math.min(BATCH, Number(count) - from);
  await log.appendBatch(Array.from({ length }, (_, i) => entryNo(from + i)));
}
await log.compact();
await log.close();
say('filled');
leave();
