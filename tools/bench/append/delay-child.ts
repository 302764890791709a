/** Measures the delay of its event loop, first idle, then with many callers that append. */
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { type Delays, delays } from '../event-loop.js';
import { leave, say } from '../parent.js';
import { agentlog } from './agentlog.js';

export interface DelayResult {
  readonly idle: Delays;
  readonly busy: Delays;
}

const [directory, callers, rounds, milliseconds] = process.argv.slice(2) as [string, string, string, string];

const idle = await delays(Number(rounds), () => setTimeout(Number(milliseconds) / 4));
const log = await agentlog(Number(callers)).open(directory);
const append = () => {
  const end = performance.now() + Number(milliseconds);
  return log.append(() => performance.now() >= end);
};
await append();
const busy = await delays(Number(rounds), append);
await log.close();
say({ idle, busy } satisfies DelayResult);
leave();
