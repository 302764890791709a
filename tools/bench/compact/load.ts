/** A load at a given pace, whether what was appended before is acknowledged or not, and a store that always compacts. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentLog } from '../../../src/index.js';

/** How often what is due is appended. */
const TICK_MS = 2;

/** Calls `append` so many times a second. Resolves when all of it is acknowledged, and answers how often that was. */
export async function pacedLoad(
  perSecond: number,
  milliseconds: number,
  append: (i: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  const count = Math.floor((perSecond * milliseconds) / 1000);
  const waiting: Promise<unknown>[] = [];
  while (waiting.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * perSecond) / 1000));
    while (waiting.length < due) waiting.push(append(waiting.length));
    await delay(TICK_MS);
  }
  await Promise.all(waiting);
  return count;
}

/** Has what is there brought into SQLite again and again while `work` goes on, and answers how many rounds there were. */
export async function whileCompacting(log: AgentLog, work: () => Promise<unknown>): Promise<number> {
  let rounds = 0;
  let over = false;
  const count = () => rounds++;
  log.on('compact', count);
  const compacting = (async () => {
    while (!over) {
      await log.compact();
      await delay(TICK_MS);
    }
  })();
  try {
    await work();
  } finally {
    over = true;
    await compacting;
    log.off('compact', count);
  }
  return rounds;
}
