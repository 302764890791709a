/** What a segment holds, summed up as it is read. */
import { unpackId } from '../../../src/entry-id.js';
import { decodeNames } from '../../../src/segment/entry-payload.js';
import { ENTRY, FILE_HEADER, RECORD_TYPE } from '../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../src/segment/record.js';
import type { Verdict } from '../../../src/segment/verdict.js';
import { NameTally } from './name-tally.js';
import { recordTypeName } from './record-names.js';
import { Timeline } from './timeline.js';

const SMALLEST_SIZE = 64;

export class Contents {
  readonly tasks = new NameTally();
  readonly types = new NameTally();
  readonly timeline = new Timeline();
  /** Entries whose payload is none, although it is what was written. */
  undecodable = 0;
  readonly #records = new Map<number, number>();
  /** By the upper bound of the payload's length. */
  readonly #sizes = new Map<number, number>();
  #recordBytes = 0;
  #payloadBytes = 0;

  add(record: SegmentRecord): void {
    const { type, length, offset, end } = record;
    this.#records.set(type, (this.#records.get(type) ?? 0) + 1);
    this.#recordBytes += end - offset;
    this.#payloadBytes += length;
    let upTo = SMALLEST_SIZE;
    while (upTo < length) upTo *= 2;
    this.#sizes.set(upTo, (this.#sizes.get(upTo) ?? 0) + 1);
    if (type === RECORD_TYPE.entry) this.#addEntry(record);
  }

  /** Records by type. */
  get records(): { readonly [type: string]: number } {
    const named = [...this.#records].map(([type, count]) => [recordTypeName(type) ?? `${type}`, count]);
    return Object.fromEntries(named);
  }

  get sizes(): { readonly upTo: number; readonly records: number }[] {
    const known = [...this.#sizes.keys()];
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const sizes: { upTo: number; records: number }[] = [];
    for (let upTo = least; upTo <= most; upTo *= 2) sizes.push({ upTo, records: this.#sizes.get(upTo) ?? 0 });
    return sizes;
  }

  /** How `bytes`, the file's, are used; what is damaged or torn is none of it. */
  fill(bytes: number, { holes, holeBytes, tail }: Verdict) {
    const inHeader = Math.min(bytes, FILE_HEADER.size);
    // A damaged header is a hole, too.
    const damaged = holeBytes - (holes.some(({ cause }) => cause === 'header') ? inHeader : 0);
    const free = bytes - inHeader - this.#recordBytes - damaged - (tail?.length ?? 0);
    return {
      records: this.#recordBytes,
      payload: this.#payloadBytes,
      overhead: inHeader + this.#recordBytes - this.#payloadBytes,
      free: Math.max(0, free),
    };
  }

  #addEntry({ bytes, payloadStart, payloadEnd, length, idHigh: high, idLow: low }: SegmentRecord): void {
    // By the ids, which are of the time of writing; the entry's own time may be any.
    this.timeline.add(unpackId({ high, low }).time);
    const names = decodeNames(bytes, payloadStart, payloadEnd);
    if (names === undefined) {
      this.undecodable++;
      return;
    }
    this.types.add(names.type, 0);
    this.tasks.add(names.taskId, length - ENTRY.headerSize);
  }
}
