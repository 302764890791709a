/** Counts what a scan has handed out. */
import { decodeSeal, type Seal } from './control-payload.js';
import { FILE_HEADER, RECORD_TYPE } from './layout.js';
import type { ScanItem } from './sightings.js';
import { type Hole, MAX_LISTED_HOLES, type Tally } from './verdict.js';

export class ScanTally {
  #batches = 0;
  #records = 0;
  #entries = 0;
  #lastBatch = 0;
  #end: number = FILE_HEADER.size;
  readonly #holes: Hole[] = [];
  #holeCount = 0;
  #holeBytes = 0;
  #seal: Seal | undefined;

  add(item: ScanItem): void {
    if (item.kind === 'hole') {
      this.#holeCount++;
      this.#holeBytes += item.length;
      if (this.#holes.length < MAX_LISTED_HOLES) this.#holes.push(item);
      return;
    }
    this.#records++;
    if (item.batch !== this.#lastBatch) {
      this.#lastBatch = item.batch;
      this.#batches++;
    }
    this.#end = item.end;
    if (item.type === RECORD_TYPE.entry) this.#entries++;
    if (item.type === RECORD_TYPE.seal) {
      this.#seal = decodeSeal(item.bytes.subarray(item.payloadStart, item.payloadEnd));
    }
  }

  get result(): Tally {
    return {
      batches: this.#batches,
      records: this.#records,
      entries: this.#entries,
      end: this.#end,
      holes: this.#holes.slice(),
      holeCount: this.#holeCount,
      holeBytes: this.#holeBytes,
      missing: this.#seal === undefined ? null : Math.max(0, this.#seal.entries - this.#entries),
    };
  }
}
