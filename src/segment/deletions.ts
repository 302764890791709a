/**
 * The deletes that waiting segments hold. They stand before the entries of a segment, so reading its beginning is
 * enough, and once something of it is proven they do not change.
 */
import { compareIds, type IdHalves, MAX_SLOT } from '../entry-id.js';
import { type Delete, decodeDelete } from './control-payload.js';
import type { Disk } from './disk.js';
import { RECORD_TYPE } from './layout.js';
import { segmentIdOf } from './segment-name.js';
import { SegmentReading, type Source } from './segment-reading.js';
import { isBadDisk } from './slot-stream.js';

/** Reads the beginning of each segment once. */
export class WaitingDeletions {
  readonly #disk: Disk;
  #known = new Map<string, readonly Delete[]>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async of(sources: readonly Source[]): Promise<Deletions> {
    const known = new Map<string, readonly Delete[]>();
    const all = new Deletions();
    for (const source of sources) {
      const id = segmentIdOf(source.name);
      const before = this.#known.get(id);
      const { deletes, isComplete } =
        before === undefined ? await readHead(this.#disk, source) : { deletes: before, isComplete: true };
      if (isComplete) known.set(id, deletes);
      for (const request of deletes) all.add(request);
    }
    this.#known = known;
    return all;
  }
}

interface Bound {
  readonly upTo: IdHalves;
  readonly before: number | null;
}

export class Deletions {
  /** By task, null for all, and slot. */
  readonly #bounds = new Map<string | null, Map<number, Bound[]>>();

  add({ taskId, upTo, before }: Delete): void {
    let slots = this.#bounds.get(taskId);
    if (slots === undefined) {
      slots = new Map();
      this.#bounds.set(taskId, slots);
    }
    for (const id of upTo) {
      const slot = id.low & MAX_SLOT;
      const bounds = slots.get(slot);
      if (bounds === undefined) slots.set(slot, [{ upTo: id, before }]);
      else bounds.push({ upTo: id, before });
    }
  }

  cover(entry: {
    readonly idHigh: number;
    readonly idLow: number;
    readonly taskId: string;
    readonly timestamp: number;
  }): boolean {
    if (this.#bounds.size === 0) return false;
    const id = { high: entry.idHigh, low: entry.idLow };
    const names = ({ upTo, before }: Bound) =>
      compareIds(id, upTo) <= 0 && (before === null || entry.timestamp < before);
    const of = (task: string | null) =>
      this.#bounds
        .get(task)
        ?.get(id.low & MAX_SLOT)
        ?.some(names) ?? false;
    return of(entry.taskId) || of(null);
  }
}

interface Head {
  readonly deletes: readonly Delete[];
  /** Nothing can be added to it any more. */
  readonly isComplete: boolean;
}

async function readHead(disk: Disk, source: Source): Promise<Head> {
  const reading = await SegmentReading.begin(disk, source);
  const deletes: Delete[] = [];
  if (reading === undefined) return { deletes, isComplete: false };
  try {
    for (let items = await reading.next(); items !== undefined; items = await reading.next()) {
      for (const item of items) {
        if (item.kind === 'hole' || item.type === RECORD_TYPE.cut) continue;
        if (item.type !== RECORD_TYPE.delete) return { deletes, isComplete: true };
        const request = decodeDelete(item.bytes.subarray(item.payloadStart, item.payloadEnd));
        if (request !== undefined) deletes.push(request);
      }
    }
    return { deletes, isComplete: source.writer !== 'live' };
  } catch (error) {
    // Whoever reads on meets the same place, and reports it.
    if (!isBadDisk(error as Error)) throw error;
    return { deletes, isComplete: false };
  } finally {
    await reading.close();
  }
}
