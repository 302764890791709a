/** How soon a process that opens a large store can append to it, and read it. */
import { execFileSync } from 'node:child_process';
import { resultOf } from '../child.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { inRounds } from '../rounds.js';
import type { Filled } from './filled.js';

const SCRIPT = new URL('./opening-child.js', import.meta.url);
const MOST_MS = { append: 15, read: 30 };

export async function opening({ path, entries }: Filled, rounds: number): Promise<Report> {
  // What filling it has left to be written back is not of the opening.
  execFileSync('sync');
  const opens = ['append', 'read'] as const;
  const took = await inRounds(
    rounds,
    opens.map((name) => ({ name, run: () => resultOf<number>(SCRIPT, [path, name]) })),
  );
  const all = opens.map((name) => ({ name, milliseconds: median(took.get(name)!), most: MOST_MS[name] }));
  return {
    title: `A cleanly closed store of ${number(entries)} entries, opened by a new process`,
    rows: [
      ['', 'median, ms', 'least'],
      ...all.map(({ name, milliseconds }) => [
        `to the first ${name}`,
        number(milliseconds, 1),
        number(Math.min(...took.get(name)!), 1),
      ]),
    ],
    bars: all.map(({ name, milliseconds, most }) => ({
      what: `opened, to the first ${name}`,
      bar: `<= ${most} ms`,
      measured: `${number(milliseconds, 1)} ms`,
      met: milliseconds <= most,
    })),
  };
}
