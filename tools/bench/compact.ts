/** What it costs to have everything in SQLite in the end: time, the disk, memory, and whoever appends meanwhile. */
import { acknowledged } from './compact/acknowledged.js';
import { compactingDelay } from './compact/delay.js';
import { filling } from './compact/filling.js';
import { mixed } from './compact/mixed.js';
import { syncs } from './compact/syncs.js';
import type { Report } from './report.js';
import { Workplace } from './workplace.js';

const FULL = { rounds: 3, entries: 1_000_000, syncEntries: 200_000, milliseconds: 10_000 };
const QUICK = { rounds: 1, entries: 50_000, syncEntries: 20_000, milliseconds: 3000 };

const CALLERS = 64;

export function benchCompact(quick: boolean): Promise<Report[]> {
  const { rounds, entries, syncEntries, milliseconds } = quick ? QUICK : FULL;
  return Workplace.during(async (place) => [
    await filling(CALLERS, entries, rounds, place),
    await acknowledged(CALLERS, milliseconds, rounds, place),
    await compactingDelay(milliseconds, rounds, place),
    await syncs(CALLERS, syncEntries, place),
    await mixed(CALLERS, milliseconds, rounds, place),
  ]);
}
