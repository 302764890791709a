/**
 * Work that is done in pieces gives way between two of them, so that the thread is never kept for long. The clock is one for
 * all that does so: calls that follow each other without a pause are one turn of the event loop, however short each is.
 */

import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

const LONGEST_TURN_MS = 2;

let begun: number | undefined;

/** Whatever else waits for this thread comes first, if this turn has lasted for a while. */
export async function giveWay(): Promise<void> {
  if (isTurnLong()) await nextTurn();
}

/** Whether it is time to give way. */
export function isTurnLong(): boolean {
  if (begun !== undefined) return performance.now() - begun >= LONGEST_TURN_MS;
  begun = performance.now();
  setImmediate(() => {
    begun = undefined;
  });
  return false;
}
