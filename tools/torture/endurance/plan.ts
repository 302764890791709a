/** What is appended and pruned, by numbers only: whoever knows how many entries there were knows which of them must be left. */
import type { Entry, PruneOptions } from '../../../src/index.js';

export interface Plan {
  readonly entries: number;
  /** Of one appendBatch; the numbers below are multiples of it. */
  readonly batch: number;
  /** So many entries after the last one there is a prune; one by number follows one by time. */
  readonly pruneEach: number;
  readonly keepPerTask: number;
  /** Of a prune by time: how many entries are as young as to be kept. */
  readonly keepYoungest: number;
  readonly sampleEach: number;
  readonly segmentBytes: number;
  readonly archiveBytes: number;
}

const FIRST_TIME = 1_767_000_000_000;
const TASKS = 40;

/** About 60 bytes. Some tasks have many times as many entries as others. */
export function entryNo(n: number): Entry & { timestamp: number } {
  return { taskId: taskOf(n), type: 'text', text: `${n} looked at the file`, timestamp: FIRST_TIME + n };
}

export function numberOf({ timestamp }: { readonly timestamp: number }): number {
  return timestamp - FIRST_TIME;
}

/** The prune that is due when there are so many entries. */
export function pruneAt(plan: Plan, entries: number): PruneOptions | undefined {
  if (entries === 0 || entries % plan.pruneEach !== 0) return undefined;
  return (entries / plan.pruneEach) % 2 === 1
    ? { before: FIRST_TIME + entries - plan.keepYoungest }
    : { keepPerTask: plan.keepPerTask };
}

/** The numbers of the entries that are left at the end, in their order. */
export function leftAtTheEnd(plan: Plan): number[] {
  const tasks = new Map<string, number[]>();
  for (let n = 0; n < plan.entries; n++) {
    const task = taskOf(n);
    const numbers = tasks.get(task);
    if (numbers === undefined) tasks.set(task, [n]);
    else numbers.push(n);
    const prune = pruneAt(plan, n + 1);
    if (prune === undefined) continue;
    const { before, keepPerTask } = prune;
    for (const [name, all] of tasks) {
      const kept =
        before === undefined ? all.slice(-keepPerTask!) : all.filter((one) => FIRST_TIME + one >= before);
      tasks.set(name, kept);
    }
  }
  return [...tasks.values()].flat().sort((a, b) => a - b);
}

function taskOf(n: number): string {
  const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  return `task-${Math.floor(((mixed >>> 24) * ((mixed >>> 16) & 0xff) * TASKS) / 0x10000)}`;
}
