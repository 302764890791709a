/**
 * What there is at one moment: the rows, and the waiting segments that are not in the database. Whoever reads on later,
 * page by page, keeps to it: what comes later has ids behind `upTo`, and what becomes a row meanwhile is met twice.
 */
import type { RowReader, Rows } from '../db/row-reader.js';
import type { IdHalves } from '../entry-id.js';
import { giveWay } from '../give-way.js';
import { Deletions } from '../segment/deletions.js';
import type { Disk } from '../segment/disk.js';
import { Position } from './position.js';
import type { Tail, Waiting } from './tail.js';

export interface Place {
  readonly disk: Disk;
  readonly rows: RowReader;
  readonly tail: Tail;
  readonly reports: ReadingReports;
}

interface ReadingReports {
  /** The bytes of a row have changed since it was written. */
  damagedRow(id: string): void;
}

/** The first entries of a waiting segment. */
export interface View {
  readonly waiting: Waiting;
  readonly entries: number;
}

export interface Snapshot {
  readonly views: readonly View[];
  /** The last id of each slot. */
  readonly upTo: Position;
  /** What is deleted of all that is here: said by waiting segments, or by the database of entries that wait. */
  readonly deletes: Deletions;
  /** The last id of each slot that has come into the database. */
  readonly rowsEndAt: readonly IdHalves[];
}

/** Everything acknowledged before the call is in it. `ask` is asked of the rows at the same moment. */
export async function takeSnapshot<Answer>(
  { rows, tail }: Place,
  ask: (rows: Rows | undefined, snapshot: Snapshot) => Answer,
): Promise<Answer> {
  await giveWay();
  // First what waits, then the rows: what is let go of between the two is in the database.
  await tail.refresh();
  return rows.ask((database) => ask(database, snapshotNow(tail, database)));
}

export function snapshotNow(tail: Tail, database: Rows | undefined): Snapshot {
  const views: View[] = [];
  const upTo = new Position();
  const deletes = new Deletions();
  const rowsEndAt = database?.lastIds ?? [];
  const inRows = new Position();
  inRows.reachAll(rowsEndAt);
  for (const waiting of tail.waiting) {
    const { id, index } = waiting;
    if (!index.hasRecords || database?.has(id)) continue;
    // The ledger forgets a segment that is in no directory any more, which may be after the segments were listed.
    if (index.last !== undefined && inRows.includes(index.last.high, index.last.low) && tail.isGone(waiting))
      continue;
    for (const deletion of index.deletions) deletes.add(deletion);
    if (index.last === undefined) continue;
    upTo.reach(index.last);
    views.push({ waiting, entries: index.entries });
  }
  // Of entries that are not in the database yet, too.
  for (const deletion of database?.deletionsReaching(views.map(({ waiting }) => waiting.index.first!)) ?? [])
    deletes.add(deletion);
  upTo.reachAll(rowsEndAt);
  return { views, upTo, deletes, rowsEndAt };
}
