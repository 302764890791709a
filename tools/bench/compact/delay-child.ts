/** Measures the delay of its event loop, first idle, then appending at a steady pace while a backlog is compacted. */
import { setTimeout } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { byCallers, ENTRIES } from '../append/contender.js';
import { type Delays, delays } from '../event-loop.js';
import { leave, say } from '../parent.js';
import { pacedLoad, whileCompacting } from './load.js';

export interface CompactingDelay {
  readonly idle: Delays;
  readonly busy: Delays;
  /** Of compaction. */
  readonly rounds: number;
}

const BACKLOG = 300_000;
const CALLERS = 64;

const [directory, perSecond, milliseconds] = process.argv.slice(2) as [string, string, string];

const before = await openAgentLog(directory, { compact: false });
let begun = 0;
await byCallers(CALLERS, (entry) => before.append(entry))(() => begun++ >= BACKLOG);
await before.close();

const idle = await delays(1, () => setTimeout(Number(milliseconds)));
const log = await openAgentLog(directory);
let rounds = 0;
const busy = await delays(1, async () => {
  rounds = await whileCompacting(log, () =>
    pacedLoad(Number(perSecond), Number(milliseconds), (i) => log.append(ENTRIES[i % ENTRIES.length]!)),
  );
});
await log.close();
say({ idle, busy, rounds } satisfies CompactingDelay);
leave();
