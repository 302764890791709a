/** When the power goes: at all kinds of moments, and more often at those at which much hangs in the air. */
import type { Random } from '../random.js';
import type { Event } from './recording.js';

/** The numbers of the events after which it goes, in order. */
export function momentsOf(events: readonly Event[], count: number, random: Random): number[] {
  const sums: number[] = [];
  let sum = 0;
  for (const [i, event] of events.entries()) {
    sum += weightOf(event, events[i + 1]);
    sums.push(sum);
  }
  const moments = Array.from({ length: count }, () => firstAbove(sums, random.below(sum)));
  return moments.sort((a, b) => a - b);
}

function weightOf(event: Event, next: Event | undefined): number {
  // All that was not synced is still open.
  if (next?.kind === 'sync') return 6;
  if (event.kind === 'mark') return 6;
  return event.kind === 'write' ? 1 : 8;
}

/** The place of the first sum that is greater. */
function firstAbove(sums: readonly number[], value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
