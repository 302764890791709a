/** The process that all sub-agents run in. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openLog } from '../agentlog.js';
import { args, tellStalls, untilAllAreOpen } from '../program.js';
import type { Job } from '../scenario.js';
import { stream } from './sub-agent.js';
import type { SubAgent } from './sub-agent-thread.js';

const SUB_AGENTS = 10;

const { side, directory, name, longest, entries } = args<Job>();
const subAgents = Array.from({ length: SUB_AGENTS }, (_, i) => ({
  directory,
  by: `${name}/${i}`,
  deltas: Math.floor((entries + i) / SUB_AGENTS),
  longest,
}));
await (side === 'agentlog' ? inOneLog() : inThreads());
process.exit();

async function inOneLog(): Promise<void> {
  const store = await openLog(directory);
  await untilAllAreOpen();
  tellStalls();
  await Promise.all(subAgents.map((work) => stream(store, work)));
  await store.close();
}

async function inThreads(): Promise<void> {
  await untilAllAreOpen();
  const script = new URL('./sub-agent-thread.js', import.meta.url);
  await Promise.all(
    subAgents.map((workerData: SubAgent) => once(new Worker(script, { workerData }), 'exit')),
  );
}
