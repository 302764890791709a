/** The delay of the event loop: how long whatever comes next must wait. Sampled every millisecond, which it contains. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { median } from './measure.js';
import { number } from './report.js';

/** In milliseconds: medians of the rounds, and the longest of all. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export async function delays(rounds: number, work: () => unknown): Promise<Delays> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const found: Delays[] = [];
  for (let round = 0; round < rounds; round++) {
    histogram.reset();
    histogram.enable();
    await work();
    histogram.disable();
    const [p50, p99] = [histogram.percentile(50) / 1e6, histogram.percentile(99) / 1e6];
    found.push({ p50, p99, max: histogram.max / 1e6 });
  }
  return middle(found);
}

export function middle(found: readonly Delays[]): Delays {
  return {
    p50: median(found.map(({ p50 }) => p50)),
    p99: median(found.map(({ p99 }) => p99)),
    max: Math.max(...found.map(({ max }) => max)),
  };
}

export const DELAY_HEADINGS = ['p50', 'p99', 'max'];

export function delayRow(name: string, { p50, p99, max }: Delays): string[] {
  return [name, ...[p50, p99, max].map((delay) => number(delay, 1))];
}
