/** A sub-agent with a connection of its own: in Go it runs beside the others, and so it has a thread here. */
import { workerData } from 'node:worker_threads';
import { tellStalls } from '../program.js';
import { openAsCrush } from './old-way.js';
import { type Stream, stream } from './sub-agent.js';

export interface SubAgent extends Stream {
  readonly directory: string;
}

const { directory, ...work } = workerData as SubAgent;
const store = openAsCrush(directory);
tellStalls();
await stream(store, work);
await store.close();
