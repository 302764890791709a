/** What reading costs in a store of a million entries, and how soon others see what was appended. */
import { calls } from './read/calls.js';
import { Filled } from './read/filled.js';
import { following } from './read/following.js';
import { opening } from './read/opening.js';
import { scanning } from './read/scanning.js';
import type { Report } from './report.js';
import { Workplace } from './workplace.js';

const FULL = { entries: 1_000_000, few: 20_000, lines: 100_000, rounds: 7, calls: 1000, appends: 500 };
const QUICK = { entries: 50_000, few: 20_000, lines: 10_000, rounds: 3, calls: 300, appends: 100 };

export function benchRead(quick: boolean): Promise<Report[]> {
  const { entries, few, lines, rounds, calls: count, appends } = quick ? QUICK : FULL;
  return Workplace.during((place) =>
    place.within(async (directory) => {
      const many = await Filled.make(directory, entries);
      return [
        await opening(many, rounds),
        await scanning(many, Math.min(rounds, 3)),
        await calls(many, await Filled.make(directory, few), { lines, rounds, count }),
        await following(directory, appends),
      ];
    }),
  );
}
