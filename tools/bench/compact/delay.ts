/** How long the event loop is kept from everything else by a worker that works at its side. */
import { resultOf } from '../child.js';
import { DELAY_HEADINGS, delayRow, middle } from '../event-loop.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { inRounds } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import type { CompactingDelay } from './delay-child.js';

const PER_SECOND = 5000;
const MOST_ABOVE_IDLE_MS = 5;

export async function compactingDelay(
  milliseconds: number,
  rounds: number,
  place: Workplace,
): Promise<Report> {
  const script = new URL('./delay-child.js', import.meta.url);
  const run = () =>
    place.within((directory) => resultOf<CompactingDelay>(script, [directory, PER_SECOND, milliseconds]));
  const results = (await inRounds(rounds, [{ name: 'agentlog', run }])).get('agentlog')!;
  const above = median(results.map(({ idle, busy }) => busy.p99 - idle.p99));
  const compactions = median(results.map((one) => one.rounds));
  return {
    title: `Delay of the event loop, ms, sampled every 1 ms, which it contains; ${number(PER_SECOND)} entries a second, ${number(compactions)} rounds of compaction`,
    rows: [
      ['', ...DELAY_HEADINGS],
      delayRow('idle', middle(results.map(({ idle }) => idle))),
      delayRow('appending and compacting', middle(results.map(({ busy }) => busy))),
    ],
    bars: [
      {
        what: `event-loop delay at ${number(PER_SECOND)} entries/s while compacting, p99`,
        bar: `<= ${MOST_ABOVE_IDLE_MS} ms above idle`,
        measured: `${number(above, 1)} ms above`,
        met: above <= MOST_ABOVE_IDLE_MS,
      },
    ],
  };
}
