/**
 * Collects the records of one batch. Payloads are encoded as they come; the headers, which depend on the batch's
 * number and place, are written when the batch is finished, so that a batch can be finished again elsewhere.
 */
import type { CheckedEntry } from '../entry.js';
import type { IdHalves } from '../entry-id.js';
import { AgentLogError } from '../errors.js';
import type { CrcSeed } from './crc.js';
import { encodeEntry, entrySizeBound } from './entry-payload.js';
import { FLAG, MAX_PAYLOAD_BYTES, RECORD, RECORD_TYPE, recordSize } from './layout.js';
import { writeRecord } from './record.js';

const FIRST_BYTES = 64 * 1024;
/** One call writes at most 2 GiB, on Linux a little less. */
const LARGEST_GROUP = 1024 * 1024 * 1024;

interface Pending {
  readonly at: number;
  readonly type: number;
  flags: number;
  readonly id: IdHalves;
  readonly length: number;
}

export class BatchEncoder {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #end = 0;
  #records: Pending[] = [];

  get records(): number {
    return this.#records.length;
  }

  /** Bytes that the batch takes in the file. */
  get size(): number {
    return this.#end;
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** An atomic group; if one of its entries cannot be encoded, the batch is as it was. */
  addGroup(entries: readonly CheckedEntry[], ids: readonly IdHalves[]): void {
    const [end, records] = [this.#end, this.#records.length];
    const last = entries.length - 1;
    try {
      entries.forEach((entry, i) => {
        this.addEntry(entry, ids[i]!, i < last);
        if (this.#end - end > LARGEST_GROUP) throw tooLargeGroup(entries.length);
      });
    } catch (error) {
      this.#end = end;
      this.#records.length = records;
      throw error;
    }
  }

  /** `moreOfGroup`: the next record belongs to the same atomic group. */
  addEntry(entry: CheckedEntry, id: IdHalves, moreOfGroup = false): void {
    const start = this.#makeRoom(entrySizeBound(entry));
    const end = encodeEntry(entry, this.#bytes, start);
    if (end - start > MAX_PAYLOAD_BYTES) {
      throw new AgentLogError(
        'AGENTLOG_ENTRY_TOO_LARGE',
        `the entry takes ${end - start} bytes; a segment holds entries of at most ${MAX_PAYLOAD_BYTES}`,
      );
    }
    this.#add(RECORD_TYPE.entry, id, end - start, moreOfGroup);
  }

  addControl(type: number, payload: Uint8Array, id: IdHalves): void {
    const start = this.#makeRoom(payload.length);
    this.#bytes.set(payload, start);
    this.#add(type, id, payload.length, false);
  }

  /**
   * Writes all headers for batch number `batch` at `offset` of the segment that `seed` belongs to, the last with the
   * end-of-batch flag. The bytes stay this encoder's: they change with the next `add` after a `clear`.
   */
  finish(seed: CrcSeed, offset: number, batch: number): Buffer {
    const last = this.#records.length - 1;
    this.#records.forEach(({ at, type, flags, id, length }, i) => {
      const fields = {
        type,
        flags: i === last ? flags | FLAG.endOfBatch : flags,
        batch,
        idHigh: id.high,
        idLow: id.low,
        length,
      };
      writeRecord(this.#bytes, at, fields, seed, offset + at);
    });
    return this.#bytes.subarray(0, this.#end);
  }

  /** The same records in a buffer of their own. */
  copy(): BatchEncoder {
    const copy = new BatchEncoder();
    copy.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#bytes.copy(copy.#bytes, 0, 0, this.#end);
    copy.#end = this.#end;
    copy.#records = this.#records.slice();
    return copy;
  }

  clear(): void {
    this.#end = 0;
    this.#records = [];
  }

  /** Where the payload of the next record begins, with room for `length` bytes and padding behind it. */
  #makeRoom(length: number): number {
    const start = this.#end + RECORD.headerSize;
    const needed = this.#end + recordSize(length);
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#end);
      this.#bytes = larger;
    }
    return start;
  }

  #add(type: number, id: IdHalves, length: number, moreOfGroup: boolean): void {
    this.#records.push({ at: this.#end, type, flags: moreOfGroup ? FLAG.moreOfGroup : 0, id, length });
    this.#end += recordSize(length);
  }
}

function tooLargeGroup(entries: number): AgentLogError {
  return new AgentLogError(
    'AGENTLOG_ENTRY_TOO_LARGE',
    `a batch of ${entries} entries takes more than ${LARGEST_GROUP} bytes; split it`,
  );
}
