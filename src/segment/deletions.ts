/**
 * The deletes that waiting segments hold. They stand before the entries of a segment, so reading its beginning is
 * enough, and once something of it is proven they do not change.
 */
import { type Bound, type Deletable, type Deletion, isWithin, slotOf } from '../deletion.js';
import { decodeDelete } from './control-payload.js';
import type { Disk } from './disk.js';
import { RECORD_TYPE } from './layout.js';
import { segmentIdOf } from './segment-name.js';
import { SegmentReading, type Source } from './segment-reading.js';
import { isBadDisk } from './slot-stream.js';

/** Reads the beginning of each segment once. */
export class WaitingDeletions {
  readonly #disk: Disk;
  #known = new Map<string, readonly Deletion[]>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async of(sources: readonly Source[]): Promise<Deletions> {
    const known = new Map<string, readonly Deletion[]>();
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

export class Deletions {
  /** By task, null for all, and slot. */
  readonly #bounds = new Map<string | null, Map<number, Bound[]>>();

  add({ taskId, upTo, before }: Deletion): void {
    let slots = this.#bounds.get(taskId);
    if (slots === undefined) {
      slots = new Map();
      this.#bounds.set(taskId, slots);
    }
    for (const id of upTo) {
      const slot = slotOf(id.low);
      const bounds = slots.get(slot);
      if (bounds === undefined) slots.set(slot, [{ ...id, before }]);
      else bounds.push({ ...id, before });
    }
  }

  cover(entry: Deletable): boolean {
    const of = (task: string | null) => this.#bounds.get(task)?.get(slotOf(entry.idLow));
    const names = (bound: Bound) => isWithin(entry, bound);
    return (of(entry.taskId)?.some(names) ?? false) || (of(null)?.some(names) ?? false);
  }
}

interface Head {
  readonly deletes: readonly Deletion[];
  /** Nothing can be added to it any more. */
  readonly isComplete: boolean;
}

async function readHead(disk: Disk, source: Source): Promise<Head> {
  const reading = await SegmentReading.begin(disk, source);
  const deletes: Deletion[] = [];
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
