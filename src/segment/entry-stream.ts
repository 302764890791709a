/** The entries of all segments, in the order of their ids: the slots' streams, merged. */
import type { StoredEntry } from '../entry.js';
import { compareIds, formatId, type IdHalves, parseId } from '../entry-id.js';
import type { Disk } from './disk.js';
import { decodeEntry } from './entry-payload.js';
import { RECORD_TYPE } from './layout.js';
import type { SegmentRecord } from './record.js';
import { SegmentReading, type Source } from './segment-reading.js';
import type { ScanItem } from './sightings.js';
import type { StorePaths } from './store-directory.js';
import { survey } from './survey.js';
import type { Verdict } from './verdict.js';

export interface Reports {
  /** How a segment ended that was read to its end. */
  read(path: string, verdict: Verdict): void;
  /** The disk could not read a segment; reading goes on behind it. */
  unreadable(path: string, error: Error): void;
}

interface Located {
  readonly id: IdHalves;
  readonly entry: StoredEntry;
}

/** What was acknowledged when it is first asked, and maybe some of what came later. */
export async function* readEntries(
  disk: Disk,
  paths: StorePaths,
  reports: Reports,
): AsyncGenerator<StoredEntry, void, void> {
  const { sources } = await survey(disk, paths);
  const slots = [...new Set(sources.map(({ name }) => name.slot))];
  const streams = slots.map((slot) => {
    const chain = sources.filter(({ name }) => name.slot === slot);
    return new SlotStream(disk, chain, reports);
  });
  try {
    for (;;) {
      // Streams that have nothing at hand read on; then the lowest id is the next of all.
      for (const stream of streams) if (stream.isEmpty) await stream.fill();
      let first: SlotStream | undefined;
      for (const stream of streams) {
        if (stream.isEmpty) continue;
        if (first === undefined || compareIds(stream.head.id, first.head.id) < 0) first = stream;
      }
      if (first === undefined) return;
      yield first.take();
    }
  } finally {
    for (const stream of streams) await stream.close();
  }
}

/** The entry with this id, if there is one. */
export async function findEntry(
  disk: Disk,
  paths: StorePaths,
  id: string,
  reports: Reports,
): Promise<StoredEntry | undefined> {
  const halves = parseId(id);
  if (halves === undefined) return undefined;
  const slot = halves.low & 1023;
  const { sources } = await survey(disk, paths);
  const ofSlot = sources.filter(({ name }) => name.slot === slot);
  for (const source of ofSlot.reverse()) {
    const found = await findIn(disk, source, halves, reports);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function findIn(
  disk: Disk,
  source: Source,
  { high, low }: IdHalves,
  reports: Reports,
): Promise<StoredEntry | undefined> {
  const reading = await SegmentReading.begin(disk, source);
  if (reading === undefined) return undefined;
  try {
    for (let items = await nextOf(reading, reports); items; items = await nextOf(reading, reports)) {
      for (const item of items) {
        if (item.kind === 'hole' || item.idHigh !== high || item.idLow !== low) continue;
        const located = decode(item);
        if (located !== undefined) return located.entry;
      }
    }
    return undefined;
  } finally {
    await reading.close();
  }
}

/** As `reading.next()`; what the end is like is reported, and a place that the disk cannot read is an end as well. */
async function nextOf(reading: SegmentReading, reports: Reports): Promise<ScanItem[] | undefined> {
  const { path } = reading.source;
  try {
    const items = await reading.next();
    if (items === undefined) reports.read(path, reading.verdict!);
    return items;
  } catch (error) {
    const { cause } = error as Error;
    if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'EIO') throw error;
    reports.unreadable(path, error as Error);
    return undefined;
  }
}

/** The entries of one slot's segments, one segment after the other. */
class SlotStream {
  readonly #disk: Disk;
  readonly #reports: Reports;
  #chain: readonly Source[];
  #reading: SegmentReading | undefined;
  #entries: Located[] = [];
  #taken = 0;

  constructor(disk: Disk, chain: readonly Source[], reports: Reports) {
    this.#disk = disk;
    this.#chain = chain;
    this.#reports = reports;
  }

  get isEmpty(): boolean {
    return this.#taken === this.#entries.length;
  }

  get head(): Located {
    return this.#entries[this.#taken]!;
  }

  take(): StoredEntry {
    return this.#entries[this.#taken++]!.entry;
  }

  /** Reads on until there are entries at hand, or to the end. */
  async fill(): Promise<void> {
    while (this.isEmpty) {
      if (this.#reading === undefined) {
        const [source, ...rest] = this.#chain;
        if (source === undefined) return;
        this.#chain = rest;
        this.#reading = await SegmentReading.begin(this.#disk, source);
        if (this.#reading === undefined) continue;
      }
      const items = await nextOf(this.#reading, this.#reports);
      if (items === undefined) {
        await this.close();
        continue;
      }
      this.#taken = 0;
      this.#entries = [];
      for (const item of items) {
        const located = item.kind === 'record' ? decode(item) : undefined;
        if (located !== undefined) this.#entries.push(located);
      }
    }
  }

  async close(): Promise<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    await reading?.close();
  }
}

function decode(record: SegmentRecord): Located | undefined {
  if (record.type !== RECORD_TYPE.entry) return undefined;
  const decoded = decodeEntry(record.bytes, record.payloadStart, record.payloadEnd);
  if (decoded === undefined) return undefined;
  const { idHigh: high, idLow: low } = record;
  return { id: { high, low }, entry: { id: formatId(high, low), ...decoded } };
}
