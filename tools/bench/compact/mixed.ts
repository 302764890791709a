/**
 * Entries from a few hundred bytes to two megabytes. Two things may stall: the event loop, which is kept from everything
 * else while a large entry is encoded and summed, and an append, which waits for the batches before it and the disk. At a
 * steady pace both are bounded. Of callers who always append again as soon as they can only the event loop is: how long
 * their appends wait is how long the disk takes for the entries of all of them, so that is told and not judged.
 */
import { resultOf } from '../child.js';
import { DELAY_HEADINGS, delayRow, middle } from '../event-loop.js';
import { median } from '../measure.js';
import { type Bar, number, type Report } from '../report.js';
import { inRounds } from '../rounds.js';
import type { Workplace } from '../workplace.js';
import type { MixedResult } from './mixed-child.js';

/** About 5.6 MB a second. */
const PER_SECOND = 200;
const MOST_MS = 50;

export async function mixed(
  callers: number,
  milliseconds: number,
  rounds: number,
  place: Workplace,
): Promise<Report> {
  const script = new URL('./mixed-child.js', import.meta.url);
  const paced = `${number(PER_SECOND)} entries/s`;
  const crowd = `${number(callers)} callers`;
  const contender = (name: string, crowdSize: number) => ({
    name,
    run: () =>
      place.within((directory) =>
        resultOf<MixedResult>(script, [directory, crowdSize, PER_SECOND, milliseconds]),
      ),
  });
  const results = await inRounds(rounds, [contender(paced, 0), contender(crowd, callers)]);
  const found = (load: string, which: 'delays' | 'latency') =>
    middle(results.get(load)!.map((one) => one[which]));
  const bar = (load: string, which: 'delays' | 'latency'): Bar => {
    const { p99 } = found(load, which);
    return {
      what: `mixed sizes, ${load}: ${which === 'delays' ? 'event-loop delay' : 'waiting for an append'}, p99`,
      bar: `<= ${MOST_MS} ms`,
      measured: `${number(p99, 1)} ms`,
      met: p99 <= MOST_MS,
    };
  };
  const figure = (load: string, of: (one: MixedResult) => number) => median(results.get(load)!.map(of));
  return {
    title: `Mixed sizes (80 % 0.3-3 KB, 18 % 3-50 KB, 2 % 0.2-2 MB) while compacting, ms`,
    rows: [
      ['', ...DELAY_HEADINGS, 'MB/s', 'rounds of compaction'],
      ...[paced, crowd].flatMap((load) => [
        [
          ...delayRow(`${load}: delay of the event loop`, found(load, 'delays')),
          number(figure(load, (one) => one.bytesPerSecond) / 1e6, 1),
          number(figure(load, (one) => one.rounds)),
        ],
        [...delayRow(`${load}: append until acknowledged`, found(load, 'latency')), '', ''],
      ]),
    ],
    bars: [bar(paced, 'delays'), bar(paced, 'latency'), bar(crowd, 'delays')],
  };
}
