/**
 * What a deletion is to say: for each slot the last id that can be seen now, so that nothing is erased that comes
 * later, whatever the clocks of others do.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type Deletable, type Deletion, slotOf } from '../deletion.js';
import { compareIds, type IdHalves, idFromBigInt, idToBigInt, MAX_SLOT } from '../entry-id.js';
import { RECORD_TYPE } from '../segment/layout.js';
import type { SegmentRecord } from '../segment/record.js';
import type { Source } from '../segment/segment-reading.js';
import { isBadDisk, type Numbered, SlotStream } from '../segment/slot-stream.js';
import { survey } from '../segment/survey.js';
import { foundIn, type Place, type Waiting, waiting } from './entry-stream.js';

type LastSeen = Map<number, IdHalves>;

/** For each slot an id that no entry has that can be seen and is later, and that nothing gets that comes later. */
export async function lastSeen(place: Place): Promise<LastSeen> {
  const seen: LastSeen = new Map();
  const see = (id: IdHalves) => {
    const slot = slotOf(id.low);
    const before = seen.get(slot);
    if (before === undefined || compareIds(before, id) < 0) seen.set(slot, id);
  };
  const { sources } = await survey(place.disk, place.paths);
  const known = new Set<number>();
  // The newest first: what a slot's earlier segments hold is below what the last one holds, unless that is nothing yet.
  for (const source of sources.toReversed()) {
    if (known.has(source.name.slot)) continue;
    await forEachRecord(place, source, ({ type, idHigh: high, idLow: low }) => {
      if (type !== RECORD_TYPE.entry) return;
      known.add(source.name.slot);
      see({ high, low });
    });
  }
  // Asked last: what was let go of meanwhile is in the database.
  for (const id of (await place.rows.ask((database) => database.lastIds())) ?? []) see(id);
  return seen;
}

export interface Retention {
  readonly before: number | undefined;
  readonly keepPerTask: number | undefined;
}

/** The deletes that leave what is to be kept. */
export async function deletesFor(place: Place, { before, keepPerTask }: Retention): Promise<Deletion[]> {
  const seen = await lastSeen(place);
  const deletes: Deletion[] = [];
  if (before !== undefined) deletes.push({ taskId: null, upTo: [...seen.values()], before });
  if (keepPerTask === undefined) return deletes;
  for (const [taskId, first] of await firstKept(place, keepPerTask)) {
    const upTo = [...seen.values()].map((id) => earlier(id, lastBelow(first, slotOf(id.low))));
    deletes.push({ taskId, upTo, before: null });
  }
  return deletes;
}

/** Of each task that has more than `count` entries, the first one of its last `count`. */
async function firstKept(place: Place, count: number): Promise<Map<string, bigint>> {
  const inSegments = await waiting(place);
  const waitingIds = await lastWaiting(place, inSegments, count);
  const inDatabase = (await place.rows.ask((database) => database.tasksAbove(count))) ?? [];
  const tasks = new Set([...waitingIds.keys(), ...inDatabase]);
  const first = new Map<string, bigint>();
  for (const taskId of tasks) {
    await turn();
    // What is deleted already does not count as kept.
    const counts = (row: Deletable) => !inSegments.deletes.cover(row);
    const inRows = await place.rows.ask((database) => database.lastIdsOf(taskId, count + 1, counts));
    // An entry may be in both.
    const ids = [...new Set([...(waitingIds.get(taskId) ?? []), ...(inRows ?? [])])].sort(descending);
    if (ids.length <= count) continue;
    // With nothing to be kept, what comes above the last one.
    first.set(taskId, count === 0 ? ids[0]! + 1n : ids[count - 1]!);
  }
  return first;
}

/** Of each task that has entries in segments, the ids of the last ones there, one more than are kept. */
async function lastWaiting(
  place: Place,
  { sources, deletes }: Waiting,
  count: number,
): Promise<Map<string, bigint[]>> {
  for (const known of (await place.rows.ask((database) => database.deletions())) ?? []) deletes.add(known);
  const last = new Map<string, bigint[]>();
  for (const source of sources) {
    await forEachRecord(place, source, (record) => {
      const found = foundIn(record);
      if (found === undefined || deletes.cover(found)) return;
      let ids = last.get(found.taskId);
      if (ids === undefined) {
        ids = [];
        last.set(found.taskId, ids);
      }
      ids.push(idToBigInt({ high: found.idHigh, low: found.idLow }));
      if (ids.length > 2 * count + 1000) ids.sort(descending).splice(count + 1);
    });
  }
  return last;
}

async function forEachRecord(
  place: Place,
  source: Source,
  look: (record: SegmentRecord) => void,
): Promise<void> {
  const stream = new SlotStream<Numbered>(place.disk, [source], {
    read(record) {
      look(record);
      return undefined;
    },
    ended: () => undefined,
    failed: ({ path }, error) => {
      if (!isBadDisk(error)) throw error;
      place.reports.unreadable(path, error);
    },
    missing: () => undefined,
  });
  try {
    await stream.fill();
  } finally {
    await stream.close();
  }
}

/** The highest id of the slot below `id`. */
function lastBelow(id: bigint, slot: number): IdHalves {
  const candidate = (id & ~BigInt(MAX_SLOT)) | BigInt(slot);
  return idFromBigInt(candidate < id ? candidate : candidate - BigInt(MAX_SLOT + 1));
}

function earlier(a: IdHalves, b: IdHalves): IdHalves {
  return compareIds(a, b) < 0 ? a : b;
}

function descending(a: bigint, b: bigint): number {
  return a < b ? 1 : a > b ? -1 : 0;
}
