/** How long the event loop of a process with many callers is kept from everything else. */
import { number, type Report } from '../report.js';
import { Child } from './child.js';
import type { DelayResult, Delays } from './delay-child.js';
import type { Pace } from './race.js';
import type { Workplace } from './workplace.js';

const LIMIT_MS = 10;

export async function eventLoopDelay(callers: number, pace: Pace, place: Workplace): Promise<Report> {
  const { idle, busy } = await place.within(async (directory) => {
    const script = new URL('./delay-child.js', import.meta.url);
    const args = [directory, callers, pace.rounds, pace.milliseconds].map(String);
    const child = new Child(script, args);
    const result = await child.hear<DelayResult>();
    await child.end();
    return result;
  });
  const row = (name: string, { p50, p99, max }: Delays) => [
    name,
    ...[p50, p99, max].map((delay) => number(delay, 1)),
  ];
  return {
    title: `Delay of the event loop, ms, sampled every 1 ms, which it contains; ${number(callers)} callers of agentlog`,
    rows: [['', 'p50', 'p99', 'max'], row('idle', idle), row('appending', busy)],
    bars: [
      {
        what: `event-loop delay at ${number(callers)} callers, p99`,
        bar: `<= ${LIMIT_MS} ms`,
        measured: `${number(busy.p99, 1)} ms`,
        met: busy.p99 <= LIMIT_MS,
      },
    ],
  };
}
