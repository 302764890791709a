/** How soon a process sees what another one appends, and what it costs it while nothing is appended. */
import { join } from 'node:path';
import { Child, resultOf } from '../child.js';
import { number, type Report } from '../report.js';
import type { Followed } from './following-child.js';

const FOLLOWER = new URL('./following-child.js', import.meta.url);
const WRITER = new URL('./appending-child.js', import.meta.url);
const MOST_MS = 20;
const LOADS = { 'one by one': 20, 'a thousand a second': 1 } as const;

export async function following(directory: string, appends: number): Promise<Report> {
  const rows: string[][] = [];
  const medians: number[] = [];
  for (const [name, pause] of Object.entries(LOADS)) {
    const store = join(directory, `followed-${pause}`);
    const follower = new Child(FOLLOWER, [store, String(appends)]);
    await follower.hear();
    await resultOf(WRITER, [store, appends, pause]);
    const { p50, p99, most, idle } = await follower.hear<Followed>();
    await follower.end();
    medians.push(p50);
    rows.push([name, number(p50, 1), number(p99, 1), number(most, 1), number(idle, 2)]);
  }
  const worst = Math.max(...medians);
  return {
    title: `From append in one process to delivery by follow in another, ${number(appends)} entries, milliseconds`,
    rows: [['', 'p50', 'p99', 'most', 'processor ms per idle second'], ...rows],
    bars: [
      {
        what: 'follow, append to delivery in another process',
        bar: `p50 <= ${MOST_MS} ms`,
        measured: `${number(worst, 1)} ms`,
        met: worst <= MOST_MS,
      },
    ],
  };
}
