/** Measures the delay of its event loop, first idle, then with many callers that append. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { median } from '../measure.js';
import { agentlog } from './agentlog.js';
import { leave, say } from './parent.js';

/** In milliseconds: medians of the rounds, and the longest of all. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface DelayResult {
  readonly idle: Delays;
  readonly busy: Delays;
}

const [directory, callers, rounds, milliseconds] = process.argv.slice(2) as [string, string, string, string];

async function delays(work: () => unknown): Promise<Delays> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const found: Delays[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    histogram.reset();
    histogram.enable();
    await work();
    histogram.disable();
    const [p50, p99] = [histogram.percentile(50) / 1e6, histogram.percentile(99) / 1e6];
    found.push({ p50, p99, max: histogram.max / 1e6 });
  }
  return {
    p50: median(found.map(({ p50 }) => p50)),
    p99: median(found.map(({ p99 }) => p99)),
    max: Math.max(...found.map(({ max }) => max)),
  };
}

const idle = await delays(() => setTimeout(Number(milliseconds) / 4));
const log = await agentlog(Number(callers)).open(directory);
const append = () => {
  const end = performance.now() + Number(milliseconds);
  return log.append(() => performance.now() >= end);
};
await append();
const busy = await delays(append);
await log.close();
say({ idle, busy } satisfies DelayResult);
leave();
