/** Makes a store with one sealed segment of about so many bytes, which nobody brings into the database. */
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';
import { entryNo } from '../read/sample.js';

const BATCH = 1000;
/** More than an entry takes in a segment: the last batch must not begin another one. */
const MOST_BYTES_AN_ENTRY = 1000;

const [directory, bytes] = process.argv.slice(2) as [string, string];

const log = await openAgentLog(directory, { segmentBytes: Number(bytes), compact: false });
let entries = 0;
for (let left = Number(bytes); left > BATCH * MOST_BYTES_AN_ENTRY; ) {
  const batch = Array.from({ length: BATCH }, (_, i) => entryNo(entries + i));
  await log.appendBatch(batch);
  entries += BATCH;
  left -= BATCH * 530;
}
await log.close();
say(entries);
leave();
