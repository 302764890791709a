/** Goes through a store that it opens for reading only. */
import { performance } from 'node:perf_hooks';
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../parent.js';
import { mostMemory } from '../process-figures.js';

export interface Scan {
  readonly milliseconds: number;
  /** The most until a tenth was read. */
  readonly earlyMemory: number;
  readonly memory: number;
}

const [directory, expected] = process.argv.slice(2) as [string, string];

const log = await openAgentLog(directory, { readOnly: true });
const start = performance.now();
let earlyMemory = 0;
let count = 0;
for await (const { text } of log.scan())
  if (text !== '' && ++count === Math.floor(Number(expected) / 10)) earlyMemory = mostMemory();
const milliseconds = performance.now() - start;
await log.close();
if (count < Number(expected)) throw new Error(`${count} of ${expected} entries were scanned`);
say({ milliseconds, earlyMemory, memory: mostMemory() } satisfies Scan);
leave();
