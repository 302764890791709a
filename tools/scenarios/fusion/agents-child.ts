/** One of the two processes: half of the agents. Each flushes its text when its time has come, and logs a tool at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../torture/random.js';
import { openLog } from '../agentlog.js';
import { textOf } from '../pieces.js';
import { args, give, tellStalls, untilAllAreOpen } from '../program.js';
import type { Job } from '../scenario.js';
import { AGENTS, taskOf } from './agents.js';
import { openAsFusion } from './old-way.js';

/** 500 ms, compressed. */
const FLUSH_MS = 500 / 25;
/** Flushes of an agent between two that end with a tool. */
const TOOL_EACH = 3;

const { side, directory, name, place, processes, longest, entries, seed } = args<Job>();
const random = new Random(seed);
const store = await (side === 'agentlog' ? openLog(directory) : openAsFusion(directory));
let left = entries;

async function work(agent: number): Promise<void> {
  const by = `${name}/${agent}`;
  let n = 0;
  const log = async (type: string) => {
    if (left-- > 0) await give(store, { by, n, task: taskOf(agent), type, text: textOf(by, n++, longest) });
  };
  await delay(random.below(FLUSH_MS));
  for (let flushes = 1; left > 0; flushes++) {
    await log('text');
    if (flushes % TOOL_EACH === 0) await log('tool');
    await delay(FLUSH_MS);
  }
}

await untilAllAreOpen();
tellStalls();
await Promise.all(Array.from({ length: AGENTS / processes }, (_, i) => work(place + processes * i)));
await store.close();
process.exit();
