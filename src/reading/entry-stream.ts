/**
 * All entries in the order of their ids: the rows of the database, merged with the segments that are not in it yet.
 *
 * No transaction stays open between two pages of rows, so nothing is kept from being written back. What becomes a row
 * after the reading began is met twice, at the same place, and given once; a segment that was let go of before it was
 * opened has become rows above all that was given so far, which are then asked for anew.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { ReadRow, RowReader, Rows } from '../db/row-reader.js';
import { slotOf } from '../deletion.js';
import type { CheckedEntry, StoredEntry } from '../entry.js';
import { formatId, parseId } from '../entry-id.js';
import type { Deletions, WaitingDeletions } from '../segment/deletions.js';
import type { Disk } from '../segment/disk.js';
import { decodeTexts } from '../segment/entry-payload.js';
import { RECORD_TYPE } from '../segment/layout.js';
import type { SegmentRecord } from '../segment/record.js';
import { segmentIdOf } from '../segment/segment-name.js';
import type { Source } from '../segment/segment-reading.js';
import {
  isBadDisk,
  type Numbered,
  nextInOrder,
  type OrderedStream,
  type Reader,
  SlotStream,
  streamsOf,
} from '../segment/slot-stream.js';
import type { StorePaths } from '../segment/store-directory.js';
import { survey } from '../segment/survey.js';
import type { Verdict } from '../segment/verdict.js';

interface Reports {
  /** How a segment ended that was read to its end. */
  read(path: string, verdict: Verdict): void;
  /** The disk could not read a segment; reading goes on behind it. */
  unreadable(path: string, error: Error): void;
  /** The bytes of a row have changed since it was written. */
  damagedRow(id: string): void;
}

export interface Place {
  readonly disk: Disk;
  readonly paths: StorePaths;
  readonly rows: RowReader;
  readonly deletions: WaitingDeletions;
  readonly reports: Reports;
}

/** An entry with its id in halves, its detail still as text. */
interface Found extends CheckedEntry {
  readonly idHigh: number;
  readonly idLow: number;
}

/** What was acknowledged when it is first asked, and maybe some of what came later. */
export async function* readEntries(place: Place): AsyncGenerator<StoredEntry, void, void> {
  const { sources, deletes } = await waiting(place);
  const rows = new RowStream(place.rows);
  const streams = streamsOf(
    place.disk,
    sources,
    readerOf(place, () => rows.askAnew()),
  );
  // The rows last: filling the others may show that there are more rows.
  const all: OrderedStream<Found | ReadRow>[] = [...streams, rows];
  let last: Found | undefined;
  try {
    for (;;) {
      const crowd = await nextInOrder(all);
      if (crowd.length === 0) return;
      const areDeleted = await place.rows.ask((database) =>
        crowd.map((found) => isDeletedIn(database, found)),
      );
      for (const [i, found] of crowd.entries()) {
        rows.passed(found);
        // A row and the entry that it was made of: either serves.
        if (last !== undefined && found.idLow === last.idLow && found.idHigh === last.idHigh) continue;
        if ('isDamaged' in found) {
          place.reports.damagedRow(formatId(found.idHigh, found.idLow));
          continue;
        }
        last = found;
        if (!deletes.cover(found) && !areDeleted?.[i]) yield entryOf(found);
      }
    }
  } finally {
    for (const stream of streams) await stream.close();
  }
}

/** The entry with this id, if there is one. */
export async function findEntry(place: Place, id: string): Promise<StoredEntry | undefined> {
  const halves = parseId(id);
  if (halves === undefined) return undefined;
  const { high, low } = halves;
  const { sources, deletes } = await waiting(place);
  const inSegments = await findWaiting(place, sources, high, low);
  const found = inSegments ?? (await place.rows.ask((database) => database.row(high, low)));
  if (found === undefined) return undefined;
  if ('isDamaged' in found) {
    place.reports.damagedRow(id);
    return undefined;
  }
  return (await isDeleted(place, deletes, found)) ? undefined : entryOf(found);
}

