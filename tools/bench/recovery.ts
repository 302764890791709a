/** What a crash costs whoever comes next: how soon a process appends, and how fast what waited becomes rows. */
import { openingAfterCrash } from './recovery/opening.js';
import { replaying } from './recovery/replaying.js';
import type { Report } from './report.js';
import { Workplace } from './workplace.js';

const MIB = 2 ** 20;
const FULL = { rounds: 7, replays: 3, databaseBytes: 1024 * MIB, waitingBytes: 64 * MIB };
const QUICK = { rounds: 3, replays: 1, databaseBytes: 32 * MIB, waitingBytes: 16 * MIB };

export function benchRecovery(quick: boolean): Promise<Report[]> {
  const { rounds, replays, databaseBytes, waitingBytes } = quick ? QUICK : FULL;
  return Workplace.during(async (place) => [
    await openingAfterCrash({ rounds, databaseBytes, waitingBytes }, place),
    await replaying({ rounds: replays, waitingBytes }, place),
  ]);
}
