/** Appends ten entries a second and says how many bytes this process has had written meanwhile, by /proc/self/io. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../src/index.js';
import { leave, say } from './parent.js';
import { writeBytes } from './process-figures.js';
import { sampleEntries } from './sample.js';

export interface TrickleResult {
  readonly entries: number;
  readonly writeBytes: number;
  /** Bytes of the segments in the end. */
  readonly logged: number;
}

const PER_SECOND = 10;

const [directory, seconds] = process.argv.slice(2) as [string, string];

const before = writeBytes();
const log = await openAgentLog(directory);
const samples = sampleEntries(1000);
const start = Date.now();
let entries = 0;
for (; Date.now() < start + Number(seconds) * 1000; entries++) {
  await log.append(samples[entries % samples.length]!);
  await delay(Math.max(0, start + ((entries + 1) * 1000) / PER_SECOND - Date.now()));
}
await log.close();
const segments = join(directory, 'segments');
const logged = readdirSync(segments).reduce((sum, name) => sum + statSync(join(segments, name)).size, 0);
const result: TrickleResult = { entries, writeBytes: writeBytes() - before, logged };
say(result);
leave();
