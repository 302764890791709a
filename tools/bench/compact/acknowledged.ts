/** How much slower appending is while the worker brings entries into SQLite: it has a thread, but not a disk, of its own. */
import { resultOf } from '../child.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { inRounds, timesAsFast } from '../rounds.js';
import type { Workplace } from '../workplace.js';

const LEAST_PART = 0.7;
const COMPACTING = 'while a round of compaction runs';
const ALONE = 'with compact: false';

export async function acknowledged(
  callers: number,
  milliseconds: number,
  rounds: number,
  place: Workplace,
): Promise<Report> {
  const script = new URL('./acknowledged-child.js', import.meta.url);
  const contender = (name: string, compact: boolean) => ({
    name,
    run: () =>
      place.within((directory) => resultOf<number>(script, [directory, compact, callers, milliseconds])),
  });
  const rates = await inRounds(rounds, [contender(COMPACTING, true), contender(ALONE, false)]);
  const part = timesAsFast(rates, COMPACTING, ALONE);
  return {
    title: `Entries acknowledged, of ${number(callers)} callers`,
    rows: [['', 'entries/s'], ...[...rates].map(([name, values]) => [name, number(median(values))])],
    bars: [
      {
        what: `acknowledged ${COMPACTING}, against ${ALONE}`,
        bar: `>= ${LEAST_PART}x`,
        measured: `${number(part, 2)}x`,
        met: part >= LEAST_PART,
      },
    ],
  };
}
