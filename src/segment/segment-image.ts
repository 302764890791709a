/** A whole segment made in memory: header, batches, marks, seal. For salvage, fixtures and measurements. */
import type { Deletion } from '../deletion.js';
import type { CheckedEntry } from '../entry.js';
import type { IdHalves } from '../entry-id.js';
import { BatchEncoder } from './batch-encoder.js';
import { type Cut, encodeCut, encodeDelete, encodeSeal } from './control-payload.js';
import { CrcSeed } from './crc.js';
import { encodeFileHeader, type FileHeader } from './file-header.js';
import { FILE_HEADER, RECORD_TYPE } from './layout.js';
import { makeRecord } from './record.js';

export class SegmentImage {
  readonly #parts: Buffer[];
  readonly #seed: CrcSeed;
  readonly #batch = new BatchEncoder();
  #lastId: IdHalves;
  #size: number = FILE_HEADER.size;
  #batches = 0;
  #markOpens = false;
  #records = 0;
  #entries = 0;

  constructor(header: FileHeader) {
    this.#parts = [encodeFileHeader(header)];
    this.#seed = new CrcSeed(header.segmentId);
    this.#lastId = header.baseId;
  }

  /** `moreOfGroup`: the next entry belongs to the same atomic group. */
  entry(entry: CheckedEntry, id: IdHalves, moreOfGroup = false): this {
    this.#batch.addEntry(entry, id, moreOfGroup);
    this.#entries++;
    this.#lastId = id;
    return this;
  }

  delete(request: Deletion, id: IdHalves): this {
    this.#batch.addControl(RECORD_TYPE.delete, encodeDelete(request), id);
    this.#lastId = id;
    return this;
  }

  cut(cut: Cut): this {
    this.#batch.addControl(RECORD_TYPE.cut, encodeCut(cut), this.#lastId);
    return this;
  }

  /** Ends the batch of the records added since the last one; there is no batch without any. */
  endBatch(): this {
    if (this.#batch.records === 0) return this;
    this.#openBatch();
    this.#records += this.#batch.records;
    this.#append(this.#batch.finish(this.#seed, this.#size, this.#batches));
    this.#batch.clear();
    return this;
  }

  /** Opens the next batch without a record of its own, and so proves the last one. */
  mark(): this {
    if (this.#markOpens) return this;
    this.#openBatch();
    this.#markOpens = true;
    this.#records++;
    const { high, low } = this.#lastId;
    const fields = { type: RECORD_TYPE.mark, flags: 0, batch: this.#batches, idHigh: high, idLow: low };
    const bytes = makeRecord(fields, Buffer.alloc(0), this.#seed, this.#size);
    this.#append(bytes);
    return this;
  }

  seal(): this {
    this.#batch.addControl(
      RECORD_TYPE.seal,
      encodeSeal({ records: this.#records, entries: this.#entries }),
      this.#lastId,
    );
    return this.endBatch();
  }

  /** What was added since the image had `from` bytes, which must have been its size at some time. */
  bytes(from = 0): Buffer {
    let first = this.#parts.length;
    for (let start = this.#size; start > from; ) start -= this.#parts[--first]!.length;
    return Buffer.concat(this.#parts.slice(first));
  }

  #openBatch(): void {
    if (this.#markOpens) this.#markOpens = false;
    else this.#batches++;
  }

  #append(bytes: Buffer): void {
    this.#parts.push(Buffer.from(bytes));
    this.#size += bytes.length;
  }
}
