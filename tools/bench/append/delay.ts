/** How long the event loop of a process with many callers is kept from everything else. */

import { resultOf } from '../child.js';
import { DELAY_HEADINGS, delayRow } from '../event-loop.js';
import { number, type Report } from '../report.js';
import type { Workplace } from '../workplace.js';
import type { DelayResult } from './delay-child.js';
import type { Pace } from './race.js';

const LIMIT_MS = 10;

export async function eventLoopDelay(callers: number, pace: Pace, place: Workplace): Promise<Report> {
  const script = new URL('./delay-child.js', import.meta.url);
  const { idle, busy } = await place.within((directory) =>
    resultOf<DelayResult>(script, [directory, callers, pace.rounds, pace.milliseconds]),
  );
  return {
    title: `Delay of the event loop, ms, sampled every 1 ms, which it contains; ${number(callers)} callers of agentlog`,
    rows: [['', ...DELAY_HEADINGS], delayRow('idle', idle), delayRow('appending', busy)],
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
