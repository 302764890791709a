/** How long single calls take, in a store with many entries and in one with few, in turn. */
import { join } from 'node:path';
import { resultOf } from '../child.js';
import { DELAY_HEADINGS, delayRow } from '../event-loop.js';
import { median } from '../measure.js';
import { type Bar, number, type Report } from '../report.js';
import { versions } from '../versions.js';
import type { CallTimes } from './calls-child.js';
import type { Filled } from './filled.js';

const SCRIPT = new URL('./calls-child.js', import.meta.url);
const MOST_RATIO = 1.5;
const LEAST_TIMES = 100;
const MOST_TURN_MS = 10;

interface Sizes {
  readonly lines: number;
  readonly rounds: number;
  readonly count: number;
}

export async function calls(many: Filled, few: Filled, { lines, rounds, count }: Sizes): Promise<Report> {
  const file = join(many.path, '..', 'entries.jsonl');
  const times = await resultOf<CallTimes>(SCRIPT, [many.path, few.path, file, lines, rounds, count]);
  const p50 = (name: string) => median(times.calls[name]!.map(({ many }) => many.p50));
  const ratio = (name: string) => median(times.calls[name]!.map(({ many, few }) => many.p50 / few.p50));
  const times100 = median(times.lines) / p50('last 100');
  const atMost = (name: string, most: number): Bar => ({
    what: `${name}, p50`,
    bar: `<= ${most} ms`,
    measured: `${number(p50(name), 2)} ms`,
    met: p50(name) <= most,
  });
  return {
    title: `Calls, milliseconds; 200 tasks, half of the calls hit what waits; the last 100 entries from ${number(lines)} JSON lines: ${number(median(times.lines))}`,
    versions: versions([]),
    rows: [
      ['', `p50, ${number(many.entries)}`, 'p99', `p50, ${number(few.entries)}`, 'ratio'],
      ...Object.entries(times.calls).map(([name, all]) => [
        name,
        number(p50(name), 3),
        number(median(all.map(({ many }) => many.p99)), 3),
        number(median(all.map(({ few }) => few.p50)), 3),
        number(ratio(name), 2),
      ]),
      ['delay of the event loop', ...DELAY_HEADINGS, ''],
      ...times.delays.map(([name, delays]) => [...delayRow(name, delays), '']),
    ],
    bars: [
      atMost('last 100', 1),
      {
        what: `last 100, against ${number(few.entries)} entries`,
        bar: `<= ${MOST_RATIO}x`,
        measured: `${number(ratio('last 100'), 2)}x`,
        met: ratio('last 100') <= MOST_RATIO,
      },
      atMost('last 100 of a type', 1.5),
      atMost('last 100 of a task with a tenth of all', 1.5),
      atMost('last 100 of a type of a task with a tenth of all', 1.5),
      {
        what: `last 100, against ${number(lines)} JSON lines`,
        bar: `>= ${LEAST_TIMES}x`,
        measured: `${number(times100)}x`,
        met: times100 >= LEAST_TIMES,
      },
      atMost('count of a task', 0.2),
      ...times.delays.slice(1).map(([name, { p99 }]) => ({
        what: `delay of the event loop: ${name}, p99`,
        bar: `<= ${MOST_TURN_MS} ms`,
        measured: `${number(p99, 1)} ms`,
        met: p99 <= MOST_TURN_MS,
      })),
    ],
  };
}
