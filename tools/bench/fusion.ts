/** What the store of `agentlog/fusion` takes for what Fusion does all day, against what Fusion could do instead. */
import { appending } from './fusion/appending.js';
import { reading } from './fusion/reading.js';
import type { Report } from './report.js';
import { Workplace } from './workplace.js';

const FULL = { entries: 100_000, calls: 1000, rounds: 9, milliseconds: 400 };
const QUICK = { entries: 20_000, calls: 200, rounds: 3, milliseconds: 100 };

export function benchFusion(quick: boolean): Promise<Report[]> {
  const { entries, calls, ...pace } = quick ? QUICK : FULL;
  return Workplace.during(async (place) => [
    await place.within((directory) => reading(directory, entries, calls)),
    await appending(pace, place),
  ]);
}
