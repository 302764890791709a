/**
 * A walk through the records of a segment, from one to the next and over what is none, that keeps count of batches.
 *
 * A record is believed when its header's CRC is right for its place and its batch follows from the way there: right
 * behind the last record it is that record's batch, or the next one after an end of batch. Behind a hole it may be
 * later, by as many batches as the hole has room for.
 */
import { formatId } from '../entry-id.js';
import type { CrcSeed } from './crc.js';
import { align, FILE_HEADER, RECORD, RECORD_TYPE, recordSize } from './layout.js';
import { findSync, payloadIsGood, readRecord, type SegmentRecord } from './record.js';
import { FRAME, type LastBatch, type Neighbour } from './verdict.js';

/** Bytes of a segment that have been read, and what is needed to judge them. */
export interface Window {
  /** A multiple of eight bytes, unless the segment ends with them. */
  readonly bytes: Buffer;
  /** Where in the segment `bytes[0]` stands; a multiple of eight. */
  readonly origin: number;
  /** Where the segment ends. */
  readonly size: number;
  readonly seed: CrcSeed;
}

export class RecordWalk {
  /** The next place to look at. */
  position: number = FILE_HEADER.size;
  /** Where the hole began that the walk is in, or -1. */
  holeStart = -1;
  /** The batch that a record standing right here would have. */
  batch = 1;
  /** Records of the batch that the walk is in, whole ones. */
  recordsInBatch = 0;
  /** After 'more': how many bytes from `position` on must be read. */
  needed = 0;
  /** Records of `batch` have been met. */
  #begun = false;
  /** The last record's batch has no hole in it so far, nor one right before it that may reach into it. */
  #clean = true;
  #onlyMarks = true;
  #afterHole = false;
  #last: { high: number; low: number; batch: number } | null = null;

  copy(): RecordWalk {
    const copy = new RecordWalk();
    copy.position = this.position;
    copy.holeStart = this.holeStart;
    copy.batch = this.batch;
    copy.recordsInBatch = this.recordsInBatch;
    copy.#begun = this.#begun;
    copy.#clean = this.#clean;
    copy.#onlyMarks = this.#onlyMarks;
    copy.#afterHole = this.#afterHole;
    copy.#last = this.#last;
    return copy;
  }

  /** This walk as it stood before the hole that it is in. */
  beforeHole(): RecordWalk {
    const copy = this.copy();
    if (copy.holeStart >= 0) copy.position = copy.holeStart;
    copy.holeStart = -1;
    return copy;
  }

  /** This walk as it stands before `record`, with the hole in front of it already told. */
  behindHole(record: SegmentRecord): RecordWalk {
    const copy = this.copy();
    copy.#afterHole = copy.#afterHole || copy.holeStart >= 0;
    copy.holeStart = -1;
    if (record.batch !== copy.batch) {
      copy.batch = record.batch;
      copy.#begun = false;
    }
    return copy;
  }

  /** The next record, with the walk standing before it; or 'more' bytes are needed; or nothing can follow. */
  next({ bytes, origin, size, seed }: Window): SegmentRecord | 'more' | 'end' {
    for (;;) {
      const at = this.position - origin;
      if (this.position + RECORD.headerSize > size) {
        // Too little for a record, but whether something was written there must be seen all the same.
        return origin + bytes.length < size && this.position < size
          ? this.#more(size - this.position)
          : 'end';
      }
      if (at + RECORD.headerSize > bytes.length) return this.#more(RECORD.headerSize);
      const record = readRecord(bytes, at, seed.at(this.position), this.position);
      if (record !== undefined && this.#fits(record)) {
        const length = RECORD.headerSize + record.length;
        if (at + length > bytes.length && this.position + length <= size) return this.#more(length);
        return record;
      }
      if (this.holeStart < 0) this.holeStart = this.position;
      const next = findSync(bytes, at + 8);
      this.position = origin + (next >= 0 ? next : align(bytes.length));
    }
  }

  /** What `next` found, by the table. */
  judge(record: SegmentRecord, { bytes, seed }: Window): 'record' | 'lost record' {
    const good = record.payloadEnd <= bytes.length && payloadIsGood(record, seed.at(record.offset));
    return good ? FRAME['batch fits, payload good'] : FRAME['batch fits, payload rotten'];
  }

  /** Goes behind a record that `next` found. */
  pass(record: SegmentRecord, judgement: 'record' | 'lost record'): void {
    const opensBatch = !this.#begun || record.batch !== this.batch;
    if (opensBatch) {
      this.#clean = true;
      this.#onlyMarks = true;
      this.recordsInBatch = 0;
    }
    // A mark is the first of its batch, so nothing of the batch can be in a hole before the mark that opens it.
    const opens = opensBatch && record.type === RECORD_TYPE.mark;
    const hole = (this.holeStart >= 0 || this.#afterHole) && !opens;
    if (hole || judgement === 'lost record') this.#clean = false;
    if (judgement === 'record') this.recordsInBatch++;
    if (record.type !== RECORD_TYPE.mark) this.#onlyMarks = false;
    this.#begun = !record.endsBatch;
    this.batch = record.endsBatch ? record.batch + 1 : record.batch;
    this.#last = { high: record.idHigh, low: record.idLow, batch: record.batch };
    this.position = record.end;
    this.holeStart = -1;
    this.#afterHole = false;
  }

  /** Whether the hole in front of `record` is just as long as a mark, and stands where that of its batch would. */
  hasLostOnlyAMark(record: SegmentRecord): boolean {
    const length = record.offset - this.holeStart;
    return !this.#begun && record.batch === this.batch && length === recordSize(0);
  }

  /** Where what is known of the segment ends: the hole that goes on to its end is not counted. */
  get frontier(): number {
    return this.holeStart >= 0 ? this.holeStart : this.position;
  }

  /** The number of the last batch of which a record was met. */
  get lastBatch(): number {
    return this.#begun ? this.batch : this.batch - 1;
  }

  /** What the last batch looks like, when all up to `proven` are known to have been complete. */
  describeLastBatch(proven: number): LastBatch {
    if (this.#begun) {
      const nothingInIt = this.#onlyMarks && this.#clean && this.lastBatch > proven;
      return nothingInIt ? 'only its mark' : 'has no end';
    }
    if (this.lastBatch <= proven) return 'none';
    return this.#clean ? 'whole' : 'has a hole';
  }

  get lastRecord(): Neighbour | null {
    if (this.#last === null) return null;
    return { id: formatId(this.#last.high, this.#last.low), batch: this.#last.batch };
  }

  #fits(record: SegmentRecord): boolean {
    const gap = this.holeStart < 0 ? 0 : this.position - this.holeStart;
    // Between two batches stands at least the record that ends the first, so a hole bounds how many it swallowed.
    return record.batch >= this.batch && record.batch <= this.batch + Math.floor(gap / RECORD.headerSize);
  }

  #more(needed: number): 'more' {
    this.needed = needed;
    return 'more';
  }
}
