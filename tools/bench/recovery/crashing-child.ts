/** Appends so many bytes, tells how many entries that were, and waits to be killed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, openAgentLog } from '../../../src/index.js';
import { say } from '../parent.js';
import { sampleEntries } from '../sample.js';

const BATCH = 500;
const [directory, bytes, segmentBytes, kind] = process.argv.slice(2) as [string, string, string, string];

/** Of about 100 bytes, all in all. */
const little = (n: number): Entry => ({
  taskId: `task-${n % 200}`,
  type: 'text',
  text: `${n} The agent looked at the file.`,
});
const SAMPLES = kind === 'little' ? Array.from({ length: 5000 }, (_, n) => little(n)) : sampleEntries(5000);

const log = await openAgentLog(directory, { compact: false, segmentBytes: Number(segmentBytes) });
const segments = join(directory, 'segments');
const others = new Set(readdirSync(segments));
/** Of this writer's segments: what was written, and zeros ahead of it. */
const written = () =>
  readdirSync(segments)
    .filter((name) => !others.has(name))
    .reduce((sum, name) => sum + statSync(join(segments, name)).blocks * 512, 0);

let entries = 0;
while (written() < Number(bytes)) {
  await log.appendBatch(SAMPLES.slice(entries % SAMPLES.length, (entries % SAMPLES.length) + BATCH));
  entries += BATCH;
}
say(entries);
