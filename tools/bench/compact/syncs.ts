/** How many times the disk is made to write down what it has, counted by strace. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultOf } from '../child.js';
import { number, type Report } from '../report.js';
import type { Workplace } from '../workplace.js';
import { FILLING_SCRIPT } from './filling.js';
import type { Filling } from './filling-child.js';

const CALLS = ['fdatasync', 'fsync'];
const MOST_PER_1000 = 25;

export async function syncs(callers: number, entries: number, place: Workplace): Promise<Report> {
  const title = `Syncs of ${number(entries)} entries of ${number(callers)} callers, everything included`;
  if (spawnSync('strace', ['-V']).status !== 0)
    return { title, rows: [['not counted: there is no strace here']] };
  const counts = await place.within(async (directory) => {
    const summary = join(directory, 'summary');
    const strace = ['strace', '-f', '-c', '-o', summary, '-e', `trace=${CALLS.join(',')}`];
    await resultOf<Filling>(FILLING_SCRIPT, [join(directory, 'store'), 'agentlog', entries, callers], strace);
    return countsIn(readFileSync(summary, 'utf8'));
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  const per1000 = (count: number) => number((count / entries) * 1000, 2);
  return {
    title,
    rows: [
      ['', 'calls', 'per 1,000 entries'],
      ...CALLS.map((name, i) => [name, number(counts[i]!), per1000(counts[i]!)]),
      ['both', number(total), per1000(total)],
    ],
    bars: [
      {
        what: 'fdatasync and fsync per 1,000 entries',
        bar: `<= ${MOST_PER_1000}`,
        measured: per1000(total),
        met: (total / entries) * 1000 <= MOST_PER_1000,
      },
    ],
  };
}

/** "% time, seconds, usecs/call, calls, errors (maybe nothing), syscall" */
function countsIn(summary: string): number[] {
  const rows = summary.split('\n').map((line) => line.trim().split(/\s+/));
  return CALLS.map((name) => Number(rows.find((row) => row.at(-1) === name)?.[3] ?? 0));
}
