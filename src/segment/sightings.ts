/** What one read of a segment showed, in order, with the places from which it can be read again. */
import { RECORD_TYPE } from './layout.js';
import type { SegmentRecord } from './record.js';
import type { RecordWalk } from './record-walk.js';
import { type Hole, holeOf } from './verdict.js';

export type ScanItem = SegmentRecord | Hole;

/** A place before a hole or before the first record of a batch. */
export interface Restart {
  /** How many items were seen before it. */
  readonly items: number;
  /** What stands here is certain once this batch is proven. */
  readonly batch: number;
  readonly hole: Hole | null;
  /** The last batch that the hole may reach into. */
  readonly reaches: number;
  readonly walk: RecordWalk;
}

export class Sightings {
  readonly items: ScanItem[] = [];
  readonly #restarts: Restart[] = [];
  #batch = -1;

  /** The hole that `walk` has just crossed, in front of `record`. */
  addHole(walk: RecordWalk, record: SegmentRecord): void {
    const { holeStart, batch, lastRecord } = walk;
    const after = { id: record.id, batch: record.batch };
    const hole = holeOf('bytes', holeStart, record.offset - holeStart, { before: lastRecord, after });
    const reaches = record.type === RECORD_TYPE.mark ? record.batch - 1 : record.batch;
    this.#restarts.push({ items: this.items.length, batch, hole, reaches, walk: walk.beforeHole() });
    this.#batch = batch;
    this.items.push(hole);
  }

  /** A record that `walk` stands before. */
  addRecord(walk: RecordWalk, record: SegmentRecord): void {
    if (record.batch !== this.#batch) this.#addRestart(walk, record, null);
    this.items.push(record);
  }

  /** A record that `walk` stands before and of which only the header can be read. */
  addLostRecord(walk: RecordWalk, record: SegmentRecord, size: number): void {
    const lost = { id: record.id, batch: record.batch };
    const length = Math.min(record.end, size) - record.offset;
    const hole = holeOf('payload', record.offset, length, { lost, before: walk.lastRecord });
    this.#addRestart(walk, record, hole);
    this.items.push(hole);
  }

  firstUncertain(isUncertain: (restart: Restart) => boolean): Restart | undefined {
    return this.#restarts.find(isUncertain);
  }

  before(restart: Restart | undefined): ScanItem[] {
    return restart === undefined ? this.items : this.items.slice(0, restart.items);
  }

  #addRestart(walk: RecordWalk, record: SegmentRecord, hole: Hole | null): void {
    const { batch } = record;
    const restart = { items: this.items.length, batch, hole, reaches: batch, walk: walk.behindHole(record) };
    this.#restarts.push(restart);
    this.#batch = batch;
  }
}
