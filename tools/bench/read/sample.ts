/** What the stores hold: nine tenths of the entries spread over 200 tasks, one tenth in a single one. */
import type { Entry } from '../../../src/index.js';
import { sampleEntries } from '../sample.js';

export const TASKS = 200;
export const LARGE = 'large';
const SAMPLES = sampleEntries(6000);

export const taskName = (n: number) => `task-${n % TASKS}`;

export function entryNo(i: number): Entry {
  const taskId = i % 10 === 9 ? LARGE : taskName(i - Math.floor(i / 10));
  return { ...SAMPLES[i % SAMPLES.length]!, taskId, timestamp: 1_767_000_000_000 + i };
}
