/**
 * Work that is done in pieces gives way between two of them, so that the thread is never kept for long. The clock is one for
 * all that does so: calls that follow each other without a pause are one turn of the event loop, however short each is. And
 * of those that have given way one goes on in each turn: all at once would make a long turn of many pieces.
 */

import { setImmediate } from 'node:timers';

const LONGEST_TURN_MS = 2;

let begun: number | undefined;
/** Those that have given way, the first one first. */
const waiting: (() => void)[] = [];

/** Whatever else waits for this thread comes first, if this turn has lasted for a while. */
export async function giveWay(): Promise<void> {
  if (isTurnLong()) await new Promise<void>((resolve) => waiting.push(resolve));
}

/** Whether it is time to give way. */
export function isTurnLong(): boolean {
  if (begun !== undefined) return performance.now() - begun >= LONGEST_TURN_MS;
  begin();
  return false;
}

function begin(): void {
  begun = performance.now();
  setImmediate(() => {
    begun = undefined;
    const next = waiting.shift();
    if (next === undefined) return;
    begin();
    next();
  });
}
