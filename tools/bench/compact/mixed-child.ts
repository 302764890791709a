/** Appends entries of very different sizes while compacting, and measures the event loop and the waiting for an append. */
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { type AgentLog, type Entry, openAgentLog } from '../../../src/index.js';
import { type Delays, delays } from '../event-loop.js';
import { leave, say } from '../parent.js';
import { pacedLoad, whileCompacting } from './load.js';

export interface MixedResult {
  /** Of the event loop. */
  readonly delays: Delays;
  /** From the call of append until its promise resolves. */
  readonly latency: Delays;
  /** Of compaction. */
  readonly rounds: number;
  readonly bytesPerSecond: number;
}

const KB = 1000;
const SIZES = [
  { upTo: 0.8, least: 0.3 * KB, most: 3 * KB },
  { upTo: 0.98, least: 3 * KB, most: 50 * KB },
  { upTo: 1, least: 200 * KB, most: 2000 * KB },
];
const DIFFERENT = 1000;
const SEED = 20_260_401;

/** `callers` 0: `perSecond` at a steady pace. */
const [directory, callers, perSecond, milliseconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];

const entries = mixedEntries();
const log = await openAgentLog(directory);
const latencies: RecordableHistogram = createHistogram();
let bytes = 0;
let rounds = 0;
const start = performance.now();
const found = await delays(1, async () => {
  rounds = await whileCompacting(log, () => (callers === '0' ? paced() : crowd(Number(callers))));
});
const bytesPerSecond = (bytes / (performance.now() - start)) * 1000;
await log.close();
say({
  delays: found,
  latency: {
    p50: latencies.percentile(50) / 1e6,
    p99: latencies.percentile(99) / 1e6,
    max: latencies.max / 1e6,
  },
  rounds,
  bytesPerSecond,
} satisfies MixedResult);
leave();

function paced(): Promise<unknown> {
  return pacedLoad(Number(perSecond), Number(milliseconds), (i) => append(log, i));
}

async function crowd(size: number): Promise<void> {
  const end = performance.now() + Number(milliseconds);
  let next = 0;
  const caller = async () => {
    while (performance.now() < end) await append(log, next++);
  };
  await Promise.all(Array.from({ length: size }, caller));
}

async function append(to: AgentLog, i: number): Promise<void> {
  const entry = entries[i % entries.length]!;
  const begun = performance.now();
  await to.append(entry);
  latencies.record(Math.max(1, Math.round((performance.now() - begun) * 1e6)));
  bytes += entry.text.length;
}

function mixedEntries(): Entry[] {
  const random = randomFrom(SEED);
  const text = 'What a tool put out: a line of it, and then the next one.\n'.repeat(40_000);
  return Array.from({ length: DIFFERENT }, (_, i) => {
    const which = random();
    const size = SIZES.find(({ upTo }) => which < upTo)!;
    const length = Math.round(size.least + random() * (size.most - size.least));
    return { taskId: `task-${i % 200}`, type: 'tool', agent: 'executor', text: text.slice(0, length) };
  });
}

/** The same numbers in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
