/**
 * What a deletion is to say: for each slot the last id that can be seen now, so that nothing is erased that comes
 * later, whatever the clocks of others do.
 */
import { type Deletion, slotOf } from '../deletion.js';
import { compareIds, type IdHalves, idFromBigInt, idToBigInt, MAX_SLOT } from '../entry-id.js';
import { summarizeTasks } from './counting.js';
import { itemsOf } from './entry-stream.js';
import type { Position } from './position.js';
import { type Place, takeSnapshot } from './snapshot.js';

/** For each slot an id that no entry has that can be seen and is later, and that nothing gets that comes later. */
export async function lastSeen(place: Place): Promise<Position> {
  return takeSnapshot(place, (_, { upTo }) => upTo);
}

export interface Retention {
  readonly before: number | undefined;
  readonly keepPerTask: number | undefined;
  /** Only of these tasks. */
  readonly taskIds: readonly string[] | undefined;
}

/** The deletes that leave what is to be kept. */
export async function deletesFor(place: Place, retention: Retention): Promise<Deletion[]> {
  const { before, keepPerTask, taskIds } = retention;
  const seen = (await lastSeen(place)).ids();
  const deletes: Deletion[] = [];
  if (before !== undefined)
    for (const taskId of taskIds ?? [null]) deletes.push({ taskId, upTo: seen, before });
  if (keepPerTask === undefined) return deletes;
  const meant = taskIds === undefined ? undefined : new Set(taskIds);
  for (const { taskId, entries } of await summarizeTasks(place)) {
    if (entries <= keepPerTask || meant?.has(taskId) === false) continue;
    const first = await firstKept(place, taskId, keepPerTask);
    if (first === undefined) continue;
    const upTo = seen.map((id) => earlier(id, lastBelow(first, slotOf(id.low))));
    deletes.push({ taskId, upTo, before: null });
  }
  return deletes;
}

/** The first one of the task's last `count` entries; undefined when it has no more than those. */
async function firstKept(place: Place, taskId: string, count: number): Promise<bigint | undefined> {
  const snapshot = await takeSnapshot(place, (_, now) => now);
  let left = count;
  let first: bigint | undefined;
  for await (const items of itemsOf(place, snapshot, {
    filter: { taskId },
    order: 'desc',
    most: count + 1,
  })) {
    for (const { idHigh: high, idLow: low } of items) {
      const id = idToBigInt({ high, low });
      // With nothing to be kept, what comes above the last one.
      if (left-- === 0) return first ?? id + 1n;
      first = id;
    }
  }
  return undefined;
}

/** The highest id of the slot below `id`. */
function lastBelow(id: bigint, slot: number): IdHalves {
  const candidate = (id & ~BigInt(MAX_SLOT)) | BigInt(slot);
  return idFromBigInt(candidate < id ? candidate : candidate - BigInt(MAX_SLOT + 1));
}

function earlier(a: IdHalves, b: IdHalves): IdHalves {
  return compareIds(a, b) < 0 ? a : b;
}