async function isDeleted(place: Place, waiting: Deletions, found: Found): Promise<boolean> {
  if (waiting.cover(found)) return true;
  return (await place.rows.ask((database) => database.isDeleted(found))) ?? false;
}

/** Whether it is a row that was deleted, or a waiting entry that a deletion in the database names. */
function isDeletedIn(database: Rows, found: Found | ReadRow): boolean {
  return !('isDamaged' in found) && database.isDeleted(found);
}

export interface Waiting {
  /** The segments that are not in the database. */
  readonly sources: readonly Source[];
  /** What they say is deleted. */
  readonly deletes: Deletions;
}

export async function waiting({ disk, paths, rows, deletions }: Place): Promise<Waiting> {
  const { sources } = await survey(disk, paths);
  // Asked after the listing: what is let go of between the two is in the database.
  const areRows = await rows.ask((database) => sources.map(({ name }) => database.has(segmentIdOf(name))));
  const left = sources.filter((_, i) => !areRows?.[i]);
  const deletes = await deletions.of(left);
  // Deletes of a segment that was let go of before its beginning was read.
  await rows.ask((database) => database.refresh());
  return { sources: left, deletes };
}

async function findWaiting(
  place: Place,
  sources: readonly Source[],
  high: number,
  low: number,
): Promise<Found | undefined> {
  const ofSlot = sources.filter(({ name }) => name.slot === slotOf(low));
  for (const source of ofSlot.reverse()) {
    const stream = new SlotStream(
      place.disk,
      [source],
      readerOf(place, () => undefined),
    );
    try {
      for (await stream.fill(); !stream.isEmpty; await stream.fill()) {
        const found = stream.take();
        if (found.idHigh === high && found.idLow === low) return found;
      }
    } finally {
      await stream.close();
    }
  }
  return undefined;
}

function readerOf({ reports }: Place, onMissing: () => void): Reader<Found> {
  return {
    read: foundIn,
    ended: ({ path }, verdict) => reports.read(path, verdict),
    failed: ({ path }, error) => {
      // A place that the disk cannot read is an end; anything else would hide what can be read.
      if (!isBadDisk(error)) throw error;
      reports.unreadable(path, error);
    },
    missing: onMissing,
  };
}

export function foundIn(record: SegmentRecord): Found | undefined {
  if (record.type !== RECORD_TYPE.entry) return undefined;
  const texts = decodeTexts(record.bytes, record.payloadStart, record.payloadEnd);
  return texts === undefined ? undefined : { idHigh: record.idHigh, idLow: record.idLow, ...texts };
}

function entryOf({ idHigh, idLow, taskId, type, text, agent, detail, timestamp }: Found): StoredEntry {
  const entry: StoredEntry = { id: formatId(idHigh, idLow), taskId, type, text, timestamp };
  if (agent !== undefined) entry.agent = agent;
  if (detail !== undefined) entry.detail = JSON.parse(detail);
  return entry;
}

/** The rows, page by page. */
class RowStream implements OrderedStream<ReadRow> {
  readonly #reader: RowReader;
  #page: ReadRow[] = [];
  #taken = 0;
  #last: Numbered = { idHigh: 0, idLow: 0 };
  #isAtEnd = false;

  constructor(reader: RowReader) {
    this.#reader = reader;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#page.length;
  }

  get head(): ReadRow {
    return this.#page[this.#taken]!;
  }

  take(): ReadRow {
    return this.#page[this.#taken++]!;
  }

  /** All up to here was given, by whichever stream. */
  passed({ idHigh, idLow }: Numbered): void {
    this.#last = { idHigh, idLow };
  }

  /** Above what was given there may be rows now that were not there before. */
  askAnew(): void {
    this.#page = [];
    this.#taken = 0;
    this.#isAtEnd = false;
  }

  async fill(): Promise<void> {
    if (!this.isEmpty || this.#isAtEnd) return;
    // Many pages in one turn would keep the caller's thread from everything else.
    await turn();
    const { idHigh, idLow } = this.#last;
    this.#page = (await this.#reader.ask((database) => database.page(idHigh, idLow))) ?? [];
    this.#taken = 0;
    this.#isAtEnd = this.#page.length === 0;
  }
}
