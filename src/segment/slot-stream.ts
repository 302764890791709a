/** What the segments of one slot hold, one segment after the other, and the streams of several slots merged. */
import { groupBy } from '../group-by.js';
import type { Disk } from './disk.js';
import type { SegmentRecord } from './record.js';
import { SegmentReading, type Source } from './segment-reading.js';
import type { Verdict } from './verdict.js';

export interface Numbered {
  readonly idHigh: number;
  readonly idLow: number;
}

/** What is made of a segment's records, and what is to be done about it otherwise. */
export interface Reader<Item extends Numbered> {
  /** Undefined for a record that is none of what is read. Its bytes may be used until the next items are asked for. */
  read(record: SegmentRecord, source: Source): Item | undefined;
  /** How a segment ended that was read to its end. */
  ended(source: Source, verdict: Verdict): void;
  /** The rest of the segment is passed over, unless this throws. */
  failed(source: Source, error: Error): void;
  /** The segment is no longer where it was. */
  missing(source: Source): void;
}

export class SlotStream<Item extends Numbered> {
  readonly #disk: Disk;
  readonly #reader: Reader<Item>;
  readonly #chain: Source[];
  #reading: SegmentReading | undefined;
  #items: Item[] = [];
  #taken = 0;

  /** The sources are of one slot, in the order in which they were written. */
  constructor(disk: Disk, chain: readonly Source[], reader: Reader<Item>) {
    this.#disk = disk;
    this.#chain = chain.toReversed();
    this.#reader = reader;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#items.length;
  }

  get head(): Item {
    return this.#items[this.#taken]!;
  }

  take(): Item {
    return this.#items[this.#taken++]!;
  }

  /** Reads on until there are items at hand, or to the end. */
  async fill(): Promise<void> {
    while (this.isEmpty && (this.#reading !== undefined || this.#chain.length > 0)) await this.#readOn();
  }

  async close(): Promise<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    await reading?.close();
  }

  async #readOn(): Promise<void> {
    if (this.#reading === undefined) {
      const source = this.#chain.pop()!;
      try {
        this.#reading = await SegmentReading.begin(this.#disk, source);
      } catch (error) {
        this.#reader.failed(source, error as Error);
        return;
      }
      if (this.#reading === undefined) this.#reader.missing(source);
      return;
    }
    const { source } = this.#reading;
    const records = await this.#recordsOf(this.#reading);
    if (records === undefined) {
      await this.close();
      return;
    }
    this.#taken = 0;
    this.#items = [];
    for (const record of records) {
      if (record.kind === 'hole') continue;
      const item = this.#reader.read(record, source);
      if (item !== undefined) this.#items.push(item);
    }
  }

  async #recordsOf(reading: SegmentReading) {
    try {
      const records = await reading.next();
      if (records !== undefined) return records;
    } catch (error) {
      this.#reader.failed(reading.source, error as Error);
      return undefined;
    }
    this.#reader.ended(reading.source, reading.verdict!);
    return undefined;
  }
}

/** One stream for each slot that has sources. */
export function streamsOf<Item extends Numbered>(
  disk: Disk,
  sources: readonly Source[],
  reader: Reader<Item>,
): SlotStream<Item>[] {
  const chains = groupBy(sources, ({ name }) => name.slot);
  return [...chains.values()].map((chain) => new SlotStream(disk, chain, reader));
}

/** The disk could not give what it has, while all else works. */
export function isBadDisk({ cause }: Error): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'EIO';
}

/** Anything that gives items in the order of their ids, of which the next one can be looked at. */
export interface OrderedStream<Item extends Numbered> {
  readonly isEmpty: boolean;
  readonly head: Item;
  /** What is not at hand yet comes behind this one; anywhere when undefined. */
  readonly behind?: Numbered | undefined;
  take(): Item;
  /** Sees to it that it is only empty at its end. */
  fill(): Promise<void>;
}

export type Order = 'asc' | 'desc';

/** The items of all streams in the order of their ids, in crowds: each of the items that were at hand. None at the end. */
export async function nextInOrder<Item extends Numbered>(
  streams: readonly OrderedStream<Item>[],
  order: Order = 'asc',
): Promise<Item[]> {
  const sign = order === 'asc' ? 1 : -1;
  /** Streams that need not be filled for what comes first. */
  const unfilled: OrderedStream<Item>[] = [];
  for (const stream of streams) {
    const isFar = streams.some((other) => !other.isEmpty && isBefore(other.head, stream, sign));
    if (stream.isEmpty && isFar) unfilled.push(stream);
    else if (stream.isEmpty) await stream.fill();
  }
  const left = streams.filter((stream) => !stream.isEmpty);
  const items: Item[] = [];
  if (left.length === 0) return items;
  for (;;) {
    let first = left[0]!;
    for (let i = 1; i < left.length; i++) {
      if (sign * compare(left[i]!.head, first.head) < 0) first = left[i]!;
    }
    if (!unfilled.every((stream) => isBefore(first.head, stream, sign))) return items;
    items.push(first.take());
    // What it holds next may be lower than what the others have.
    if (first.isEmpty) return items;
  }
}

/** Whether the item comes before whatever the stream will be filled with. */
function isBefore(item: Numbered, { behind }: OrderedStream<Numbered>, sign: number): boolean {
  return behind !== undefined && sign * compare(item, behind) <= 0;
}

function compare(a: Numbered, b: Numbered): number {
  return a.idHigh - b.idHigh || a.idLow - b.idLow;
}
