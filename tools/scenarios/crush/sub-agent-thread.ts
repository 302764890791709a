/** A sub-agent with a connection of its own: in Go it runs beside the others, and so it has a thread here. */
import { workerData } from 'node:worker_threads';
import { tellStalls } from '../program.js';
import { openAsCrush } from './old-way.js';
import { stream } from './sub-agent.js';

export interface SubAgent {
  readonly directory: string;
  readonly by: string;
  readonly deltas: number;
}

const { directory, by, deltas } = workerData as SubAgent;
const store = openAsCrush(directory);
tellStalls();
await stream(store, by, deltas);
await store.close();
